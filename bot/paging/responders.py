"""Paging the responders that a sender or a rule names: teams and policies escalate, people and schedules are paged once."""

from collections.abc import Sequence
from typing import Any

from bot.flow.unit import Unit
from bot.paging.escalations import find_recipients, start_escalation
from bot.paging.events import NobodyReached
from bot.paging.pages import queue_pages
from storage.models import Team


async def page_responders(unit: Unit, subject: str, responders: Sequence[dict[str, Any]]) -> None:
    """Page [{"type": "user" | "team" | "schedule" | "policy", "id": ..., "name": ...}]. As in Opsgenie, a schedule pages who
    is on call now, without steps. Says so when nobody was reached."""
    reached = 0
    for responder in responders:
        number = int(responder.get("id") or 0)
        policy_id: int | None = number if responder["type"] == "policy" else None
        if responder["type"] == "team":
            team = await unit.session.get(Team, number)
            policy_id = team.policy_id if team else None
        if policy_id is not None:
            reached += await start_escalation(unit, subject, policy_id) is not None
            continue
        for user, reason in await find_recipients(unit, [responder]):
            reached += await queue_pages(unit, user, subject=subject, reason=reason)
    if not reached:
        names = tuple(str(responder.get("name", responder["type"])) for responder in responders)
        unit.emit(NobodyReached(subject, 0, names))
