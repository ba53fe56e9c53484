"""Maintenance: planned work on services, of teams or senders, or on everything, once or again and again until a day. Each
window is a silence of its own: it begins, ends and holds alerts as one. Each change is written to the audit log.

People plan it, or the configuration file does: then `bot.catalog.apply` writes the row, and `follow_file` its windows.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.access.people import audit
from bot.alerts.covering import Covered
from bot.alerts.matchers import Matcher
from bot.alerts.silences import change_silence, end_silence, name_by_slug, plan_silence, rematch_silence
from bot.alerts.windows import find_next_start, read_rule
from bot.errors import Invalid, Refused, Unknown
from bot.flow.unit import BOT, Unit
from storage.models import Maintenance, Silence
from storage.questions import silences as ask

LONGEST = timedelta(days=30)
"""How long one window may last."""
FARTHEST = timedelta(days=366 * 2)
"""How far ahead a repeating one may go on; then somebody has to renew it."""
A_MOMENT = timedelta(microseconds=1)
TARGETS = ("service", "team", "integration")


@dataclass(frozen=True)
class Plan:
    """What a maintenance is to be, for what any of the targets names (`service=web`, `team=database`); none is everything.
    One that repeats (`rule`) needs an instant `until` which it does; both are read on the clock of `zone`."""

    name: str
    targets: Sequence[Matcher]
    starts_at: datetime
    length: timedelta
    rule: str = ""
    until: datetime | None = None
    zone: str = "UTC"


async def get_maintenance(unit: Unit, name: str) -> Maintenance:
    """The maintenance called `2` or `#2`; raises Unknown."""
    number = name.strip().lstrip("#")
    found = (
        await unit.session.get(Maintenance, int(number)) if number.isdecimal() and len(number) < 10 else None
    )
    if found is None:
        raise Unknown("maintenance.unknown", name=number)
    return found


async def plan_maintenance(unit: Unit, plan: Plan) -> tuple[Maintenance, Covered]:
    """Plan it; when it begins at once, it says what that came to. Raises Invalid."""
    values = await _read(unit, plan, max(plan.starts_at, unit.now))
    maintenance = Maintenance(
        **values, creator_id=unit.actor.user_id, creator_name=unit.actor.name[:120], created_at=unit.now
    )
    unit.session.add(maintenance)
    await unit.session.flush()
    covered = await open_next_window(unit, maintenance, maintenance.starts_at - A_MOMENT) or Covered()
    _audit(
        unit,
        maintenance,
        "planned",
        rule=maintenance.rule,
        length=maintenance.length,
        until=maintenance.until.isoformat(),
    )
    return maintenance, covered


async def change_maintenance(unit: Unit, maintenance: Maintenance, plan: Plan) -> Covered:
    """Bring it to another plan; a window that is on goes on when it is one of that plan, too. Raises Invalid, and Refused
    when it is over or the configuration file's."""
    _check_ours(maintenance)
    if maintenance.ended_at is not None:
        raise Refused("maintenance.over", number=maintenance.id)
    is_moved = plan.starts_at != maintenance.starts_at
    values = await _read(unit, plan, max(plan.starts_at, unit.now) if is_moved else plan.starts_at)
    changed = sorted(name for name, value in values.items() if getattr(maintenance, name) != value)
    for name in changed:
        setattr(maintenance, name, values[name])
    if not changed:
        return Covered()
    _audit(unit, maintenance, "changed", changed=changed)
    return await settle_window(unit, maintenance)


async def _read(unit: Unit, plan: Plan, start: datetime) -> dict[str, Any]:
    """The values of its row; raises Invalid."""
    rule = read_rule(plan.rule)
    if any(target.name not in TARGETS or not target.is_equal for target in plan.targets):
        raise Invalid("maintenance.target", "what", known=list(TARGETS))
    if not timedelta(minutes=1) <= plan.length <= LONGEST:
        raise Invalid("maintenance.length", "length", days=LONGEST.days)
    last = plan.until if rule else start
    if last is None or last < start or last - unit.now > FARTHEST:
        raise Invalid("maintenance.until", "until", days=FARTHEST.days)
    zone = _read_zone(plan.zone)
    if find_next_start(start, rule, zone, start - A_MOMENT, last) is None:
        raise Invalid("maintenance.never", "repeat")
    return {
        "name": (" ".join(plan.name.split()) or "Maintenance")[:200],
        "targets": [target.pack() for target in await name_by_slug(unit, plan.targets)],
        "starts_at": start,
        "length": int(plan.length.total_seconds()),
        "rule": rule,
        "zone": zone,
        "until": last,
    }


def _read_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, LookupError, OSError) as error:
        raise Invalid("user.bad_zone", "zone", zone=name[:64]) from error


async def end_window(unit: Unit, maintenance: Maintenance) -> None:
    """What is on now is over; one that repeats comes again. Raises Refused when none is on."""
    window = await ask.find_window(unit.session, maintenance.id)
    if maintenance.ended_at is not None or window is None or window.starts_at > unit.now:
        raise Refused("maintenance.not_on", number=maintenance.id)
    await end_silence(unit, window)
    _audit(unit, maintenance, "window_ended")


