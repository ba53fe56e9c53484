"""Calendar feeds: secret links by which a person's calendar program reads shifts, and what each link shows.

A link is a person's own: they make, renew and revoke it, and it ends with them. Only the digest of its token is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.access.people import audit
from bot.access.secrets import digest, make_secret
from bot.catalog.teams import get_schedule, get_team
from bot.errors import Unknown
from bot.flow.unit import Unit
from bot.oncall.resolve import resolve
from bot.oncall.rosters import list_rosters
from bot.oncall.shifts import list_stretches
from storage.models import CalendarFeed, Schedule, Team, User
from storage.questions import access, oncall

OWN = "user"
KINDS: Mapping[str, type[User | Schedule | Team]] = {OWN: User, "schedule": Schedule, "team": Team}
PAST, AHEAD = timedelta(days=31), timedelta(days=190)
"""What a calendar shows, in whole months."""


@dataclass(frozen=True)
class Entry:
    """A stretch of time for which a person is on call in a schedule."""

    schedule: Schedule
    user: User
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Calendar:
    """What a link shows: the shifts of one person (`kind` user), of a schedule or of a team, called `name`."""

    kind: str
    name: str
    shifts: Sequence[Entry]


@dataclass(frozen=True)
class Listed:
    """A link as its person sees it in their list."""

    subject: str
    kind: str
    name: str
    created_at: datetime
    slug: str = ""


async def make_feed(unit: Unit, user: User, kind: str, name: str = "") -> str:
    """The token of a new link of this person to their own shifts, a schedule or a team; an older one to the same ends, and
    no other. Raises Unknown."""
    subject = await _get_subject(unit, user, kind, name)
    row = await _find_own(unit, user, subject)
    if row is None:
        row = CalendarFeed(user_id=user.id, subject=subject)
        unit.session.add(row)
    return _renew(unit, user, row)


async def renew_feed(unit: Unit, user: User, subject: str) -> str:
    """The token of a new link in place of one that this person has; raises Unknown when there is none."""
    row = await _find_own(unit, user, subject)
    if row is None or not (await _find_subject(unit, row))[1]:
        raise Unknown("calendar.unknown")
    return _renew(unit, user, row)


def _renew(unit: Unit, user: User, row: CalendarFeed) -> str:
    token = make_secret("calendar")
    row.digest, row.created_at = digest(token), unit.now
    audit(unit, "calendar.made", row.subject, user.name)
    return token


async def find_own_feed(unit: Unit, user: User, kind: str, name: str = "") -> CalendarFeed | None:
    """The link of this person to that, if there is one; raises Unknown when there is no such schedule or team."""
    return await _find_own(unit, user, await _get_subject(unit, user, kind, name))


async def _get_subject(unit: Unit, user: User, kind: str, name: str) -> str:
    if kind == OWN:
        return f"{OWN}:{user.id}"
    if kind == "schedule":
        return f"schedule:{(await get_schedule(unit, name)).id}"
    if kind == "team":
        return f"team:{(await get_team(unit, name)).id}"
    raise Unknown("calendar.unknown")


async def revoke_feed(unit: Unit, user: User, subject: str) -> None:
    """End a link of this person; raises Unknown when there is none."""
    row = await _find_own(unit, user, subject)
    if row is None:
        raise Unknown("calendar.unknown")
    await unit.session.delete(row)
    audit(unit, "calendar.revoked", subject, user.name)


async def _find_own(unit: Unit, user: User, subject: str) -> CalendarFeed | None:
    rows = await oncall.list_feeds(unit.session, user.id)
    return next((row for row in rows if row.subject == subject), None)


async def list_own_feeds(unit: Unit, user: User) -> list[Listed]:
    """The links of a person; those to what was switched off are there, too, without a name."""
    found = []
    for row in await oncall.list_feeds(unit.session, user.id):
        kind, name, _ = await _find_subject(unit, row)
        subject = await unit.session.get(KINDS[kind], int(row.subject.partition(":")[2]))
        slug = subject.slug if isinstance(subject, Schedule | Team) and subject.active else ""
        found.append(Listed(row.subject, kind, name, row.created_at, slug))
    return found


async def read_feed(unit: Unit, token: str) -> Calendar:
    """What a link shows now; raises Unknown when it is none, was revoked or renewed, or its person or subject is gone."""
    row = await oncall.find_feed(unit.session, digest(token))
    kind, name, schedule_ids = await _find_subject(unit, row) if row is not None else ("", "", None)
    if row is None or not name:
        raise Unknown("calendar.unknown")
    start, end = begin_month(unit.now - PAST), begin_month(unit.now + AHEAD)
    shifts: list[Entry] = []
    for roster in await list_rosters(unit, start, end, schedule_ids):
        stretches = list_stretches(resolve(roster.plan, start, end))
        if kind == OWN:
            stretches = {row.user_id: stretches.get(row.user_id, [])}
        people = await access.list_users_by_id(unit.session, stretches)
        shifts += [
            Entry(roster.schedule, people[number], begin, finish)
            for number, own in stretches.items()
            for begin, finish in own
        ]
    return Calendar(kind, name, sorted(shifts, key=lambda one: (one.starts_at, one.schedule.id, one.user.id)))


async def _find_subject(unit: Unit, row: CalendarFeed) -> tuple[str, str, list[int] | None]:
    """The kind of what a link shows, what it is called (empty when it was switched off), and its schedules (None: all)."""
    kind, _, number = row.subject.partition(":")
    key = row.user_id if kind == OWN else int(number)  # its own person may have been somebody else before
    found: User | Schedule | Team | None = await unit.session.get(KINDS[kind], key)
    name = found.name if found is not None and found.active else ""
    if kind == OWN:
        return kind, name, None
    if kind == "schedule":
        return kind, name, [int(number)]
    return kind, name, [one.id for one in await oncall.list_schedules_of_teams(unit.session, [int(number)])]


def begin_month(at: datetime) -> datetime:
    """A start that moves once a month, so that a shift which began before it is the same one at each reading."""
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
