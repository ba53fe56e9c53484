"""The kinds of argument that commands take: how each is read, what is suggested, and what one looks like."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.access.accounts import get_user_of_account
from bot.access.people import get_user
from bot.alerts.heartbeats import get_heartbeat, list_shown
from bot.alerts.lives import get_alert
from bot.catalog.teams import get_schedule, get_service, get_team
from bot.chat.arguments import Kind, Reading
from bot.chat.form import Choice
from bot.chat.invocation import Invocation
from bot.chat.registry import Call
from bot.errors import Forbidden, Invalid, Unknown
from bot.flow.unit import Unit
from bot.incidents.people import ROLES
from bot.incidents.privacy import find_viewer, get_incident, is_visible
from bot.oncall.answers import list_on_call
from storage.models import Alert, Heartbeat, Incident, Schedule, Service, Team, User
from storage.questions import access, alerts, catalog
from storage.questions import incidents as ask
from storage.questions.flow import remember_arrival
from storage.words import IncidentStatus, Priority

PART = re.compile(r"(\d+)\s*(s|sec|m|min|minutes?|h|hours?|d|days?|w|weeks?)(?![a-z])\s*")
DURATION = re.compile(rf"^(?:in |for )?(?:{PART.pattern})+$")
TOMORROW = "tomorrow "
PHRASE = (
    r"(?:until )?(?:\d{4}-\d\d-\d\d|today|tomorrow) \d{1,2}:\d\d(?::\d\d)?|until \d{1,2}:\d\d"
    r"|in \d+ ?[a-z]+|\d+ ?[a-z]+ ago"
)
"""Times of several words that need no quotation marks."""
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
AGO = re.compile(r"^(.+?)\s+ago$")
CLOCK = re.compile(r"^(\d{1,2}):(\d{2})$")
MENTION = re.compile(r"^<@!?(?P<address>[^\s|>]+)(?:\|[^>]*)?>$")
"""How the chat platforms write that a person is meant: by the address of their account."""


# What the registry asks


async def find_incident_of_call(unit: Unit, invocation: Invocation, named: str) -> Incident:
    """The incident named, or the one of this room, if who calls may see it; a command that changes it has it for itself."""
    if named:
        found: Incident | None = await get_incident(unit, named)
    elif invocation.channel:
        found = await ask.find_incident_of_channel(unit.session, invocation.platform, invocation.channel)
    else:
        found = None
    if found is None or not await is_visible(unit, found):
        raise Unknown("incident.which")
    await unit.lock(found)
    return found


async def find_acting_user(unit: Unit, invocation: Invocation) -> User | None:
    number = invocation.actor.user_id
    return await unit.session.get(User, number) if number is not None else None


async def arrive(unit: Unit, invocation: Invocation) -> bool:
    """Note a delivery that may come twice; False when it has."""
    return await remember_arrival(unit.session, invocation.arrival, unit.now)


def get_person(call: Call) -> User:
    """The person who gives the command; raises Forbidden for a program that acts for nobody."""
    if not isinstance(call.user, User):
        raise Forbidden("person.needed")
    return call.user


# How values are read


async def _text(_: Reading, text: str) -> str:
    return text


def parse_duration(text: str, field: str = "") -> timedelta:
    """`45s`, `20m`, `20 min`, `2h`, `1h30m`, `1d`; raises Invalid."""
    clean = text.strip().lower()
    parts = PART.findall(clean) if DURATION.match(clean) else []
    if not parts or any(len(number) > 5 for number, _ in parts):
        raise Invalid("duration.wrong", field, text=text)
    return timedelta(seconds=sum(int(number) * SECONDS[unit[0]] for number, unit in parts))


def says_tomorrow(text: str) -> bool:
    """Whether it means the day after today, whatever else a time would count from."""
    return text.strip().lower().removeprefix("until ").lstrip().startswith(TOMORROW)


async def _duration(reading: Reading, text: str) -> timedelta:
    return parse_duration(text, reading.name)


def parse_time(text: str, now: datetime, zone: str, forward: bool, field: str = "") -> datetime:
    """A moment: a length of time from now (or `10m ago`), a clock time (`14:05`, today or the nearest one in the
    direction asked for), `tomorrow 09:00`, or a date and time (`2026-11-23 14:05`). Raises Invalid."""
    clean = text.strip().lower()
    if forward:
        clean = clean.removeprefix("until ").strip()
    ago = AGO.match(clean)
    if ago:
        return now - parse_duration(ago[1], field)
    if DURATION.match(clean):
        length = parse_duration(clean, field)
        return now + length if forward or clean.startswith("in ") else now - length
    local = now.astimezone(ZoneInfo(zone))
    clock = CLOCK.match(clean)
    if clock and int(clock[1]) < 24 and int(clock[2]) < 60:
        at = local.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
        if forward and at <= local:
            at += timedelta(days=1)
        elif not forward and at > local:
            at -= timedelta(days=1)
        return at.astimezone(UTC)
    if forward and clean.startswith(TOMORROW):
        clean = f"{local.date() + timedelta(days=1)} {clean.removeprefix(TOMORROW).strip()}"
    try:
        at = datetime.fromisoformat(clean.upper())
    except ValueError:
        raise Invalid("time.wrong", field, text=text, forward=forward) from None
    if not 2000 <= at.year <= 2100:
        raise Invalid("time.wrong", field, text=text, forward=forward)
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


async def _zone(reading: Reading) -> str:
    user = await find_acting_user(reading.unit, reading.invocation)
    return user.zone if user else "UTC"


async def _past(reading: Reading, text: str) -> datetime:
    return parse_time(text, reading.unit.now, await _zone(reading), forward=False, field=reading.name)


async def _future(reading: Reading, text: str) -> datetime:
    at = parse_time(text, reading.unit.now, await _zone(reading), forward=True, field=reading.name)
    if at <= reading.unit.now:
        raise Invalid("time.past", reading.name)
    return at


async def _priority(reading: Reading, text: str) -> Priority:
    try:
        return Priority(text.strip().upper())
    except ValueError:
        raise Invalid("priority.wrong", reading.name, text=text) from None


async def _status(reading: Reading, text: str) -> IncidentStatus:
    try:
        return IncidentStatus(text.strip().lower())
    except ValueError:
        known = [status.value for status in IncidentStatus]
        raise Invalid("status.wrong", reading.name, text=text, known=known) from None


async def _person(reading: Reading, text: str) -> User:
    if text.strip().lower() in ("me", "@me"):
        user = await find_acting_user(reading.unit, reading.invocation)
        if user is not None:
            return user
    mention = MENTION.match(text.strip())
    if mention:
        return await get_user_of_account(reading.unit, reading.invocation.platform, mention["address"])
    try:
        return await get_user(reading.unit, text)
    except Unknown as wrong:
        if wrong.code != "user.unknown":
            raise
        raise await _explain_nobody(reading.unit, wrong) from wrong


async def _explain_nobody(unit: Unit, wrong: Unknown) -> Unknown:
    """Who names a schedule or a team where one person is meant is told who that would be."""
    name = str(wrong.data["name"]).removeprefix("schedule:").removeprefix("team:")
    schedule = await catalog.find_named(unit.session, Schedule, name)
    if schedule is not None:
        (entry,) = await list_on_call(unit, unit.now, [schedule.id])
        people = [user.handle for user in entry.people]
        return Unknown("user.is_schedule", name=schedule.name, people=people)
    team = await catalog.find_named(unit.session, Team, name)
    if team is None:
        return wrong
    members = await catalog.list_members(unit.session, [team.id])
    return Unknown("user.is_team", name=team.name, people=[user.handle for user in members][:10])


async def _suggest_people(reading: Reading, prefix: str) -> list[Choice]:
    users = await access.list_users(reading.unit.session, prefix, 50)
    return [Choice(f"@{user.handle}", user.name) for user in users]


async def _role(reading: Reading, text: str) -> str:
    wanted = text.strip().lower()
    known = {
        "ic": "commander",
        "incident commander": "commander",
        "comms": "communications",
        "lead": "commander",
    }
    role = known.get(wanted, wanted)
    if role not in ROLES and not re.fullmatch(r"[a-z][a-z -]{1,40}", role):
        raise Invalid("role.wrong", reading.name, text=text, known=list(ROLES))
    return role


async def _alert(reading: Reading, text: str) -> Alert:
    alert = await get_alert(reading.unit, text)
    await reading.unit.lock(alert)
    return alert


async def _alerts(reading: Reading, text: str) -> Sequence[Alert]:
    """Several alerts: `12 13`, or `all` for every open one."""
    if text.strip().lower() == "all":
        viewer = await find_viewer(reading.unit)
        found = await alerts.list_open_alerts(reading.unit.session, 100_000, viewer=viewer)
        if not found:
            raise Unknown("alert.none_open")
        return found
    return [await _alert(reading, word) for word in re.split(r"[\s,]+", text.strip()) if word]


async def _suggest_alerts(reading: Reading, prefix: str) -> list[Choice]:
    viewer = await find_viewer(reading.unit)
    found = await alerts.list_open_alerts(reading.unit.session, 20, viewer=viewer)
    return [Choice(str(alert.id), f"{alert.priority} {alert.title}"[:75]) for alert in found]


async def _incident(reading: Reading, text: str) -> Incident:
    return await get_incident(reading.unit, text)


async def _suggest_incidents(reading: Reading, prefix: str) -> list[Choice]:
    found = await ask.list_open_incidents(reading.unit.session, 20, viewer=await find_viewer(reading.unit))
    own = reading.incident.id if reading.incident is not None else 0
    return [Choice(row.ref, f"{row.priority} {row.title}"[:75]) for row in found if row.id != own]


async def _service(reading: Reading, text: str) -> Service:
    return await get_service(reading.unit, text)


async def _suggest_services(reading: Reading, prefix: str) -> list[Choice]:
    """Where a team is chosen already, its own services come first."""
    services = await catalog.list_named(reading.unit.session, Service)
    chosen = reading.values.get("team", "")
    team = await catalog.find_named(reading.unit.session, Team, chosen) if chosen else None
    if team is not None:
        services = sorted(services, key=lambda service: service.team_id != team.id)
    return [Choice(row.slug, row.name) for row in services]


async def _team(reading: Reading, text: str) -> Team:
    return await get_team(reading.unit, text)


async def _suggest_teams(reading: Reading, prefix: str) -> list[Choice]:
    return [Choice(row.slug, row.name) for row in await catalog.list_named(reading.unit.session, Team)]


async def _schedule(reading: Reading, text: str) -> Schedule:
    return await get_schedule(reading.unit, text)


async def _suggest_schedules(reading: Reading, prefix: str) -> list[Choice]:
    return [Choice(row.slug, row.name) for row in await catalog.list_named(reading.unit.session, Schedule)]


async def _platform(reading: Reading, text: str) -> str:
    return text.strip().lower()


async def _suggest_platforms(reading: Reading, prefix: str) -> list[Choice]:
    """Those on which the incident has no room yet."""
    there = await ask.list_platforms(reading.unit.session, reading.incident.id) if reading.incident else set()
    on = [name for name in reading.unit.installation.platforms if name != "room"]
    return [Choice(name, name.capitalize()) for name in on if name not in there]


async def _heartbeat(reading: Reading, text: str) -> Heartbeat:
    return await get_heartbeat(reading.unit, text)


async def _suggest_heartbeats(reading: Reading, prefix: str) -> list[Choice]:
    return [Choice(row.slug, row.name) for row in await list_shown(reading.unit)]


async def _number(reading: Reading, text: str) -> int:
    if not text.strip().lstrip("#").isdecimal() or len(text) > 9:
        raise Invalid("number.wrong", reading.name, text=text)
    return int(text.strip().lstrip("#"))


async def _flag(reading: Reading, text: str) -> bool:
    """What is neither is refused: `private:yse` must not tell everybody."""
    wanted = text.strip().lower()
    if wanted in ("yes", "true", "on", "1", "y"):
        return True
    if wanted in ("no", "false", "off", "0", "n"):
        return False
    raise Invalid("choice.wrong", reading.name, text=text, known=["yes", "no"])


def one_of(name: str, *choices: tuple[str, str]) -> Kind:
    """A kind with a fixed list of (value, label)."""
    known = [value for value, _ in choices]

    async def read(reading: Reading, text: str) -> str:
        wanted = text.strip().lower()
        if wanted not in known:
            raise Invalid("choice.wrong", reading.name, text=text, known=known)
        return wanted

    return Kind(name, read, choices=tuple(Choice(value, label) for value, label in choices), example=known[0])


TEXT = Kind("text", _text)
URL = Kind("text", _text, example="https://…")
NUMBER = Kind("text", _number, example="1")
DURATION_KIND = Kind("text", _duration, example="30m", phrase=PHRASE)
PAST = Kind("text", _past, example="14:05", phrase=PHRASE)
FUTURE = Kind("text", _future, example="30m", phrase=PHRASE)
FLAG = Kind("flag", _flag, example="yes", choices=(Choice("no", "No"), Choice("yes", "Yes")))
PRIORITY = Kind(
    "choice",
    _priority,
    example="P2",
    choices=(
        Choice("P1", "P1 · critical"),
        Choice("P2", "P2 · high"),
        Choice("P3", "P3 · moderate"),
        Choice("P4", "P4 · low"),
        Choice("P5", "P5 · informational"),
    ),
)
STATUS = Kind(
    "choice",
    _status,
    example="identified",
    choices=tuple(Choice(status.value, status.value.capitalize()) for status in IncidentStatus),
)
OPEN_STATUS = Kind(
    "choice",
    _status,
    example="identified",
    choices=tuple(
        Choice(status.value, status.value.capitalize())
        for status in IncidentStatus
        if status is not IncidentStatus.CLOSED
    ),
)
ROLE = Kind(
    "suggest",
    _role,
    example="commander",
    choices=tuple(Choice(role, role.capitalize()) for role in ROLES),
)
PERSON = Kind("suggest", _person, _suggest_people, example="@kate")
ALERT = Kind("suggest", _alert, _suggest_alerts, example="12")
ALERTS = Kind("suggest", _alerts, _suggest_alerts, example="12 13")
INCIDENT = Kind("suggest", _incident, _suggest_incidents, example="INC-7")
SERVICE = Kind("suggest", _service, _suggest_services, example="web")
TEAM = Kind("suggest", _team, _suggest_teams, example="first-team")
PLATFORM = Kind("suggest", _platform, _suggest_platforms, example="slack")
SCHEDULE = Kind("suggest", _schedule, _suggest_schedules, example="primary")
HEARTBEAT = Kind("suggest", _heartbeat, _suggest_heartbeats, example="nightly-backup")
