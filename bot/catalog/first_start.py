"""The small world of a first start without configuration: enough that the first alert pages somebody and opens an incident.

One person (whoever signs in first), one team, one schedule with that person, one escalation policy, one service, one
incident rule, and an integration to send a test alert to.
"""

from dataclasses import dataclass
from datetime import timedelta

from bot.access.people import add_user
from bot.access.signin import make_sign_in_link
from bot.catalog.integrations import create_integration
from bot.flow.unit import Unit
from storage.models import (
    EscalationPolicy,
    Integration,
    Member,
    PolicyStep,
    Rotation,
    Rule,
    Schedule,
    Service,
    Team,
    User,
)
from storage.questions import access
from storage.questions import catalog as ask
from storage.words import RotationKind, UserRole

ORIGIN = "seed"


@dataclass(frozen=True)
class Welcome:
    """What is printed until somebody has signed in. Without a test sender, `source` and `key` are empty."""

    sign_in_token: str
    source: str = ""
    key: str = ""


async def is_empty(unit: Unit) -> bool:
    """Whether nobody and nothing is known yet."""
    return not await access.list_users(unit.session, limit=1) and not await ask.list_named(unit.session, Team)


async def make_small_world(unit: Unit, owner_name: str, zone: str) -> None:
    """Create it; the caller has checked that nothing is there yet."""
    owner = await add_user(unit, owner_name or "owner", role=UserRole.OWNER, zone=zone, origin=ORIGIN)
    schedule = Schedule(slug="primary", name="Primary on-call", zone=zone, origin=ORIGIN)
    policy = EscalationPolicy(
        slug="default", name="Default policy", repeat=2, repeat_after=300, origin=ORIGIN
    )
    team = Team(slug="first-team", name="First team", origin=ORIGIN)
    unit.session.add_all([schedule, policy, team])
    await unit.session.flush()
    team.policy_id, schedule.team_id = policy.id, team.id
    monday = (unit.now - timedelta(days=unit.now.weekday())).date()
    unit.session.add_all(
        [
            Member(team_id=team.id, user_id=owner.id),
            Rotation(
                schedule_id=schedule.id,
                name="Weekly",
                kind=RotationKind.WEEKLY,
                starts=f"{(monday - timedelta(days=7)).isoformat()}T09:00",
                participants=[owner.id],
            ),
            PolicyStep(
                policy_id=policy.id,
                position=1,
                delay=0,
                recipients=[{"type": "schedule", "id": schedule.id, "name": schedule.name}],
            ),
            PolicyStep(
                policy_id=policy.id,
                position=2,
                delay=300,
                recipients=[{"type": "team", "id": team.id, "name": team.name}],
            ),
            Service(slug="web", name="Web", team_id=team.id, tier=1, origin=ORIGIN),
            Rule(
                slug="urgent",
                name="Urgent alerts open an incident",
                conditions=[{"field": "priority", "operation": "at_least", "value": "P3"}],
                then={"title": "{{ title }}", "group_by": ["service"]},
                origin=ORIGIN,
            ),
        ]
    )


async def greet(unit: Unit) -> Welcome | None:
    """A sign-in link for the owner, and a key to send a test alert to; None once an owner has signed in.

    Where the owner comes from a configuration file, so do the senders, and none is made here; nor is another one where
    somebody has sent something already.
    """
    owners = await access.list_owners(unit.session)
    if not owners or any(user.welcomed for user in owners):
        return None
    owner: User = owners[0]
    if owner.origin != ORIGIN:
        return Welcome(await make_sign_in_link(unit, owner, minutes=60 * 24))
    known = [row for row in await ask.list_named(unit.session, Integration) if row.origin == ORIGIN]
    if any(row.last_signal_at is not None for row in known):
        return Welcome(await make_sign_in_link(unit, owner, minutes=60 * 24))
    for row in known:
        await unit.session.delete(row)
    await unit.session.flush()
    integration, key = await create_integration(unit, "generic", "Test sender")
    integration.origin = ORIGIN
    return Welcome(await make_sign_in_link(unit, owner, minutes=60 * 24), "generic", key)
