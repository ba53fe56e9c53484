"""Schedules and who is on call, to be read; by the resolver that pages, too."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import Invalid
from bot.flow.unit import Unit
from bot.oncall.answers import HORIZON, OnCall, list_on_call
from bot.oncall.hours import read_hours
from bot.oncall.resolve import Span, resolve
from bot.oncall.rosters import list_rosters
from bot.oncall.shifts import find_next
from handlers.opsgenie.directory import find_row
from handlers.opsgenie.door import Answer, Call, Operation
from handlers.opsgenie.paging import read_number, read_word
from handlers.opsgenie.shapes import Shape, spell_person, spell_time
from storage.models import Rotation, Schedule, Team, User
from storage.questions import access, catalog, oncall

FLAT = ("false", "true")
DAY = 24 * 60
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UNITS = {"days": 1, "weeks": 7, "months": 30}
LONGEST = timedelta(days=366)
KINDS = {"override": "override", "forwarding": "forwarding"}


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
    rotations = await oncall.list_rotations(unit.session, [row.id for row in rows]) if with_rotations else []
    parts = [part for row in rotations for part in row.participants]
    people = await access.list_users_by_id(unit.session, {part for part in parts if isinstance(part, int)})
    named = {part["team"] for part in parts if isinstance(part, dict)}
    teams = await catalog.list_by_id(
        unit.session, Team, named.union(row.team_id for row in rows if row.team_id is not None)
    )
    shown = []
    for row in rows:
        shape = {**_name(row), "description": "", "timezone": row.zone}
        team = teams.get(row.team_id or 0)
        if team is not None:
            shape["ownerTeam"] = {"id": str(team.id), "name": team.name}
        if with_rotations:
            own = [one for one in rotations if one.schedule_id == row.id]
            shape["rotations"] = [_show_rotation(one, row.zone, people, teams) for one in own]
        shown.append(shape)
    return shown


def _name(row: Schedule) -> Shape:
    return {"id": str(row.id), "name": row.name, "enabled": row.active}


def _show_rotation(row: Rotation, zone: str, people: Mapping[int, User], teams: Mapping[int, Team]) -> Shape:
    def show(part: Any) -> Shape:
        if part is None:
            return {"type": "none"}
        if isinstance(part, dict):
            team = teams.get(part["team"])
            return {"type": "team", "id": str(part["team"]), "name": team.name if team else ""}
        return _show_person(people.get(part), part)

    shape: Shape = {
        "id": str(row.id),
        "name": row.name,
        "startDate": _spell_wall(row.starts, zone),
        "type": row.kind.value,
        "length": row.length,
        "participants": [show(part) for part in row.participants],
    }
    if row.ends:
        shape["endDate"] = _spell_wall(row.ends, zone)
    if row.hours:
        shape["timeRestriction"] = _show_hours(row.hours)
    return shape


def _spell_wall(wall: str, zone: str) -> str:
    return spell_time(datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone)))


def _show_hours(windows: Sequence[Mapping[str, Any]]) -> Shape:
    """One window for every day has a shape of its own."""
    parts = [(divmod(part.start, DAY), divmod(part.end, DAY)) for part in read_hours(windows)]
    clocks = [
        {"startHour": start // 60, "startMin": start % 60, "endHour": end // 60, "endMin": end % 60}
        for (_, start), (_, end) in parts
    ]
    if len(windows) == 1 and len(parts) == 7 and not windows[0].get("until_day"):
        return {"type": "time-of-day", "restriction": clocks[0]}
    return {
        "type": "weekday-and-time-of-day",
        "restrictions": [
            {"startDay": DAYS[first], "endDay": DAYS[last], **clock}
            for ((first, _), (last, _)), clock in zip(parts, clocks, strict=True)
        ],
    }


def _show_person(user: User | None, number: int) -> Shape:
    return {"type": "user", "id": str(number), "username": spell_person(user)}


# who is on call


async def show_on_calls(call: Call) -> Answer:
    at, is_flat = read_date(call), read_word(call, "flat", FLAT) == "true"

    async def look(unit: Unit) -> list[Shape]:
        return [_show_on_call(one, is_flat) for one in await list_on_call(unit, at or unit.now)]

    return Answer({"data": await call.look(look)})


async def show_on_call(call: Call) -> Answer:
    at, is_flat = read_date(call), read_word(call, "flat", FLAT) == "true"

    async def look(unit: Unit) -> Shape:
        row = await find_row(unit, call, Schedule, "schedule", "scheduleIdentifierType")
        (found,) = await list_on_call(unit, at or unit.now, [row.id])
        return _show_on_call(found, is_flat)

    return Answer({"data": await call.look(look)})


async def show_next_on_call(call: Call) -> Answer:
    """Who comes on call next, however long nobody is before that; `exact` is who is on call from the next change on."""
    at, is_flat = read_date(call), read_word(call, "flat", FLAT) == "true"

    async def look(unit: Unit) -> Shape:
        row = await find_row(unit, call, Schedule, "schedule", "scheduleIdentifierType")
        moment = at or unit.now
        (found,) = await list_on_call(unit, moment, [row.id])
        (roster,) = await list_rosters(unit, moment, moment + HORIZON, [row.id])
        following = find_next(roster.plan, moment, HORIZON)
        numbers = following.people if following else ()
        people = await access.list_users_by_id(unit.session, numbers)
        end = "Recipients" if is_flat else "Participants"
        return {
            "_parent": _name(row),
            f"nextOnCall{end}": _show_people([people[number] for number in numbers], is_flat),
            f"exactNextOnCall{end}": _show_people(found.next_people, is_flat),
        }

    return Answer({"data": await call.look(look)})


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
        periods = list(list_periods(resolve(roster.plan, start, start + length)))
        people = await access.list_users_by_id(unit.session, {number for _, _, number, _ in periods})
        shown = [
            {
                "startDate": spell_time(begin),
                "endDate": spell_time(end),
                "type": kind,
                "recipient": _show_person(people.get(number), number),
            }
            for begin, end, number, kind in periods
        ]
        rotation = {"id": str(row.id), "name": row.name, "order": 1.0, "periods": shown}
        return {
            "_parent": _name(row),
            "startDate": spell_time(start),
            "endDate": spell_time(start + length),
            "finalTimeline": {"rotations": [rotation]},
        }

    return Answer({"data": await call.look(look), "expandable": []})


def list_periods(spans: Sequence[Span]) -> Iterator[tuple[datetime, datetime, int, str]]:
    """Each stretch of time for which a person is on call for one reason, by when it begins: with the person, and the reason
    in Opsgenie's words. Pure."""
    found: dict[tuple[int, str], list[tuple[datetime, datetime]]] = {}
    for span in spans:
        once = {duty.person: KINDS.get(duty.reason, "default") for duty in reversed(span.duties)}
        for one in once.items():
            stretches = found.setdefault(one, [])
            if stretches and stretches[-1][1] == span.start:
                stretches[-1] = stretches[-1][0], span.end
            else:
                stretches.append((span.start, span.end))
    everything = [(*stretch, *one) for one, stretches in found.items() for stretch in stretches]
    yield from sorted(everything)


OPERATIONS = (
    Operation("GET", "/schedules", list_schedules),
    Operation("GET", "/schedules/on-calls", show_on_calls),
    Operation("GET", "/schedules/{identifier}", show_schedule),
    Operation("GET", "/schedules/{identifier}/on-calls", show_on_call),
    Operation("GET", "/schedules/{identifier}/next-on-calls", show_next_on_call),
    Operation("GET", "/schedules/{identifier}/timeline", show_timeline),
)
