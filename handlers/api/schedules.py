"""`/api/v1/schedules`: who is on call now and next, and the rotations and overrides that say so."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from bot.catalog.teams import get_schedule as find_schedule
from bot.flow.unit import Unit
from bot.oncall.resolve import list_on_call
from handlers.api.catalog import find_team_id
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
from storage.models import Schedule, Team
from storage.questions import catalog, lists, oncall
from storage.words import RotationKind

SCHEDULE = PathPart("schedule", SLUG, "The schedule's slug.", "primary")
AHEAD = timedelta(days=60)


class ScheduleItem(Struct, frozen=True):
    """A roster. `on_call` are on call now, until `until`; `next` follow them. `zone` is the zone of its handoffs; the
    user group `chat_group` follows it in chat, unless it is empty."""

    id: int
    slug: str
    name: str
    team: Named | None
    zone: str
    chat_group: str
    active: bool
    on_call: list[Person]
    until: datetime | None
    next: list[Person]


class RotationItem(Struct, frozen=True):
    """People who take turns of `length` hours, days or weeks, from `starts` (wall-clock time in the schedule's zone)
    on. A null among the participants is a deliberate gap."""

    name: str
    kind: RotationKind
    length: int
    starts: str
    participants: list[Person | None]


class OverrideItem(Struct, frozen=True):
    """For a time, this person instead of whoever the rotations say."""

    person: Person | None
    starts_at: datetime
    ends_at: datetime


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
        people = await list_people(
            unit,
            [*(one for row in rotations for one in row.participants), *(row.user_id for row in overrides)],
        )
        return ScheduleDetail(
            (await _show_items(unit, [schedule]))[0],
            [
                RotationItem(
                    row.name,
                    row.kind,
                    row.length,
                    row.starts,
                    [find_person(people, one) for one in row.participants],
                )
                for row in rotations
            ],
            [OverrideItem(find_person(people, row.user_id), row.starts_at, row.ends_at) for row in overrides],
        )

    return await call.look(look)


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
)
