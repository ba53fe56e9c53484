"""The kinds of argument of swaps: one's own shifts and parts of them, the shifts of others, and offers."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.catalog.teams import get_schedule
from bot.chat.arguments import Kind, Reading
from bot.chat.form import Choice
from bot.chat.templates import spell_local
from bot.errors import Invalid, Problem, Unknown
from bot.oncall.answers import HORIZON, Shift, list_next_shifts, read_shifts
from bot.oncall.rosters import list_rosters
from bot.oncall.swaps import Exchange, get_swap, list_circle
from commands.kinds import PERSON, PHRASE, find_acting_user, parse_time, says_tomorrow
from storage.models import Schedule, Swap, User
from storage.questions import access, oncall
from storage.questions import swaps as ask

AHEAD = timedelta(days=60)
"""A shift that begins so far ahead can be offered, to its own end."""
SHOWN = 20
NEXT = "next"
MOMENT = timedelta(microseconds=1)


def name_shift(shift: Shift) -> str:
    """What is typed for it."""
    return f"{shift.schedule.slug}/{shift.starts_at.isoformat()}"


async def _list_own(reading: Reading) -> tuple[User | None, list[Shift]]:
    user = await find_acting_user(reading.unit, reading.invocation)
    if user is None:
        return None, []
    shifts, _ = await list_next_shifts(reading.unit, user.id, AHEAD)
    return user, shifts


def is_endless(shift: Shift, now: datetime) -> bool:
    """Whether no end of it was found, however far it was looked."""
    return shift.ends_at >= now + AHEAD + HORIZON


async def _own_shift(reading: Reading, text: str) -> Shift:
    """`next`, a moment in it, or the schedule and a moment: `primary/2026-11-24T09:00`."""
    user, shifts = await _list_own(reading)
    slug, slash, moment = text.strip().partition("/")
    if slash:
        schedule = await get_schedule(reading.unit, slug)
        shifts = [one for one in shifts if one.schedule.id == schedule.id]
    zone = user.zone if user is not None else "UTC"
    return _pick(reading, shifts, moment if slash else slug, zone)


def _pick(reading: Reading, shifts: Iterable[Shift], text: str, zone: str) -> Shift:
    now = reading.unit.now
    if text.strip().lower() in ("", NEXT):
        found = [one for one in shifts if one.starts_at > now][:1]
    else:
        at = parse_time(text, now, zone, forward=True, field=reading.name)
        found = [one for one in shifts if one.starts_at <= at < one.ends_at]
        if not found and at >= now + AHEAD:
            raise Invalid("swap.too_far", reading.name, days=AHEAD.days)
    if not found:
        raise Unknown("swap.no_such_shift", reading.name, text=text)
    if len(found) > 1:
        raise Invalid("swap.which_shift", reading.name, known=[name_shift(one) for one in found])
    return found[0]


async def _suggest_own(reading: Reading, _: str) -> list[Choice]:
    user, shifts = await _list_own(reading)
    zone = user.zone if user is not None else "UTC"
    return [Choice(name_shift(one), _label(one, zone)) for one in shifts[:SHOWN]]


def _label(shift: Shift, zone: str, name: str = "") -> str:
    return f"{name or shift.schedule.name} · {spell_local(shift.starts_at, zone)}"[:75]


def _part_of(*, begins: bool) -> Kind:
    """A moment of the shift that is offered: a clock time is the first one in it, `2h` is counted from when it begins."""

    async def read(reading: Reading, text: str) -> datetime:
        user = await find_acting_user(reading.unit, reading.invocation)
        shift = await _own_shift(reading, reading.values.get("shift", ""))
        base = reading.unit.now if says_tomorrow(text) else max(shift.starts_at, reading.unit.now)
        zone = user.zone if user is not None else "UTC"
        at = parse_time(text, base - MOMENT if begins else base, zone, forward=True, field=reading.name)
        if not shift.starts_at <= at <= shift.ends_at:
            raise Invalid("swap.outside", reading.name)
        return at

    return Kind("text", read, example="18:00", phrase=PHRASE)


async def _list_others(reading: Reading) -> list[tuple[User, Shift]]:
    """The shifts of others in the schedule of the shift that is offered, in order of time."""
    try:
        own = await _own_shift(reading, reading.values.get("shift", ""))
    except Problem:
        return []
    unit = reading.unit
    end = unit.now + AHEAD + HORIZON
    (roster,) = await list_rosters(unit, unit.now, end, [own.schedule.id])
    people = await access.list_users_by_id(unit.session, await list_circle(unit, roster) - {own.user_id})
    found = [
        (user, shift)
        for user in people.values()
        for shift in read_shifts([roster], user.id, unit.now, end)
        if unit.now < shift.starts_at < unit.now + AHEAD and not is_endless(shift, unit.now)
    ]
    return sorted(found, key=lambda pair: pair[1].starts_at)


async def _others_shift(reading: Reading, text: str) -> Exchange:
    """`@sam`, whose next shift it is then, or `@sam/2026-11-26T09:00`."""
    name, _, moment = text.strip().partition("/")
    person: User = await PERSON.parse(reading, name)
    theirs = [shift for user, shift in await _list_others(reading) if user.id == person.id]
    acting = await find_acting_user(reading.unit, reading.invocation)
    shift = _pick(reading, theirs, moment, acting.zone if acting is not None else "UTC")
    return Exchange(person, shift.starts_at, shift.ends_at)


async def _suggest_others(reading: Reading, prefix: str) -> list[Choice]:
    user = await find_acting_user(reading.unit, reading.invocation)
    zone = user.zone if user is not None else "UTC"
    return [
        Choice(f"@{other.handle}/{shift.starts_at.isoformat()}", _label(shift, zone, other.name))
        for other, shift in await _list_others(reading)
    ][:SHOWN]


async def _swap(reading: Reading, text: str) -> Swap:
    found = await get_swap(reading.unit, text)
    await reading.unit.lock(found)
    return found


async def _suggest_swaps(reading: Reading, _: str) -> list[Choice]:
    session = reading.unit.session
    schedules = {one.id: one for one in await oncall.list_schedules(session)}
    rows = await ask.list_open(session, schedules)
    people = await access.list_users_by_id(session, {row.user_id for row in rows})
    return [_offer(row, people[row.user_id], schedules[row.schedule_id]) for row in rows[:SHOWN]]


def _offer(row: Swap, user: User, schedule: Schedule) -> Choice:
    return Choice(str(row.id), f"{row.id} {user.name}, {schedule.name}"[:75])


OWN_SHIFT = Kind("suggest", _own_shift, _suggest_own, example=NEXT)
PART_BEGINS = _part_of(begins=True)
PART_ENDS = _part_of(begins=False)
OTHERS_SHIFT = Kind("suggest", _others_shift, _suggest_others, example="@sam")
SWAP = Kind("suggest", _swap, _suggest_swaps, example="3")
