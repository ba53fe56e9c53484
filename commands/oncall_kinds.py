"""The kinds of argument of the commands about on call: moments, people or nobody, rotations, places with holidays, and
exceptions."""

import re
from dataclasses import replace
from datetime import datetime

from bot.access.roles import check_role
from bot.catalog.holidays import NONE, list_places, read_place
from bot.catalog.teams import get_schedule, get_team
from bot.chat.arguments import Kind, Reading
from bot.chat.form import Choice
from bot.chat.registry import Call
from bot.errors import Invalid, Problem, Unknown
from bot.oncall.exceptions import AnyException, get_exception
from bot.oncall.feeds import OWN
from bot.oncall.overview import list_coming
from bot.oncall.rosters import Roster
from commands.kinds import PERSON, PHRASE, TEXT, find_acting_user, get_person, parse_time, says_tomorrow
from commands.quiet_kinds import UNTIL
from storage.models import Schedule, Team, User
from storage.questions import catalog, oncall

NOBODY = "nobody"
HANDOFF_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})")
AS_TEAM = "team"


async def _moment(reading: Reading, text: str) -> datetime:
    """Any time, before or after now; a time of day is the next one."""
    user = await find_acting_user(reading.unit, reading.invocation)
    zone = user.zone if user else "UTC"
    return parse_time(text, reading.unit.now, zone, forward=True, field=reading.name)


async def _end(reading: Reading, text: str) -> datetime:
    """When something is over: `8h` and `06:00` count from when it begins, where that is said to be later than now."""
    unit, starts = reading.unit, reading.values.get("starts", "").strip()
    if not starts or says_tomorrow(text):
        at: datetime = await UNTIL.parse(reading, text)
        return at
    try:
        begins = await _moment(reading, starts)
    except Problem:
        begins = unit.now  # what is wrong with it is said of it
    user = await find_acting_user(unit, reading.invocation)
    zone = user.zone if user else "UTC"
    return parse_time(text, max(begins, unit.now), zone, forward=True, field=reading.name)


async def _who(reading: Reading, text: str) -> User | None:
    if text.strip().lower() == NOBODY:
        return None
    user: User = await PERSON.parse(reading, text)
    return user


async def _suggest_who(reading: Reading, prefix: str) -> list[Choice]:
    people = await PERSON.suggest(reading, prefix)
    return [*people, Choice(NOBODY, "Nobody")] if NOBODY.startswith(prefix.lower()) else people


async def _suggest_rotations(reading: Reading, prefix: str) -> list[Choice]:
    """Of the schedule that is chosen, or of all."""
    session, chosen = reading.unit.session, reading.values.get("schedule", "")
    schedule = await catalog.find_named(session, Schedule, chosen) if chosen else None
    known = [schedule] if schedule else await catalog.list_named(session, Schedule)
    rows = await oncall.list_rotations(session, [row.id for row in known])
    return [Choice(name, name) for name in dict.fromkeys(row.name for row in rows)]


async def _exception(reading: Reading, text: str) -> AnyException:
    found = await get_exception(reading.unit, text)
    await reading.unit.lock(found)
    return found


async def _suggest_exceptions(reading: Reading, prefix: str) -> list[Choice]:
    schedules = await catalog.list_named(reading.unit.session, Schedule)
    return [
        Choice(one.name, " ".join(word for word in (one.name, one.person, one.schedule) if word)[:75])
        for one in await list_coming(reading.unit, schedules)
        if not one.is_read
    ]


async def _turns(reading: Reading, text: str) -> list[str]:
    """`kate, team:payments, nobody`, with commas or, without any, with spaces; as the configuration file writes them."""
    parts = text.split(",") if "," in text else text.split()
    return [await _participant(reading, part.strip()) for part in parts if part.strip()]


async def _participant(reading: Reading, text: str) -> str:
    kind, colon, name = text.partition(":")
    if text.lower() == NOBODY:
        return NOBODY
    if colon and kind.lower() == "team":
        return f"team:{(await get_team(reading.unit, name)).slug}"
    user: User = await PERSON.parse(reading, text)
    return user.handle


