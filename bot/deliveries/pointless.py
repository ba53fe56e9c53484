"""Which messages say nothing true any more when they are sent at last: while a platform is away, an incident goes on.

Messages about a state are said when it is that state still, and the last of several is enough. What a person said, and
what happened once and for all, is always said.
"""

from collections.abc import Callable, Mapping
from typing import Any

from bot.deliveries.delivery import Delivery
from bot.flow.outbox import Job
from bot.incidents.view import IncidentView
from storage.questions import flow

Values = Mapping[str, Any]


def _holds(data: Values, view: IncidentView) -> bool:
    return any(
        role.key == data["role"] and role.person is not None and role.person.id == data["user_id"]
        for role in view.roles
    )


def _is_promised(data: Values, view: IncidentView) -> bool:
    promised = view.next_update_at.isoformat() if view.next_update_at is not None else ""
    return view.is_open and promised == data["promised_at"]


STILL_TRUE: dict[str, Callable[[Values, IncidentView], bool]] = {
    "update_overdue": _is_promised,
    "no_commander": lambda _, view: view.is_open and view.commander is None,
    "all_alerts_closed": lambda _, view: view.is_open and not view.open_alert_count,
    "escalation_exhausted": lambda _, view: view.is_open and view.acknowledged_at is None,
    "still_on_it": lambda _, view: view.is_open and view.acknowledged_at is not None,
    "role_taken": _holds,
    "call_set": lambda data, view: view.call_url == data["url"],
    "incident_resolved": lambda _, view: not view.is_open,
    "incident_reopened": lambda _, view: view.is_open,
    "incident_made_private": lambda _, view: view.private,
    "incident_made_public": lambda _, view: not view.private,
}
"""The messages about a state, and whether that is the state still."""


def is_still_true(words: str, data: Values, view: IncidentView) -> bool:
    """Whether a message is worth saying in this state; one that is about no state always is."""
    check = STILL_TRUE.get(words)
    return check is None or check(data, view)


def says_the_same(payload: Values, later: Values) -> bool:
    """Whether a later message about a state takes the place of this one: the same words, about the same role."""
    role, other = payload["data"].get("role"), later.get("data", {}).get("role")
    return payload["words"] in STILL_TRUE and bool(payload["words"] == later.get("words") and role == other)


async def is_pointless(delivery: Delivery, job: Job, view: IncidentView | None) -> bool:
    """Whether a message of `templates/posts` that is due now need not be said."""
    if view is not None and not is_still_true(job.payload["words"], job.payload["data"], view):
        return True
    if job.payload["words"] not in STILL_TRUE:
        return False
    behind = await delivery.work.look(
        lambda unit: flow.list_behind(unit.session, job.id, job.stream, job.kind)
    )
    return any(says_the_same(job.payload, row.payload) for row in behind if row.subject == job.subject)
