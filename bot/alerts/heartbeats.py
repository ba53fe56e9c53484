"""Heartbeats (a dead man's switch): the first ping arms one, silence opens an alert, the next ping closes it.

A ping writes one row. The timer of a heartbeat is not moved by it: when it is due it looks at the last ping, and waits on or
finds it late. The alert itself goes through the intake (`bot/deliveries/heartbeats`), so that rules and routing apply.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.access.people import audit, make_handle
from bot.access.secrets import digest, make_secret
from bot.alerts.events import HeartbeatLate, HeartbeatOver
from bot.alerts.listening import keep_listening, listen
from bot.alerts.signal import clip
from bot.catalog.integrations import get_own_integration
from bot.errors import Invalid, Refused, Unauthenticated, Unknown
from bot.flow.timers import Due
from bot.flow.unit import Unit
from storage.models import Heartbeat, Service, Team
from storage.questions import heartbeats as ask
from storage.words import HeartbeatStatus, Priority

SHORTEST, LONGEST = 30, 30 * 86_400
"""Seconds that an interval may have."""
TIMER = "heartbeat"
SOURCE = "heartbeat"


@dataclass(frozen=True)
class Wanted:
    """What a heartbeat is to be. `interval` is in seconds; `message` is the title of its alert, empty for the usual one."""

    name: str
    interval: int
    description: str = ""
    team: Team | None = None
    service: Service | None = None
    priority: Priority = Priority.P2
    message: str = ""
    tags: tuple[str, ...] = ()
    active: bool = True

    def columns(self) -> dict[str, Any]:
        """The values of its row; raises Invalid."""
        if not self.name.strip():
            raise Invalid("heartbeat.no_name", "name")
        if not SHORTEST <= self.interval <= LONGEST:
            raise Invalid("heartbeat.interval", "interval", shortest=SHORTEST, longest=LONGEST // 86_400)
        return {
            "name": clip(" ".join(self.name.split()), 120),
            "interval": self.interval,
            "description": clip(self.description, 4_000),
            "team_id": self.team.id if self.team else None,
            "service_id": self.service.id if self.service else None,
            "priority": self.priority,
            "message": clip(" ".join(self.message.split()), 512),
            "tags": [clip(tag, 200) for tag in self.tags[:100]],
        }


async def get_heartbeat(unit: Unit, name: str) -> Heartbeat:
    """The heartbeat with this slug or name; raises Unknown."""
    found = await ask.find_heartbeat(unit.session, name)
    if found is None:
        known = [row.slug for row in await ask.list_heartbeats(unit.session)]
        raise Unknown("heartbeat.unknown", name=name, known=known[:10])
    return found


async def create_heartbeat(unit: Unit, wanted: Wanted) -> tuple[Heartbeat, str]:
    """Make a heartbeat; returns it and its key, which can't be shown again. Raises Invalid, and Refused when there is one of
    this name."""
    columns = wanted.columns()
    slug = make_handle(wanted.name) or "heartbeat"
    for name in (slug, str(columns["name"])):
        if await ask.find_heartbeat(unit.session, name) is not None:
            raise Refused("heartbeat.taken", "name", name=name)
    key = make_secret("hb")
    heartbeat = Heartbeat(
        slug=slug,
        digest=digest(key),
        integration_id=(await get_own_integration(unit, SOURCE, "Heartbeats")).id,
        active=wanted.active,
        created_at=unit.now,
        **columns,
    )
    unit.session.add(heartbeat)
    await unit.session.flush()
    audit(unit, "heartbeat.created", _subject(heartbeat.id), heartbeat.name)
    if heartbeat.active:
        await listen(unit)
        keep_listening(unit)
    unit.touch("heartbeats")
    return heartbeat, key


async def change_heartbeat(unit: Unit, heartbeat: Heartbeat, wanted: Wanted) -> None:
    """Bring it to what is wanted, its name included; its slug stays. Raises Invalid and Refused."""
    columns = wanted.columns()
    other = await ask.find_heartbeat(unit.session, str(columns["name"]))
    if other is not None and other.id != heartbeat.id:
        raise Refused("heartbeat.taken", "name", name=columns["name"])
    await unit.lock(heartbeat)
    changed = _set(heartbeat, columns)
    if changed:
        audit(unit, "heartbeat.changed", _subject(heartbeat.id), heartbeat.name, changed=changed)
    if "interval" in changed and heartbeat.active and heartbeat.status is HeartbeatStatus.UP:
        unit.plan(TIMER, _subject(heartbeat.id), await _find_deadline(unit, heartbeat))
    unit.touch("heartbeats")
    await unit.session.flush()  # a lock reads the row anew
    await switch_heartbeat(unit, heartbeat, wanted.active)


def _set(heartbeat: Heartbeat, columns: Mapping[str, Any]) -> list[str]:
    changed = sorted(name for name, value in columns.items() if getattr(heartbeat, name) != value)
    for name in changed:
        setattr(heartbeat, name, columns[name])
    return changed


async def switch_heartbeat(unit: Unit, heartbeat: Heartbeat, active: bool) -> None:
    """Watch it from the next ping on, or no longer; an alert that it has open is closed then."""
    await unit.lock(heartbeat)
    if heartbeat.active is active:
        return
    heartbeat.active = active
    if active:
        await listen(unit)
        keep_listening(unit)
    else:
        _forget(unit, heartbeat)
    heartbeat.status = HeartbeatStatus.WAITING
    what = "heartbeat.enabled" if active else "heartbeat.disabled"
    audit(unit, what, _subject(heartbeat.id), heartbeat.name)


async def delete_heartbeat(unit: Unit, heartbeat: Heartbeat) -> None:
    """Remove it; an alert that it has open is closed."""
    await unit.lock(heartbeat)
    _forget(unit, heartbeat)
    await unit.session.delete(heartbeat)
    audit(unit, "heartbeat.deleted", _subject(heartbeat.id), heartbeat.name)


async def renew_key(unit: Unit, heartbeat: Heartbeat) -> str:
    """Give it a new key, which can't be shown again; the one before works no more. Raises Refused when its key comes from
    outside."""
    if heartbeat.key_from:
        raise Refused("integration.key_from_outside", name=heartbeat.name, source=heartbeat.key_from)
    key = make_secret("hb")
    heartbeat.digest = digest(key)
    audit(unit, "heartbeat.key_renewed", _subject(heartbeat.id), heartbeat.name)
    return key


async def ping_by_key(unit: Unit, key: str) -> None:
    """A ping came with this key; raises Unauthenticated."""
    found = await ask.note_ping(unit.session, digest(key), unit.now)
    if found is None:
        raise Unauthenticated("heartbeat.unknown_key")
    await _follow(unit, found)


async def ping_heartbeat(unit: Unit, heartbeat: Heartbeat) -> None:
    """A ping came for this heartbeat."""
    found = await ask.note_ping_of(unit.session, heartbeat.id, unit.now)
    if found is not None:
        await _follow(unit, found)
    await unit.session.refresh(heartbeat)


async def _follow(unit: Unit, pinged: ask.Pinged) -> None:
    """What follows from a ping: nothing, for one that is up; else it is armed, and its alert closed."""
    if not pinged.active or pinged.status is HeartbeatStatus.UP:
        return
    heartbeat = await unit.session.get_one(Heartbeat, pinged.id, populate_existing=True)
    heartbeat.status = HeartbeatStatus.UP
    unit.plan(TIMER, _subject(pinged.id), await _find_deadline(unit, heartbeat))
    unit.touch("heartbeats")
    if pinged.status is HeartbeatStatus.LATE:
        unit.emit(HeartbeatOver(heartbeat.id, heartbeat.slug, heartbeat.integration_id))


async def look_at_heartbeat(unit: Unit, due: Due) -> None:
    """The timer of a heartbeat: it is late when nothing came since its deadline; else the timer waits for the next one."""
    heartbeat = await unit.session.get(Heartbeat, due.number)
    if heartbeat is None:
        return
    await unit.lock(heartbeat)
    if not heartbeat.active or heartbeat.status is not HeartbeatStatus.UP:
        return
    deadline = await _find_deadline(unit, heartbeat)
    if unit.now < deadline:
        unit.plan(TIMER, _subject(heartbeat.id), deadline)
        return
    heartbeat.status = HeartbeatStatus.LATE
    unit.touch("heartbeats")
    unit.emit(HeartbeatLate(heartbeat.id, heartbeat.slug, heartbeat.integration_id))


async def begin_to_listen(unit: Unit) -> None:
    """At the start, after the configuration file was read: begin anew with those that are watched, and forget what the file
    has switched off."""
    await listen(unit, starting=True)
    rows = await ask.list_heartbeats(unit.session)
    if any(row.active for row in rows):
        keep_listening(unit)
    for heartbeat in rows:
        if heartbeat.active and heartbeat.status is HeartbeatStatus.UP:
            unit.plan(TIMER, _subject(heartbeat.id), await _find_deadline(unit, heartbeat))
        elif not heartbeat.active and heartbeat.status is not HeartbeatStatus.WAITING:
            _forget(unit, heartbeat)
            heartbeat.status = HeartbeatStatus.WAITING


def _forget(unit: Unit, heartbeat: Heartbeat) -> None:
    unit.cancel(TIMER, _subject(heartbeat.id))
    unit.touch("heartbeats")
    if heartbeat.status is HeartbeatStatus.LATE:
        unit.emit(HeartbeatOver(heartbeat.id, heartbeat.slug, heartbeat.integration_id))


async def _find_deadline(unit: Unit, heartbeat: Heartbeat) -> datetime:
    return find_deadline(heartbeat.last_ping_at or unit.now, await listen(unit), heartbeat.interval)


def find_deadline(pinged_at: datetime, listening_since: datetime, interval: int) -> datetime:
    """When a heartbeat is late: an interval (in seconds) and a grace after its last ping, or after Tocsin began to
    listen when that was later. The grace is a tenth of the interval, from 5 seconds to 5 minutes. Pure."""
    grace = min(max(interval / 10, 5), 300)
    return max(pinged_at, listening_since) + timedelta(seconds=interval + grace)


def _subject(number: int) -> str:
    return f"heartbeat:{number}"


async def list_shown(unit: Unit) -> list[Heartbeat]:
    """All heartbeats: those that are late first, those that nobody watches last."""
    order = (HeartbeatStatus.LATE, HeartbeatStatus.UP, HeartbeatStatus.WAITING)
    rows = await ask.list_heartbeats(unit.session)
    return sorted(rows, key=lambda row: (not row.active, order.index(row.status), row.name.lower()))
