"""Where a person, schedule, policy or team is used: what would page nobody, or belong to nobody, without it."""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.errors import Refused
from bot.flow.unit import Unit
from storage.models import EscalationPolicy, Heartbeat, Integration, Rule, Schedule, Service, Team, User
from storage.questions import config as ask
from storage.questions import oncall


async def check_unused(unit: Unit, word: str, row: Schedule | EscalationPolicy | Team) -> None:
    """Raises Refused with the names of what uses it."""
    if uses := await list_uses(unit, word, row):
        raise Refused("edit.in_use", name=row.name, uses=uses)


async def list_uses(unit: Unit, word: str, row: User | Schedule | EscalationPolicy | Team) -> list[str]:
    """What is on and names it: `policy payments`, `rule night`."""
    session, number = unit.session, row.id
    policies = {one.id: one for one in await ask.list_all(session, EscalationPolicy) if one.active}
    uses = [
        f"policy {policies[step.policy_id].slug}"
        for step in await ask.list_steps(session, policies)
        if any((to["type"], to["id"]) == (word, number) for to in step.recipients)
    ]
    uses += [
        f"rule {rule.slug}"
        for rule in await ask.list_all(session, Rule)
        if rule.active and (word, number) in _list_named(rule)
    ]
    if word == "policy":
        teams = await ask.list_all(session, Team)
        uses += [f"team {team.slug}" for team in teams if team.active and team.policy_id == number]
    if word == "team":
        uses += await list_owned(unit, number)
        uses += await _list_turns(unit, {"team": number})
    if word == "user":
        uses += await _list_turns(unit, number)
    return list(dict.fromkeys(uses))


async def _list_turns(unit: Unit, participant: int | dict[str, int]) -> list[str]:
    """The schedules in which this person, or team, takes turns."""
    schedules = {one.id: one for one in await ask.list_all(unit.session, Schedule) if one.active}
    return [
        f"schedule {schedules[rotation.schedule_id].slug}"
        for rotation in await oncall.list_rotations(unit.session, list(schedules))
        if participant in rotation.participants
    ]


async def list_owned(unit: Unit, team_id: int) -> list[str]:
    """What belongs to a team: `service checkout`."""
    session = unit.session
    things: dict[str, Sequence[Schedule | Service | Integration | Heartbeat]] = {
        "schedule": await ask.list_all(session, Schedule),
        "service": await ask.list_all(session, Service),
        "integration": await ask.list_all(session, Integration),
        "heartbeat": await ask.list_all(session, Heartbeat),
    }
    return [
        f"{word} {one.slug}"
        for word, rows in things.items()
        for one in rows
        if one.active and one.team_id == team_id
    ]


def _list_named(rule: Rule) -> Iterator[tuple[str, int]]:
    """The teams, policies and schedules that a rule names, as (word, id)."""
    if rule.team_id is not None:
        yield "team", rule.team_id
    then: dict[str, Any] = rule.then
    for word in ("team", "policy"):
        if isinstance(then.get(word), int):
            yield word, then[word]
    for number in then.get("teams", []):
        yield "team", number
    for one in then.get("responders", []):
        yield one["type"], one["id"]


async def list_empty_teams(unit: Unit) -> set[str]:
    """The slugs of teams in which nobody is who is there."""
    teams = await ask.list_all(unit.session, Team)
    people = {user.id for user in await ask.list_all(unit.session, User) if user.active}
    full = {
        row.team_id
        for row in await ask.list_memberships(unit.session, [team.id for team in teams])
        if row.user_id in people
    }
    return {team.slug for team in teams if team.id not in full}
