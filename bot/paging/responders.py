"""Paging the responders that a sender or a rule names: teams and policies escalate, people and schedules are paged once."""

from collections.abc import Sequence
from typing import Any

from bot.flow.unit import Unit
from bot.paging.escalations import find_recipients, start_escalation
from bot.paging.events import NobodyReached
from bot.paging.pages import queue_pages
from storage.models import Team, User
from storage.questions import paging as ask


async def page_responders(unit: Unit, subject: str, responders: Sequence[dict[str, Any]]) -> None:
    """Page [{"type": "user" | "team" | "schedule" | "policy", "id": ..., "name": ...}]. As in Opsgenie, a schedule pages who
    is on call now, without steps. A team is called by the `policy` that a routing rule of its own chose, or, with `nobody`,
    not at all. Each person once, and for an incident not again for each of its alerts. Says so when nobody was reached."""
    reached = 0
    direct: list[dict[str, Any]] = []
    responders = [one for one in responders if not one.get("nobody")]
    if not responders:
        return
    for responder in responders:
        number = int(responder.get("id") or 0)
        policy_id: int | None = number if responder["type"] == "policy" else None
        if responder["type"] == "team":
            team = await unit.session.get(Team, number)
            policy_id = responder.get("policy") or (team.policy_id if team else None)
        if policy_id is None:
            direct.append(responder)
        else:
            await start_escalation(unit, subject, policy_id)  # or it is under way already
            reached += 1
    names = tuple(str(responder.get("name", responder["type"])) for responder in responders)
    if direct:
        unit.gather(_page_directly, (subject, direct, names, reached > 0))
    elif not reached:
        unit.emit(NobodyReached(subject, 0, names, named=True))


async def _page_directly(
    unit: Unit, wanted: Sequence[tuple[str, list[dict[str, Any]], tuple[str, ...], bool]]
) -> None:
    """People and schedules, each with everybody's names for when nobody is reached. Whoever an escalation of the same
    subject pages at this very moment has been called by that."""
    await unit.finish_gathered()
    for subject, direct, names, is_reached in wanted:
        pages = await ask.list_pages(unit.session, [subject])
        called = {
            page.user_id
            for page in pages
            if (page.escalation_id is not None and page.created_at == unit.now)
            or (page.escalation_id is None and subject.startswith("incident:"))
        }
        for user, reason in await find_recipients(unit, direct):
            if user.id in called:
                is_reached = True
            else:
                called.add(user.id)
                is_reached = bool(await queue_pages(unit, user, subject=subject, reason=reason)) or is_reached
        if not is_reached:
            unit.emit(NobodyReached(subject, 0, names, named=True))


async def find_first_paged(
    unit: Unit, team_id: int | None, policy_id: int | None, responders: Sequence[dict[str, Any]]
) -> list[User]:
    """Who would be paged first for an alert of this team, as it would be now; nobody is."""
    wanted = list(responders) or [
        {"type": "policy", "id": policy_id} if policy_id is not None else {"type": "team", "id": team_id}
    ]
    found: dict[int, User] = {}
    for responder in wanted:
        number: int | None = int(responder.get("id") or 0)
        if responder.get("nobody"):
            continue
        if responder["type"] == "team":
            chosen = policy_id if number == team_id else responder.get("policy")
            team = await unit.session.get(Team, number)
            number = chosen or (team.policy_id if team else None)
        recipients = [responder]
        if responder["type"] in ("team", "policy"):
            steps = await ask.list_steps(unit.session, number) if number is not None else ()
            recipients = [one for step in steps[:1] for one in step.recipients]
        found.update({user.id: user for user, _ in await find_recipients(unit, recipients)})
    return list(found.values())
