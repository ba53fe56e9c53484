"""What follows when a person's calendar of absences was read for the first time, or can't be read: they are told."""

from typing import Any

from bot.chat.templates import spell_local
from bot.flow.unit import Unit
from bot.oncall.absences import CalendarFailing, CalendarRead, host_of
from bot.reactions.incidents import list_platforms_of
from storage.models import User
from storage.questions import oncall

SHOWN = 3


async def tell_what_was_read(unit: Unit, event: CalendarRead) -> None:
    await _tell(unit, event.user_id, "absences_read")


async def tell_that_it_fails(unit: Unit, event: CalendarFailing) -> None:
    await _tell(unit, event.user_id, "absences_failing")


async def _tell(unit: Unit, user_id: int, words: str) -> None:
    user = await unit.session.get_one(User, user_id)
    row = await oncall.find_absence_calendar(unit.session, user_id)
    if row is None:
        return
    coming = await oncall.list_read_absences(unit.session, user_id, unit.now)
    data: dict[str, Any] = {
        "host": host_of(row),
        "problem": row.problem,
        "count": row.found,
        "passed_over": row.passed_over,
        "since": spell_local(row.read_at, user.zone) if row.read_at is not None else "",
        "next": [
            {"start": spell_local(one.starts_at, user.zone), "end": spell_local(one.ends_at, user.zone)}
            for one in coming[:SHOWN]
        ],
    }
    for platform in await list_platforms_of(unit, user):
        payload = {"words": words, "data": data, "user": user.id}
        unit.put(f"person:{user.id}@{platform}", "person.say", f"user:{user.id}", payload=payload)
