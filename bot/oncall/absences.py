"""Time off that is read in a person's own calendar of absences, which they give by its secret address.

It is fetched beside all other work (`bot/deliveries/absences.py`), at once and then every hour; what is written down of it
is here. While it can't be read, what was known last holds.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.access.people import audit
from bot.errors import Invalid, Unknown
from bot.flow.timers import Due
from bot.flow.unit import Event, Unit
from bot.oncall.exceptions import FROM_CALENDAR, AbsenceChanged
from storage.models import AbsenceCalendar, TimeOff, User
from storage.questions import oncall

EVERY = timedelta(hours=1)
AHEAD = timedelta(days=91)
"""How far ahead absences are read; what is unchanged is worked out again once a day, as the days go on."""
FAILING_FOR = timedelta(hours=24)
"""After so long the person is told."""
LANE = "calendars"
LONGEST_URL = 2000


@dataclass(frozen=True)
class CalendarRead(Event):
    """The calendar that a person has just given was read, or could not be."""

    user_id: int


@dataclass(frozen=True)
class CalendarFailing(Event):
    """The calendar of a person can't be read for a day."""

    user_id: int


@dataclass(frozen=True)
class Reading:
    """What was found in a calendar: its times by their start, and what to know it by again. Without `times` it says what it
    said before."""

    url: str
    zone: str
    times: dict[datetime, datetime] | None = None
    passed_over: int = 0
    etag: str = ""
    last_modified: str = ""
    digest: str = ""


def read_url(text: str) -> str:
    """The address of a calendar as people paste it; raises Invalid."""
    url = text.strip().removeprefix("<").removesuffix(">").partition("|")[0]
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Invalid("absences.bad_url", "url") from None
    is_url = parts.scheme.lower() in ("http", "https", "webcal", "webcals") and host
    if not is_url or "@" in parts.netloc or len(url) > LONGEST_URL or any(one.isspace() for one in url):
        raise Invalid("absences.bad_url", "url")
    scheme = parts.scheme.lower().replace("webcals", "https").replace("webcal", "https")
    return parts._replace(scheme=scheme, fragment="").geturl()


async def give_calendar(unit: Unit, user: User, url: str) -> None:
    """Read this person's absences at `url`, which `read_url` has read, from now on; it takes the place of an older one."""
    row = await oncall.find_absence_calendar(unit.session, user.id)
    if row is None:
        row = AbsenceCalendar(user_id=user.id, url=url, created_at=unit.now)
        unit.session.add(row)
    else:
        await unit.lock(row)
        row.url, row.created_at = url, unit.now
        row.etag = row.last_modified = row.digest = row.problem = ""
        row.failing_since = row.understood_at = row.read_at = None
        row.told = False
    row.asked = True
    await unit.session.flush()
    audit(unit, "absences.given", f"user:{user.id}", user.name, host=host_of(row))
    _read_now(unit, row.id)
    unit.touch(f"user:{user.id}")


async def remove_calendar(unit: Unit, user: User) -> None:
    """Forget its address, and the absences that were read there and are not over; raises Unknown."""
    row = await oncall.find_absence_calendar(unit.session, user.id)
    if row is None:
        raise Unknown("absences.none")
    audit(unit, "absences.removed", f"user:{user.id}", user.name)
    await _forget(unit, row)


def host_of(row: AbsenceCalendar) -> str:
    """What may be said of its address."""
    return urlsplit(row.url).hostname or ""


async def read_on_time(unit: Unit, due: Due) -> None:
    """The handler of the `read_absences` timer. The calendar of somebody who was switched off is forgotten."""
    row = await unit.session.get(AbsenceCalendar, due.number)
    if row is None:
        return
    user = await unit.session.get_one(User, row.user_id)
    if user.active:
        _read_now(unit, row.id)
    else:
        await _forget(unit, row)


def _read_now(unit: Unit, number: int) -> None:
    subject = f"absence_calendar:{number}"
    unit.put(f"{subject}@{LANE}", "absences.read", subject, coalesce=True)
    unit.plan("read_absences", subject, unit.now + EVERY)


async def _forget(unit: Unit, row: AbsenceCalendar) -> None:
    unit.cancel("read_absences", f"absence_calendar:{row.id}")
    await _keep_times(unit, row.user_id, {})
    await unit.session.delete(row)
    unit.touch(f"user:{row.user_id}")


# What came of reading it


async def keep_reading(unit: Unit, number: int, reading: Reading) -> None:
    """Time off is as the calendar says now."""
    row = await _get_if_same(unit, number, reading.url)
    if row is None:
        return
    row.read_at, row.problem, row.failing_since, row.told = unit.now, "", None, False
    row.etag, row.last_modified = reading.etag, reading.last_modified
    if reading.times is not None:
        row.zone, row.digest, row.understood_at = reading.zone, reading.digest, unit.now
        row.found, row.passed_over = len(reading.times), reading.passed_over
        await _keep_times(unit, row.user_id, reading.times)
    _answer(unit, row)


async def keep_failure(unit: Unit, number: int, url: str, reason: str) -> None:
    """It could not be read: what was known last holds."""
    row = await _get_if_same(unit, number, url)
    if row is None:
        return
    row.problem = reason
    row.failing_since = row.failing_since or unit.now
    if row.asked:
        row.told = True
    elif not row.told and unit.now - row.failing_since >= FAILING_FOR:
        row.told = True
        unit.emit(CalendarFailing(row.user_id))
    _answer(unit, row)


async def _get_if_same(unit: Unit, number: int, url: str) -> AbsenceCalendar | None:
    """None when it was removed, or another one given, while it was read."""
    row = await unit.session.get(AbsenceCalendar, number)
    if row is not None:
        await unit.lock(row)
    return row if row is not None and row.url == url else None


def _answer(unit: Unit, row: AbsenceCalendar) -> None:
    if row.asked:
        row.asked = False
        unit.emit(CalendarRead(row.user_id))
    unit.touch(f"user:{row.user_id}")


async def _keep_times(unit: Unit, user_id: int, times: dict[datetime, datetime]) -> None:
    """Let what was read before be as it is now. What is over stays; what goes on and is no longer there ends now."""
    changed = False
    left = dict(times)
    for row in await oncall.list_read_absences(unit.session, user_id, unit.now):
        end = left.pop(row.starts_at, None)
        if end is not None:
            changed, row.ends_at = changed or row.ends_at != end, end
        elif row.starts_at >= unit.now:
            changed = True
            await unit.session.delete(row)
        else:
            changed, row.ends_at = True, unit.now
    for start, end in left.items():
        changed = True
        unit.session.add(
            TimeOff(user_id=user_id, starts_at=start, ends_at=end, created_at=unit.now, origin=FROM_CALENDAR)
        )
    if changed:
        await unit.session.flush()
        unit.emit(AbsenceChanged(user_id))
