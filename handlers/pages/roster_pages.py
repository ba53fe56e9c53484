"""Pages on which people edit what schedules are made of: whose shifts a change moves is seen before it is saved, and those
people are told."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.catalog.drafts import Entry
from bot.catalog.editing import EntryEditor, Row
from bot.flow.unit import Unit
from bot.oncall.moves import AHEAD, SHOWN, Told, name_moves
from bot.oncall.roster_changes import Moved, watch_rosters
from bot.oncall.rosters import list_rosters
from bot.oncall.shifts import Gap, find_gaps
from handlers.pages.edit_pages import EditPages
from handlers.pages.visit import Visit
from storage.models import Schedule
from storage.questions import access

T = TypeVar("T")
SHOWN_MOVES = SHOWN * 4
SHOWN_GAPS = 3


@dataclass(frozen=True)
class MovedSchedule:
    """What a change that is not saved moves in one schedule, and its gaps then. `more` are moves that are not listed."""

    name: str
    moves: Sequence[Told]
    more: int
    gaps: Sequence[Gap]
    more_gaps: int


class RosterPages(EditPages[Row]):
    """Pages of what schedules are made of: whose shifts a change moves is seen before it is saved."""

    editor: EntryEditor[Row]

    async def create(self, visit: Visit, unit: Unit, entry: Entry) -> Row:
        return await self.editor.create(unit, entry)

    async def preview(self, visit: Visit, unit: Unit, slug: str, entry: Entry) -> list[MovedSchedule]:
        async with watch_rosters(unit) as moved:
            await self.attempt(visit, unit, slug, entry)
        return [
            await _tell_moved(unit, schedule, moved)
            for schedule, moves in moved.schedules
            if moves or schedule.active
        ]

    async def carry_out(self, unit: Unit, change: Callable[[], Awaitable[T]]) -> tuple[T, Sequence[int]]:
        async with watch_rosters(unit) as moved:
            done = await change()
        ids = {
            number
            for _, moves in moved.schedules
            for move in moves
            for number in (*move.leaving, *move.coming)
        }
        people = await access.list_users_by_id(unit.session, ids - {unit.actor.user_id or 0})
        return done, sorted(number for number, user in people.items() if user.active)


async def _tell_moved(unit: Unit, schedule: Schedule, moved: Moved) -> MovedSchedule:
    moves = moved.of(schedule)
    start, end = unit.now, unit.now + AHEAD
    rosters = await list_rosters(unit, start, end, [schedule.id])
    gaps = [gap for roster in rosters for gap in find_gaps(roster.plan, start, end)]
    return MovedSchedule(
        schedule.name,
        await name_moves(unit, moves[:SHOWN_MOVES]),
        len(moves[SHOWN_MOVES:]),
        gaps[:SHOWN_GAPS],
        len(gaps[SHOWN_GAPS:]),
    )
