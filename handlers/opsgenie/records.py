"""What is on record about an alert: its notes, its log, and who was called for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.alerts.responders import subject_of
from bot.chat.markup import render_text
from bot.errors import Invalid
from bot.flow.unit import Unit
from handlers.opsgenie.door import ALERT, Answer, Call, Operation
from handlers.opsgenie.find import get_alert
from handlers.opsgenie.paging import DEFAULT, MOST, link, read_number, read_word
from handlers.opsgenie.shapes import spell_person, spell_time
from storage.models import Alert, AlertNote, Page
from storage.questions import access, alerts, paging
from storage.words import PageState

STATES = {
    PageState.WAITING: ("notactive", ""),
    PageState.QUEUED: ("notactive", ""),
    PageState.SENT: ("active", "Notify"),
    PageState.ANSWERED: ("action", "Acknowledge"),
    PageState.FAILED: ("failed", "Notify"),
    PageState.DROPPED: ("notactive", ""),
}
"""States of pages as (state, method) of recipients."""


@dataclass(frozen=True)
class Line:
    """A line of the log; `offset` is what a page of the list begins after."""

    offset: int
    at: datetime
    owner: str
    text: str
    kind: str


async def list_notes(call: Call) -> Answer:
    return await _list(call, _read_notes, lambda line: {"note": line.text})


async def list_logs(call: Call) -> Answer:
    return await _list(call, _read_log, lambda line: {"log": line.text, "type": line.kind})


async def _read_notes(unit: Unit, _: Call, alert: Alert) -> list[Line]:
    notes = await alerts.list_notes(unit.session, alert.id)
    return [Line(row.id, row.at, row.actor_name, row.text, "note") for row in notes if row.kind == "note"]


async def _read_log(unit: Unit, call: Call, alert: Alert) -> list[Line]:
    """The log begins with the alert itself."""
    notes = await alerts.list_notes(unit.session, alert.id)
    opened = Line(0, alert.first_at, "System", f"Alert created by {alert.source or 'its sender'}", "system")
    return [opened, *(_read_line(call, row) for row in notes)]


def _read_line(call: Call, row: AlertNote) -> Line:
    values = {**row.data, "by": row.actor_name, "text": row.text}
    sentence = call.parts.templates.render_sentence("timeline/sentences", row.kind, **values)
    kind = "system" if row.actor_id is None else "user"
    return Line(row.id, row.at, row.actor_name, render_text(sentence), kind)


async def _list(
    call: Call,
    read: Callable[[Unit, Call, Alert], Any],
    show: Callable[[Line], dict[str, str]],
) -> Answer:
    limit = read_number(call, "limit", DEFAULT, 1, MOST)
    order = read_word(call, "order", ("desc", "asc"))
    direction = read_word(call, "direction", ("next", "prev"))
    offset = read_offset(call)

    async def look(unit: Unit) -> list[Line]:
        found: list[Line] = await read(unit, call, await get_alert(unit, call))
        return found

    lines = await call.look(look)
    shown, more = cut(lines if order == "asc" else lines[::-1], offset, direction, limit)
    data = [
        {**show(line), "owner": line.owner, "createdAt": spell_time(line.at), "offset": str(line.offset)}
        for line in shown
    ]
    pages = {"first": link(call, limit=limit, direction="next", offset="")}
    if more:
        pages["next"] = link(call, limit=limit, direction=direction, offset=shown[-1].offset)
    return Answer({"data": data, "paging": pages})


def read_offset(call: Call) -> int | None:
    text = call.query("offset")
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise Invalid("field.wrong", "offset", name="offset", reason="it should be the offset of a line")
    return int(text)


def cut(lines: Sequence[Line], offset: int | None, direction: str, limit: int) -> tuple[Sequence[Line], bool]:
    """The lines after (or, backwards, before) the one with this offset, and whether there are more that way. Pure."""
    ordered = lines if direction == "next" else lines[::-1]
    places = [place for place, line in enumerate(ordered) if line.offset == offset]
    start = places[0] + 1 if places else 0
    return ordered[start : start + limit], start + limit < len(ordered)


async def list_recipients(call: Call) -> Answer:
    async def look(unit: Unit) -> list[dict[str, Any]]:
        alert = await get_alert(unit, call)
        pages = await paging.list_pages(unit.session, [subject_of(alert)])
        people = await access.list_users_by_id(unit.session, {page.user_id for page in pages})
        latest = {page.user_id: page for page in pages}
        first = {page.user_id: page for page in reversed(pages)}
        return [
            {
                "user": {"id": str(number), "username": spell_person(people.get(number))},
                **_show_page(page),
                "createdAt": spell_time(first[number].created_at),
            }
            for number, page in latest.items()
        ]

    return Answer({"data": await call.look(look)})


def _show_page(page: Page) -> dict[str, str]:
    state, method = STATES[page.state]
    return {
        "state": state,
        "method": method,
        "updatedAt": spell_time(page.answered_at or page.sent_at or page.created_at),
    }


async def list_limits(_: Call) -> Answer:
    """The backup tool ends without it. Nothing is limited by these numbers; they keep its pace."""
    domains = ("alert", "search", "configuration", "incident", "heartbeat", "schedule-oncalls")
    rates = [{"domain": name, "limits": [{"limit": 6_000, "periodInSeconds": 60}]} for name in domains]
    return Answer({"data": {"rateLimits": rates}})


OPERATIONS = (
    Operation("GET", ALERT + "/notes", list_notes),
    Operation("GET", ALERT + "/logs", list_logs),
    Operation("GET", ALERT + "/recipients", list_recipients),
    Operation("GET", "/request-limits/", list_limits),
    Operation("GET", "/request-limits", list_limits),
)
