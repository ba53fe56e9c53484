"""`/api/v1/schedules`: who is on call now and next, and the rotations and overrides that say so."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from bot.catalog.edit_schedules import SCHEDULES
from bot.catalog.teams import get_schedule as find_schedule
from bot.flow.unit import Unit
from bot.oncall.answers import list_on_call
from bot.oncall.exceptions import name_of
from handlers.api.catalog import find_team_id
from handlers.api.edits import Edits
from handlers.api.operation import Call, Listing, NoBody, NoQuery, Operation, PathPart, build_listing
from handlers.api.values import (
    SLUG,
    Named,
    Person,
    TeamedQuery,
    find_person,
    list_people,
    read_active,
    show_named,
    show_person,
)
from storage.models import Rotation, Schedule, Team, User
from storage.questions import catalog, lists, oncall
from storage.words import Combine, RotationKind

SCHEDULE = PathPart("schedule", SLUG, "The schedule's slug.", "primary")
AHEAD = timedelta(days=60)


class ScheduleItem(Struct, frozen=True):
    """A roster. `on_call` are on call now, until `until`; `next` follow them. `zone` is the zone of its handoffs. Its
    rotations add up, or are layers of which the first one counts that has somebody on call. The user group `chat_group`
    follows it in chat, unless it is empty."""

    id: int
    slug: str
    name: str
    team: Named | None
    zone: str
    combine: Combine
    chat_group: str
    active: bool
    on_call: list[Person]
    until: datetime | None
    next: list[Person]


class Participant(Struct, frozen=True):
    """A person, or all people of a team."""

    person: Person | None
    team: Named | None


class Hours(Struct, frozen=True):
    """A part of the week: on each of the `days` (none: on all) from `begin` until `end`, which is on the next day if it is
    no later, or on `end_day`. Clock times in the schedule's zone."""

    days: list[str]
    begin: str
    end: str
    end_day: str | None


class RotationItem(Struct, frozen=True):
    """Participants who take turns of `length` hours, days or weeks, from `starts` to `ends` (wall-clock times in the
    schedule's zone). A null among them is a deliberate gap. Without `hours` it is always on call."""

    name: str
    kind: RotationKind
    length: int
    starts: str
    ends: str | None
    participants: list[Participant | None]
    hours: list[Hours]


class OverrideItem(Struct, frozen=True):
    """For a time, this person (null: nobody) instead of all rotations, or of one, or, in a swap, instead of `swapped_with`
    alone. `name` is what cancels it."""

    name: str
    person: Person | None
    rotation: str | None
    starts_at: datetime
    ends_at: datetime
    swapped_with: Person | None


class ScheduleDetail(Struct, frozen=True):
    """One schedule with its rotations, and the overrides of the next 60 days."""

    schedule: ScheduleItem
    rotations: list[RotationItem]
    overrides: list[OverrideItem]


async def list_schedules(call: Call[TeamedQuery, NoBody]) -> Listing[ScheduleItem]:
    async def look(unit: Unit) -> Listing[ScheduleItem]:
        team_id = await find_team_id(unit, call.query.team)
        active = read_active(call.query.active)
        found = await lists.list_named(
            unit.session, Schedule, call.query.wanted(), active=active, team_id=team_id
        )
        return build_listing(await _show_items(unit, found.rows), found.next_after)

    return await call.look(look)


async def _show_items(unit: Unit, rows: Sequence[Schedule]) -> list[ScheduleItem]:
    teams = await catalog.list_by_id(
        unit.session, Team, {row.team_id for row in rows if row.team_id is not None}
    )
    duty = {one.schedule.id: one for one in await list_on_call(unit, unit.now, [row.id for row in rows])}
    items = []
    for row in rows:
        now = duty.get(row.id)
        items.append(
            ScheduleItem(
                row.id,
                row.slug,
                row.name,
                show_named(teams.get(row.team_id or 0)),
                row.zone,
                row.combine,
                row.chat_group,
                row.active,
                [show_person(user) for user in now.people] if now else [],
                now.until if now else None,
                [show_person(user) for user in now.next_people] if now else [],
            )
        )
    return items


async def get_schedule(call: Call[NoQuery, NoBody]) -> ScheduleDetail:
    async def look(unit: Unit) -> ScheduleDetail:
        schedule = await find_schedule(unit, call.part("schedule"))
        rotations = await oncall.list_rotations(unit.session, [schedule.id])
        overrides = await oncall.list_overrides(unit.session, [schedule.id], unit.now, unit.now + AHEAD)
        parts = [part for row in rotations for part in row.participants]
        people = await list_people(
            unit,
            [
                *(part for part in parts if isinstance(part, int)),
                *(one for row in overrides for one in (row.user_id, row.giver_id)),
            ],
        )
        named = {part["team"] for part in parts if isinstance(part, dict)}
        teams = await catalog.list_by_id(unit.session, Team, named)
        names = {row.id: row.name for row in rotations}
        return ScheduleDetail(
            (await _show_items(unit, [schedule]))[0],
            [_show_rotation(row, people, teams) for row in rotations],
            [
                OverrideItem(
                    name_of(row),
                    find_person(people, row.user_id),
                    names.get(row.rotation_id or 0),
                    row.starts_at,
                    row.ends_at,
                    find_person(people, row.giver_id),
                )
                for row in overrides
            ],
        )

    return await call.look(look)


def _show_rotation(row: Rotation, people: Mapping[int, User], teams: Mapping[int, Team]) -> RotationItem:
    def show(part: Any) -> Participant | None:
        if isinstance(part, dict):
            return Participant(None, show_named(teams.get(part["team"])))
        return None if part is None else Participant(find_person(people, part), None)

    return RotationItem(
        row.name,
        row.kind,
        row.length,
        row.starts,
        row.ends or None,
        [show(part) for part in row.participants],
        [Hours(one["days"], one["from"], one["until"], one.get("until_day")) for one in row.hours],
    )


OPERATIONS = (
    Operation(
        "GET",
        "/schedules",
        "listSchedules",
        "Schedules.",
        list_schedules,
        Listing[ScheduleItem],
        TeamedQuery,
        problems=(404,),
    ),
    Operation(
        "GET",
        "/schedules/{schedule}",
        "getSchedule",
        "One schedule.",
        get_schedule,
        ScheduleDetail,
        parts=(SCHEDULE,),
    ),
    *Edits(SCHEDULES, "schedules", SCHEDULE).list_operations(),
)
