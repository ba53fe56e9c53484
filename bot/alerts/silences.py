"""Silences: for a while, matching alerts page nobody and open no incident. A silence always ends; what it held and is still
open then pages like a new alert. Each change is written to the audit log.
"""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.access.people import audit
from bot.alerts.covering import Covered, cover_open, forget_covering
from bot.alerts.events import SilenceEnded, SilenceEndsSoon, SilenceStarted
from bot.alerts.holds import move_holds
from bot.alerts.matchers import Matcher, check_matchers, read_matchers, spell_matchers
from bot.alerts.quiet import name_holder
from bot.catalog.teams import get_service, get_team
from bot.errors import Invalid, Refused, Unknown
from bot.flow.timers import Due
from bot.flow.unit import Unit
from storage.models import Integration, Service, Silence, Team
from storage.questions import catalog
from storage.questions import silences as ask

LONGEST = timedelta(days=366)
NOTICE = timedelta(minutes=30)
"""How long before its end its maker hears of it; of a short one after nine tenths of it."""
SHORTEST_NOTICE = timedelta(minutes=1)


async def get_silence(unit: Unit, name: str) -> Silence:
    """The silence called `4` or `#4`; raises Unknown."""
    number = name.strip().lstrip("#")
    row = await unit.session.get(Silence, int(number)) if number.isdecimal() and len(number) < 10 else None
    if row is None or row.maintenance_id is not None:
        raise Unknown("silence.unknown", name=number)
    return row


async def create_silence(
    unit: Unit,
    matchers: Sequence[Matcher],
    ends_at: datetime,
    comment: str = "",
    *,
    starts_at: datetime | None = None,
    integration: Integration | None = None,
    creator: str = "",
) -> tuple[Silence, Covered]:
    """Silence what all of these match, from now or later on. Alerts that are open and page already are held, too; it says
    what that came to. With an `integration`, only alerts of that sender. Raises Invalid."""
    check_matchers(matchers)
    start = max(starts_at or unit.now, unit.now)
    _check_times(unit, start, ends_at)
    silence = Silence(
        uid=str(uuid.uuid4()),
        matchers=[one.pack() for one in await name_by_slug(unit, matchers)],
        integration_id=integration.id if integration else None,
        starts_at=start,
        ends_at=ends_at,
        creator_id=unit.actor.user_id,
        creator_name=(creator or unit.actor.name)[:120],
        comment=comment.strip()[:2_000],
        created_at=unit.now,
        updated_at=unit.now,
    )
    unit.session.add(silence)
    await unit.session.flush()
    _audit(unit, silence, "created", until=ends_at.isoformat())
    return silence, await plan_silence(unit, silence)


async def plan_silence(unit: Unit, silence: Silence) -> Covered:
    """Begin it now, or when its time comes."""
    unit.touch("silences")
    if silence.starts_at <= unit.now:
        return await _begin(unit, silence)
    unit.plan("start_silence", f"silence:{silence.id}", silence.starts_at)
    return Covered()


async def change_silence(unit: Unit, silence: Silence, ends_at: datetime, comment: str | None = None) -> None:
    """Let it end at another time, for another reason; raises Refused when it is over, and Invalid."""
    _check_alive(unit, silence)
    _check_times(unit, silence.starts_at, ends_at)
    before = silence.ends_at
    silence.ends_at, silence.updated_at = ends_at, unit.now
    if comment is not None:
        silence.comment = comment.strip()[:2_000]
    _audit(unit, silence, "changed", until=ends_at.isoformat(), before=before.isoformat())
    unit.touch("silences")
    if silence.starts_at <= unit.now:
        await move_holds(unit, name_holder(silence), ends_at)
        _plan_end(unit, silence)


async def rematch_silence(unit: Unit, silence: Silence, matchers: list[Any]) -> Covered:
    """Let one that is on be for something else: what it held is judged anew, and what is open now is held."""
    silence.matchers, silence.updated_at = list(matchers), unit.now
    unit.touch("silences")
    await unit.session.flush()
    await move_holds(unit, name_holder(silence), unit.now)
    covered = await cover_open(unit, silence)
    unit.emit(SilenceStarted(silence.id, covered.held, covered.incidents, covered.more))
    return covered


