"""Who would be paged, when, by which ways and why, if something happened at a moment in the past or the future: the very
functions that page, asked without paging."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.errors import Refused
from bot.flow.unit import Unit
from bot.paging.escalations import find_recipients
from bot.paging.ways import list_ways
from bot.paging.wishes import Planned, plan_page
from storage.models import EscalationPolicy, Team, User
from storage.questions import paging as ask
from storage.words import Priority, StepCondition


@dataclass(frozen=True)
class Called:
    """A person whom a step pages, why, and what of theirs is used when."""

    user: User
    reason: Mapping[str, str]
    planned: tuple[Planned, ...]


@dataclass(frozen=True)
class ExplainedStep:
    """`after` is from the start; `names` are those of its recipients as the policy has them, `picks` who of each (`next`,
    `random`, ...), if not everybody."""

    at: datetime
    after: timedelta
    condition: StepCondition
    names: tuple[str, ...]
    picks: tuple[str, ...]
    people: tuple[Called, ...]


@dataclass(frozen=True)
class Explained:
    policy: EscalationPolicy
    at: datetime
    priority: Priority
    steps: tuple[ExplainedStep, ...]


async def explain_team(unit: Unit, team: Team, at: datetime, priority: Priority) -> Explained:
    """Whom the trouble of a team pages; raises Refused when it has no policy."""
    if team.policy_id is None:
        raise Refused("team.no_policy", name=team.name)
    policy = await unit.session.get_one(EscalationPolicy, team.policy_id)
    return await explain_policy(unit, policy, at, priority)


async def explain_policy(
    unit: Unit, policy: EscalationPolicy, at: datetime, priority: Priority = Priority.P1
) -> Explained:
    """The first round of a policy, started at `at`, as long as nobody answers. A team of which one is chosen by chance shows
    one of them."""
    steps = []
    for step in await ask.list_steps(unit.session, policy.id):
        moment = at + timedelta(seconds=step.delay)
        then = Unit(unit.session, moment, unit.actor, unit.installation, writes=False)
        steps.append(
            ExplainedStep(
                moment,
                timedelta(seconds=step.delay),
                step.condition,
                tuple(str(one.get("name") or one["type"]) for one in step.recipients),
                tuple(str(one.get("pick") or "") for one in step.recipients),
                tuple(
                    [
                        Called(user, reason, await _plan(then, user, priority))
                        for user, reason in await find_recipients(then, step.recipients)
                    ]
                ),
            )
        )
    return Explained(policy, at, priority, tuple(steps))


async def _plan(then: Unit, user: User, priority: Priority) -> tuple[Planned, ...]:
    ways = await list_ways(then, user)
    if not user.paging:
        return tuple(Planned(way) for way in ways)
    return tuple(plan_page(ways, user.paging, user.zone, priority, then.now))


def list_dead_steps(explained: Explained) -> list[int]:
    """The numbers of the steps that reach nobody."""
    return [
        number
        for number, step in enumerate(explained.steps, 1)
        if not any(one.planned for one in step.people)
    ]