async def _handoff(reading: Reading, text: str) -> str:
    """By the clocks of the schedule's zone, as the configuration file writes it."""
    found = HANDOFF_TIME.fullmatch(text.strip())
    if found is None:
        raise Invalid("handoff.wrong", reading.name, text=text)
    return f"{found[1]}T{found[2]}"


def choose_rotation(roster: Roster, name: str | None) -> int:
    """The place of the one that was named, or of the only one that there is; raises Invalid or Unknown."""
    known = [roster.rotations[one.id] for one in roster.plan.rotations]
    if name is None and len(known) != 1:
        raise Invalid("rotation.which", "rotation", known=known)
    wanted = known[0] if name is None else name.strip()
    for place, one in enumerate(known):
        if one.lower() == wanted.lower():
            return place
    raise Unknown("rotation.unknown", "rotation", name=wanted, known=known[:10])


async def choose_schedule(call: Call, chosen: Schedule | None) -> Schedule:
    """The one that was named, or the only one that there is; raises Invalid."""
    known = [chosen] if chosen else await catalog.list_named(call.unit.session, Schedule)
    if len(known) != 1:
        raise Invalid("schedule.which", "schedule", known=[row.slug for row in known])
    return known[0]


def choose_person(call: Call, chosen: User | None) -> User:
    """Whose shifts it is about: one's own, or, for admins, somebody else's."""
    if chosen is None or (call.user is not None and chosen.id == call.user.id):
        return get_person(call)
    check_role(call.user, "admin")
    return chosen


async def _place(_: Reading, text: str) -> str | None:
    """Empty for none, and None for where one's teams have them."""
    return None if text.strip().lower() == AS_TEAM else read_place(text)


async def _suggest_places(_: Reading, prefix: str) -> list[Choice]:
    words = [Choice(NONE, "None"), Choice(AS_TEAM, "As your team")]
    return [*(Choice(one, one) for one in list_places(prefix, 50)), *words]


async def _feed(reading: Reading, text: str) -> str:
    """`mine`, `schedule:primary` or `team:database`; a word alone is a schedule."""
    kind, colon, name = text.strip().partition(":")
    if kind.lower() in ("mine", "me", OWN) and not colon:
        return ""
    if not colon:
        return f"schedule:{(await get_schedule(reading.unit, kind)).slug}"
    if kind.lower() not in ("schedule", "team"):
        known = ["mine", "schedule:…", "team:…"]
        raise Invalid("choice.wrong", reading.name, text=text, known=known)
    get = get_schedule if kind.lower() == "schedule" else get_team
    return f"{kind.lower()}:{(await get(reading.unit, name)).slug}"


async def _suggest_feeds(reading: Reading, _: str) -> list[Choice]:
    session = reading.unit.session
    return [
        Choice("mine", "Mine, in all schedules"),
        *(Choice(f"schedule:{one.slug}", one.name) for one in await catalog.list_named(session, Schedule)),
        *(Choice(f"team:{one.slug}", f"Team {one.name}") for one in await catalog.list_named(session, Team)),
    ]


TURNS = Kind("text", _turns, example="kate, sam")
HANDOFF = Kind("text", _handoff, example="2026-12-07T09:00", phrase=PHRASE)
MOMENT = Kind("text", _moment, example="18:00", phrase=PHRASE)
END = replace(UNTIL, parse=_end)
WHO = Kind("suggest", _who, _suggest_who, example="@kate")
ROTATION = Kind("suggest", TEXT.parse, _suggest_rotations, example="weekly")
PLACE = Kind("suggest", _place, _suggest_places, example="DE-BE")
FEED = Kind("suggest", _feed, _suggest_feeds, example="mine")
EXCEPTION = Kind("suggest", _exception, _suggest_exceptions, example="override-12")
