"""`/api/v1/schedules/{schedule}/timeline`: who is on call between two instants, and why."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from bot.catalog.teams import get_schedule as find_schedule
from bot.errors import Invalid
from bot.flow.unit import Unit
from bot.oncall.answers import list_named
from bot.oncall.duty import Nobody
from bot.oncall.resolve import resolve
from bot.oncall.rosters import list_rosters
from handlers.api.operation import Call, NoBody, Operation
from handlers.api.schedules import SCHEDULE
from handlers.api.values import Named, Person, find_person, list_people, show_named, show_person
from storage.models import Team
from storage.questions import catalog

Instant = Annotated[datetime, Meta(tz=True)]
USUAL = timedelta(days=14)
LONGEST = timedelta(days=366)
YEARS = (2000, 2100)


class Because(StrEnum):
    ROTATION = "rotation"
    OVERRIDE = "override"
    FORWARDING = "forwarding"
    STAND_IN = "stand_in"
    SWAP = "swap"


class TimelineQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """From when (default: now) until when (default: 14 days later); a year at most."""

    start: Instant | None = None
    end: Instant | None = None


class DutyItem(Struct, frozen=True):
    """That a person is on call, and why. `rotation` is the one whose turn or place it is, `team` the team that has the turn,
    `override` what cancels it. `forwarded_by` are those who passed it on, `instead_of` those who are off. In a swap,
    which is the `override`, it was the shift of `swapped_with`. `off`: they are off themselves, but there is nobody else."""

    person: Person
    because: Because
    rotation: str | None
    team: Named | None
    override: str | None
    forwarded_by: list[Person]
    instead_of: list[Person]
    off: bool
    swapped_with: Person | None


class SpanItem(Struct, frozen=True):
    """A stretch of time with the same people on call for the same reasons. When there are none, `nobody` says why."""

    start: datetime
    end: datetime
    on_call: list[DutyItem]
    nobody: Nobody | None


class Timeline(Struct, frozen=True):
    """Spans that follow each other and leave nothing out."""

    schedule: Named
    zone: str
    start: datetime
    end: datetime
    spans: list[SpanItem]


async def show_timeline(call: Call[TimelineQuery, NoBody]) -> Timeline:
    async def look(unit: Unit) -> Timeline:
        schedule = await find_schedule(unit, call.part("schedule"))
        start = call.query.start or unit.now
        end = call.query.end or start + USUAL
        _check(start, end)
        (roster,) = await list_rosters(unit, start, end, [schedule.id])
        spans = resolve(roster.plan, start, end)
        duties = {duty for span in spans for duty in span.duties}
        people = await list_people(unit, list_named(duties))
        teams = await catalog.list_by_id(unit.session, Team, {duty.team for duty in duties if duty.team})
        shown = {
            duty: DutyItem(
                show_person(people[duty.person]),
                Because(duty.reason),
                roster.rotations.get(duty.rotation or 0),
                show_named(teams.get(duty.team or 0)),
                f"override-{duty.override}" if duty.override is not None else None,
                [one for number in duty.passed_by if (one := find_person(people, number))],
                [one for number in duty.instead_of if (one := find_person(people, number))],
                duty.is_off,
                find_person(people, duty.swapped_with),
            )
            for duty in duties
        }
        items = [
            SpanItem(span.start, span.end, [shown[duty] for duty in span.duties], span.nobody)
            for span in spans
        ]
        return Timeline(show_named(schedule), schedule.zone, start, end, items)

    return await call.look(look)


def _check(start: datetime, end: datetime) -> None:
    for name, moment in (("start", start), ("end", end)):
        if not YEARS[0] <= moment.year < YEARS[1]:
            raise Invalid(
                "field.wrong", name, name=name, reason=f"it should be in a year from {YEARS[0]} to {YEARS[1]}"
            )
    if end <= start:
        raise Invalid("field.wrong", "end", name="end", reason="it should be after start")
    if end - start > LONGEST:
        raise Invalid("field.wrong", "end", name="end", reason="it should be a year after start at most")


OPERATIONS = (
    Operation(
        "GET",
        "/schedules/{schedule}/timeline",
        "getTimeline",
        "Who is on call between two instants, and why.",
        show_timeline,
        Timeline,
        TimelineQuery,
        parts=(SCHEDULE,),
        problems=(422,),
    ),
)