async def end_silence(unit: Unit, silence: Silence) -> None:
    """End it now; one that has not begun never does. Raises Refused when it is over."""
    _check_alive(unit, silence)
    had_begun = silence.starts_at <= unit.now
    silence.starts_at = min(silence.starts_at, unit.now)
    silence.ends_at = silence.updated_at = silence.ended_at = unit.now
    silence.ended_by, silence.ended_name = unit.actor.user_id, unit.actor.name
    for kind in ("start_silence", "warn_silence", "end_silence"):
        unit.cancel(kind, f"silence:{silence.id}")
    forget_covering(unit, silence)
    _audit(unit, silence, "ended")
    await _finish(unit, silence, had_begun)


async def start_due(unit: Unit, due: Due) -> None:
    """The handler of the `start_silence` timer."""
    silence = await _take(unit, due)
    if silence is None or silence.starts_at > unit.now:
        return
    if unit.now < silence.ends_at:
        await _begin(unit, silence)
    else:  # nobody was there while it was on
        unit.emit(SilenceEnded(silence.id, 0, early=False))


async def _take(unit: Unit, due: Due) -> Silence | None:
    """As it is when nobody changes it any more."""
    silence = await unit.session.get(Silence, due.number)
    if silence is not None:
        await unit.lock(silence)
    return silence


async def warn_due(unit: Unit, due: Due) -> None:
    """The handler of the `warn_silence` timer: said only when something waits for its end."""
    silence = await _take(unit, due)
    if silence is None or silence.ends_at <= unit.now:
        return
    held = await count_held(unit, silence)
    if held:
        unit.emit(SilenceEndsSoon(silence.id, held))


async def end_due(unit: Unit, due: Due) -> None:
    """The handler of the `end_silence` timer."""
    silence = await _take(unit, due)
    if silence is not None and silence.ends_at <= unit.now:
        await _finish(unit, silence)


async def count_held(unit: Unit, silence: Silence) -> int:
    by = name_holder(silence)
    return (await ask.count_held(unit.session, [by])).get(by, 0)


def spell(silence: Silence) -> str:
    """What it is for, as it is written."""
    return spell_matchers(read_matchers(silence.matchers))


async def _begin(unit: Unit, silence: Silence) -> Covered:
    _plan_end(unit, silence)  # before what it holds is let go, which is counted then
    covered = await cover_open(unit, silence)
    unit.emit(SilenceStarted(silence.id, covered.held, covered.incidents, covered.more))
    return covered


def _plan_end(unit: Unit, silence: Silence) -> None:
    unit.plan("end_silence", f"silence:{silence.id}", silence.ends_at)
    notice = min(NOTICE, (silence.ends_at - silence.starts_at) / 10)
    if notice >= SHORTEST_NOTICE and silence.ends_at - notice > unit.now:
        unit.plan("warn_silence", f"silence:{silence.id}", silence.ends_at - notice)
    else:
        unit.cancel("warn_silence", f"silence:{silence.id}")


async def _finish(unit: Unit, silence: Silence, had_begun: bool = True) -> None:
    held = await count_held(unit, silence)
    unit.touch("silences")
    await unit.session.flush()
    if held:
        await move_holds(unit, name_holder(silence), unit.now)
    if had_begun:
        unit.emit(SilenceEnded(silence.id, held, silence.ended_at is not None))


async def name_by_slug(unit: Unit, matchers: Sequence[Matcher]) -> list[Matcher]:
    """Services, teams and senders are known to matchers by their slug, also where a person wrote the name."""
    return [
        replace(one, value=(await NAMED[one.name](unit, one.value)).slug)
        if one.name in NAMED and not one.is_regex
        else one
        for one in matchers
    ]


async def _get_integration(unit: Unit, name: str) -> Integration:
    found = await catalog.find_named(unit.session, Integration, name)
    if found is None:
        known = [row.slug for row in await catalog.list_named(unit.session, Integration)]
        raise Unknown("integration.unknown", name=name, known=known[:10])
    return found


NAMED: dict[str, Callable[[Unit, str], Awaitable[Service | Team | Integration]]] = {
    "service": get_service,
    "team": get_team,
    "integration": _get_integration,
}


def _check_times(unit: Unit, start: datetime, end: datetime) -> None:
    if end <= max(start, unit.now):
        raise Invalid("time.past", "until")
    if start - unit.now > LONGEST:
        raise Invalid("silence.too_far", "starts", days=LONGEST.days)
    if end - max(start, unit.now) > LONGEST:
        raise Invalid("silence.too_long", "until", days=LONGEST.days)


def _check_alive(unit: Unit, silence: Silence) -> None:
    if silence.ends_at <= unit.now:
        raise Refused("silence.over", number=silence.id)


def _audit(unit: Unit, silence: Silence, what: str, **data: object) -> None:
    audit(unit, f"silence.{what}", f"silence:{silence.id}", spell(silence), **data)