async def cancel_maintenance(unit: Unit, maintenance: Maintenance) -> None:
    """It is over for good. Raises Refused when it is already, or the configuration file's."""
    _check_ours(maintenance)
    if maintenance.ended_at is not None:
        raise Refused("maintenance.over", number=maintenance.id)
    await _end(unit, maintenance)
    _audit(unit, maintenance, "ended")


async def follow_file(unit: Unit) -> None:
    """At the start, after the configuration file was read: bring the windows of its maintenances to what it says, and end
    those that it has no longer."""
    for maintenance in await ask.list_of_file(unit.session):
        if maintenance.active:
            await settle_window(unit, maintenance)
        elif maintenance.ended_at is None:
            await _end(unit, maintenance)


async def follow_window(unit: Unit, window: Silence) -> None:
    """After this window of a maintenance ended: plan the next one, or it is over. What somebody ended early is not taken up
    by a window that has begun meanwhile."""
    maintenance = await unit.session.get_one(Maintenance, window.maintenance_id)
    latest = await ask.find_window(unit.session, maintenance.id)
    if maintenance.ended_at is not None or (latest is not None and latest.id != window.id):
        return
    begun = unit.now - timedelta(seconds=maintenance.length)
    after = unit.now if window.ended_at is not None else max(window.starts_at, begun)
    if await open_next_window(unit, maintenance, after) is None:
        maintenance.ended_at = unit.now
        _audit(unit, maintenance, "ended")


async def settle_window(unit: Unit, maintenance: Maintenance) -> Covered:
    """Let its window be as it says: one that is on or comes is kept when it begins at one of its times, else replaced.
    One that somebody has ended early does not come back. Without a window it is over."""
    window = await ask.find_window(unit.session, maintenance.id)
    is_alive = window is not None and window.ends_at > unit.now
    if window is not None and is_alive and _begins(maintenance, window.starts_at):
        return await _adjust(unit, maintenance, window)
    after = unit.now - timedelta(seconds=maintenance.length)
    if window is not None and is_alive:
        await end_silence(unit, window)
    elif window is not None and window.ended_at is not None and window.ended_name != BOT.name:
        after = max(after, window.starts_at)
    opened = await open_next_window(unit, maintenance, after)
    if opened is not None:
        maintenance.ended_at = None
    elif maintenance.ended_at is None:
        maintenance.ended_at = unit.now
    return opened or Covered()


def _begins(maintenance: Maintenance, at: datetime) -> bool:
    """Whether one of its windows begins at this instant."""
    return at == find_next_start(
        maintenance.starts_at, maintenance.rule, maintenance.zone, at - A_MOMENT, maintenance.until
    )


async def _adjust(unit: Unit, maintenance: Maintenance, window: Silence) -> Covered:
    """Bring a window that is kept to the name, the targets and the length of its maintenance."""
    ends_at = window.starts_at + timedelta(seconds=maintenance.length)
    window.comment = maintenance.name
    if window.starts_at > unit.now:
        window.matchers, window.ends_at = list(maintenance.targets), ends_at
        return Covered()
    if ends_at <= unit.now:
        await end_silence(unit, window)
        await follow_window(unit, window)
        return Covered()
    if ends_at != window.ends_at:
        await change_silence(unit, window, ends_at)
    if window.matchers == maintenance.targets:
        return Covered()
    return await rematch_silence(unit, window, maintenance.targets)


async def open_next_window(unit: Unit, maintenance: Maintenance, after: datetime) -> Covered | None:
    """Make its first window that begins after this instant, and say what that came to; None when there is none."""
    start = find_next_start(
        maintenance.starts_at, maintenance.rule, maintenance.zone, after, maintenance.until
    )
    if start is None:
        return None
    window = Silence(
        uid=str(uuid.uuid4()),
        match="any",
        matchers=list(maintenance.targets),
        maintenance_id=maintenance.id,
        starts_at=start,
        ends_at=start + timedelta(seconds=maintenance.length),
        creator_id=maintenance.creator_id,
        creator_name=maintenance.creator_name,
        comment=maintenance.name,
        created_at=unit.now,
        updated_at=unit.now,
    )
    unit.session.add(window)
    await unit.session.flush()
    return await plan_silence(unit, window)


async def _end(unit: Unit, maintenance: Maintenance) -> None:
    maintenance.ended_at = unit.now
    window = await ask.find_window(unit.session, maintenance.id)
    if window is not None and window.ends_at > unit.now:
        await end_silence(unit, window)


def _check_ours(maintenance: Maintenance) -> None:
    """What the configuration file says is changed there, or the next start would undo it."""
    if maintenance.origin == "file" and maintenance.active:
        raise Refused("maintenance.from_file", number=maintenance.id, slug=maintenance.slug)


def _audit(unit: Unit, maintenance: Maintenance, what: str, **data: object) -> None:
    audit(unit, f"maintenance.{what}", f"maintenance:{maintenance.id}", maintenance.name, **data)
