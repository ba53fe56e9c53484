"""Schedules and who is on call, to be read; by the resolver that pages, too."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.errors import Invalid
from bot.flow.unit import Unit
from bot.oncall.resolve import HORIZON, OnCall, Roster, list_rosters, read_on_call
from handlers.opsgenie.directory import find_row
from handlers.opsgenie.door import Answer, Call, Operation
from handlers.opsgenie.paging import read_number, read_word
from handlers.opsgenie.shapes import Shape, spell_person, spell_time
from storage.models import Rotation, Schedule, Team, User
from storage.questions import access, catalog, oncall

FLAT = ("false", "true")
UNITS = {"days": 1, "weeks": 7, "months": 30}
LONGEST = timedelta(days=366)


async def list_schedules(call: Call) -> Answer:
    """With `expand=rotation` their rotations, too."""

    async def look(unit: Unit) -> list[Shape]:
        rows = await catalog.list_named(unit.session, Schedule)
        return await _show_schedules(unit, rows, "rotation" in call.query("expand"))

    return Answer({"data": await call.look(look), "expandable": ["rotation"]})


async def show_schedule(call: Call) -> Answer:
    async def look(unit: Unit) -> Shape:
        return (await _show_schedules(unit, [await find_row(unit, call, Schedule, "schedule")], True))[0]

    return Answer({"data": await call.look(look)})


async def _show_schedules(unit: Unit, rows: Sequence[Schedule], with_rotations: bool) -> list[Shape]:
    teams = await catalog.list_by_id(unit.session, Team, {row.team_id for row in rows if row.team_id})
    rotations = await oncall.list_rotations(unit.session, [row.id for row in rows]) if with_rotations else []
    people = await access.list_users_by_id(
        unit.session, {one for row in rotations for one in row.participants if one is not None}
    )
    shown = []
    for row in rows:
        shape = {**_name(row), "description": "", "timezone": row.zone}
        team = teams.get(row.team_id or 0)
        if team is not None:
            shape["ownerTeam"] = {"id": str(team.id), "name": team.name}
        if with_rotations:
            own = [one for one in rotations if one.schedule_id == row.id]
            shape["rotations"] = [_show_rotation(one, row.zone, people) for one in own]
        shown.append(shape)
    return shown


def _name(row: Schedule) -> Shape:
    return {"id": str(row.id), "name": row.name, "enabled": row.active}


def _show_rotation(row: Rotation, zone: str, people: dict[int, User]) -> Shape:
    starts = datetime.fromisoformat(row.starts).replace(tzinfo=ZoneInfo(zone))
    return {
        "id": str(row.id),
        "name": row.name,
        "startDate": spell_time(starts),
        "type": row.kind.value,
        "length": row.length,
        "participants": [
            {"type": "none"} if one is None else _show_person(people.get(one), one)
            for one in row.participants
        ],
    }


def _show_person(user: User | None, number: int) -> Shape:
    return {"type": "user", "id": str(number), "username": spell_person(user)}


# who is on call


async def show_on_calls(call: Call) -> Answer:
    at, is_flat = read_date(call), read_word(call, "flat", FLAT) == "true"

    async def look(unit: Unit) -> list[Shape]:
        return [_show_on_call(one, is_flat) for one in await _find_on_call(unit, None, at or unit.now)]

    return Answer({"data": await call.look(look)})


async def show_on_call(call: Call) -> Answer:
    at, is_flat = read_date(call), read_word(call, "flat", FLAT) == "true"

    async def look(unit: Unit) -> Shape:
        row = await find_row(unit, call, Schedule, "schedule", "scheduleIdentifierType")
        (found,) = await _find_on_call(unit, [row.id], at or unit.now)
        return _show_on_call(found, is_flat)

    return Answer({"data": await call.look(look)})


async def show_next_on_call(call: Call) -> Answer:
    """Who follows; `exact` is who is on call from the next change on, so both are the same people here."""
    at, is_flat = read_date(call), read_word(call, "flat", FLAT) == "true"

    async def look(unit: Unit) -> Shape:
        row = await find_row(unit, call, Schedule, "schedule", "scheduleIdentifierType")
        (found,) = await _find_on_call(unit, [row.id], at or unit.now)
        end = "Recipients" if is_flat else "Participants"
        people = _show_people(found.next_people, is_flat)
        return {"_parent": _name(row), f"nextOnCall{end}": people, f"exactNextOnCall{end}": people}

    return Answer({"data": await call.look(look)})


async def _find_on_call(unit: Unit, ids: list[int] | None, at: datetime) -> list[OnCall]:
    return await read_on_call(unit, at, await list_rosters(unit, at, at + HORIZON, ids))


def _show_on_call(found: OnCall, is_flat: bool) -> Shape:
    name = "onCallRecipients" if is_flat else "onCallParticipants"
    return {"_parent": _name(found.schedule), name: _show_people(found.people, is_flat)}


def _show_people(people: Sequence[User], is_flat: bool) -> list[str] | list[Shape]:
    if is_flat:
        return [spell_person(user) for user in people]
    return [{"id": str(user.id), "name": spell_person(user), "type": "user"} for user in people]


def read_date(call: Call) -> datetime | None:
    """`date`, ISO 8601. A plus sign that a client did not escape arrives as a space."""
    text = call.query("date").replace(" ", "+")
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        _ = found + LONGEST + HORIZON, found - LONGEST
    except (ValueError, OverflowError) as error:
        raise Invalid("field.wrong", "date", name="date", reason="it should be a time in ISO 8601") from error
    return found


# what a schedule comes to over some time


async def show_timeline(call: Call) -> Answer:
    """The final timeline: rotations and overrides together, as they page."""
    at = read_date(call)
    count = read_number(call, "interval", 1, 1, 52)
    length = timedelta(days=count * UNITS[read_word(call, "intervalUnit", ("weeks", "days", "months"))])
    if length > LONGEST:
        raise Invalid("field.wrong", "interval", name="interval", reason="it should be a year at most")

    async def look(unit: Unit) -> Shape:
        row = await find_row(unit, call, Schedule, "schedule")
        start = at or unit.now
        (roster,) = await list_rosters(unit, start, start + length, [row.id])
        periods = find_periods(roster, start, start + length)
        people = await access.list_users_by_id(unit.session, {one for *_, who in periods for one in who})
        shown = [
            {
                "startDate": spell_time(begin),
                "endDate": spell_time(end),
                "type": "default",
                "recipient": _show_person(people.get(one), one),
            }
            for begin, end, who in periods
            for one in who
        ]
        rotation = {"id": str(row.id), "name": row.name, "order": 1.0, "periods": shown}
        return {
            "_parent": _name(row),
            "startDate": spell_time(start),
            "endDate": spell_time(start + length),
            "finalTimeline": {"rotations": [rotation]},
        }

    return Answer({"data": await call.look(look), "expandable": []})


def find_periods(
    roster: Roster, start: datetime, end: datetime
) -> list[tuple[datetime, datetime, tuple[int, ...]]]:
    """Stretches of time with the same people on call, in order; those without anybody are left out. Pure."""
    found: list[tuple[datetime, datetime, tuple[int, ...]]] = []
    for begin, finish in pairwise([start, *roster.changes(start, end), end]):
        who = roster.who(begin)
        if begin == finish or not who:
            continue
        if found and found[-1][1] == begin and found[-1][2] == who:
            found[-1] = (found[-1][0], finish, who)
        else:
            found.append((begin, finish, who))
    return found


OPERATIONS = (
    Operation("GET", "/schedules", list_schedules),
    Operation("GET", "/schedules/on-calls", show_on_calls),
    Operation("GET", "/schedules/{identifier}", show_schedule),
    Operation("GET", "/schedules/{identifier}/on-calls", show_on_call),
    Operation("GET", "/schedules/{identifier}/next-on-calls", show_next_on_call),
    Operation("GET", "/schedules/{identifier}/timeline", show_timeline),
)
