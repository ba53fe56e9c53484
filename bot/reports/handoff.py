"""What is handed over with a shift: what happened in it, what is open now, and who is next."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.chat.templates import spell_clock, spell_local
from bot.flow.unit import Unit
from bot.oncall.answers import HORIZON, OnCall, find_people_on_call, read_on_call
from bot.oncall.resolve import resolve
from bot.oncall.rosters import list_rosters
from bot.oncall.shifts import list_stretches
from bot.paging.pages import is_call
from storage.models import Alert, Incident, Page, User
from storage.questions import access
from storage.questions import handoffs as ask
from storage.words import Priority

LONGEST = timedelta(days=35)
"""The part of a longer shift that is looked at."""
NIGHT = (22, 7)
"""From and until which hour people are woken, by their clocks."""
SHOWN = 5
ALERTS_SHOWN = 50


@dataclass(frozen=True)
class Handoff:
    """The shift of `people` in a schedule from `since` to `until`, as one person may see it. `calls` are the moments at
    which they were paged, `nightly` those of them by night."""

    people: tuple[User, ...]
    since: datetime
    until: datetime
    calls: tuple[datetime, ...]
    nightly: tuple[datetime, ...]
    alerts: Mapping[Priority, int]
    incidents: Sequence[Incident]
    open_incidents: Sequence[Incident]
    open_alerts: Sequence[Alert]
    on_call: OnCall

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.calls or self.alerts or self.incidents or self.open_incidents or self.open_alerts)


async def build_handoff(
    unit: Unit, schedule_id: int, people: Collection[int], until: datetime, viewer: User
) -> Handoff | None:
    """What happened in the shift that these people had up to `until`, of what `viewer` may see; None when they had none."""
    session, first = unit.session, until - LONGEST
    for roster in await list_rosters(unit, first, unit.now + HORIZON, [schedule_id]):
        stretches = list_stretches(resolve(roster.plan, first, until))
        starts = [own[-1][0] for number in people if (own := stretches.get(number)) and own[-1][1] == until]
        if not starts:
            return None
        since, team_id = min(starts), roster.schedule.team_id
        known = await access.list_users_by_id(session, people)
        pages = await ask.list_pages(session, people, since, until, viewer)
        calls = list_calls(pages)
        subjects = {page.subject for page in pages}
        incidents = _list_ids(subjects, "incident:")
        (on_call,) = await read_on_call(unit, unit.now, [roster])
        return Handoff(
            tuple(known.values()),
            since,
            until,
            tuple(at for at, _ in calls),
            tuple(at for at, user_id in calls if is_night(at, known[user_id].zone)),
            await ask.count_alerts(session, team_id, since, until, viewer),
            await ask.list_declared(session, team_id, incidents, since, until, viewer),
            await ask.list_open_incidents(session, team_id, incidents, viewer),
            await ask.list_open_alerts(
                session, team_id, _list_ids(subjects, "alert:"), viewer, ALERTS_SHOWN + 1
            ),
            on_call,
        )
    return None


async def describe_handoff(unit: Unit, schedule_id: int, viewer: User) -> dict[str, Any] | None:
    """The shift that runs: the viewer's own, or that of whoever is on call. None when nobody is."""
    _, reasons = await find_people_on_call(unit, schedule_id, unit.now)
    ids = [reason.user.id for reason in reasons]
    people = [viewer.id] if viewer.id in ids else ids
    handoff = await build_handoff(unit, schedule_id, people, unit.now, viewer)
    return spell_handoff(handoff, viewer) if handoff is not None else None


def list_calls(pages: Sequence[Page]) -> list[tuple[datetime, int]]:
    """When whom was paged: several methods at once are one call; a test page or a question is none."""
    found = {(page.created_at, page.user_id, page.subject): None for page in pages if is_call(page)}
    return [(at, user_id) for at, user_id, _ in found]


def is_night(at: datetime, zone: str) -> bool:
    hour = at.astimezone(ZoneInfo(zone)).hour
    return hour >= NIGHT[0] or hour < NIGHT[1]


def _list_ids(subjects: Collection[str], kind: str) -> set[int]:
    return {int(one.removeprefix(kind)) for one in subjects if one.startswith(kind)}


def spell_handoff(handoff: Handoff, viewer: User) -> dict[str, Any]:
    """As plain values that its template takes, also by way of the outbox."""
    own = [user.id for user in handoff.people] == [viewer.id]
    on_call, zone = handoff.on_call, viewer.zone
    return {
        "schedule": on_call.schedule.name,
        "slug": on_call.schedule.slug,
        "own": own,
        "people": [user.name for user in handoff.people],
        "since": spell_local(handoff.since, zone),
        "until": spell_local(handoff.until, zone),
        "calls": len(handoff.calls),
        "nightly": [spell_clock(at, zone) for at in handoff.nightly],
        "alerts": [[priority.value, count] for priority, count in sorted(handoff.alerts.items())],
        "incidents": [_spell_incident(one) for one in handoff.incidents],
        "open_incidents": [_spell_incident(one) for one in handoff.open_incidents],
        "open_alerts": [
            {"id": one.id, "priority": one.priority.value, "title": one.title}
            for one in handoff.open_alerts[:ALERTS_SHOWN]
        ],
        "many": len(handoff.open_alerts) > ALERTS_SHOWN,
        "shown": SHOWN,
        "now": [user.name for user in on_call.people],
        "next": [user.name for user in on_call.next_people],
        "next_at": spell_local(on_call.until, zone) if on_call.until is not None else "",
    }


def _spell_incident(incident: Incident) -> dict[str, str]:
    return {
        "ref": incident.ref,
        "priority": incident.priority.value,
        "title": incident.title,
        "status": incident.status.value,
    }
