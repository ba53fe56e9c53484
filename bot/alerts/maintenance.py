"""Maintenance: planned work on services, of teams or senders, or on everything, once or again and again until a day. Each
window is a silence of its own: it begins, ends and holds alerts as one. Each change is written to the audit log.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.access.people import audit
from bot.alerts.matchers import Matcher
from bot.alerts.silences import end_silence, name_by_slug, plan_silence
from bot.alerts.windows import find_next_start, read_rule
from bot.errors import Invalid, Refused, Unknown
from bot.flow.unit import Unit
from storage.models import Maintenance, Silence
from storage.questions import silences as ask

LONGEST = timedelta(days=30)
"""How long one window may last."""
FARTHEST = timedelta(days=366 * 2)
"""How far ahead a repeating one may go on; then somebody has to renew it."""
TARGETS = ("service", "team", "integration")


async def get_maintenance(unit: Unit, name: str) -> Maintenance:
    """The maintenance called `2` or `#2`; raises Unknown."""
    number = name.strip().lstrip("#")
    found = (
        await unit.session.get(Maintenance, int(number)) if number.isdecimal() and len(number) < 10 else None
    )
    if found is None:
        raise Unknown("maintenance.unknown", name=number)
    return found


async def plan_maintenance(
    unit: Unit,
    name: str,
    targets: Sequence[Matcher],
    starts_at: datetime,
    length: timedelta,
    *,
    rule: str = "",
    until: datetime | None = None,
    zone: str = "UTC",
) -> Maintenance:
    """Plan it for what any of the targets names (`service=web`, `team=database`); none is everything. One that repeats
    needs a day `until` which it does. Raises Invalid."""
    repeat = read_rule(rule)
    if any(target.name not in TARGETS or not target.is_equal for target in targets):
        raise Invalid("maintenance.target", "what", known=list(TARGETS))
    if not timedelta(minutes=1) <= length <= LONGEST:
        raise Invalid("maintenance.length", "length", days=LONGEST.days)
    start = max(starts_at, unit.now)
    last = until if repeat else start
    if last is None or last < start or last - unit.now > FARTHEST:
        raise Invalid("maintenance.until", "until", days=FARTHEST.days)
    named = await name_by_slug(unit, targets)
    maintenance = Maintenance(
        name=(" ".join(name.split()) or "Maintenance")[:200],
        targets=[target.pack() for target in named],
        starts_at=start,
        length=int(length.total_seconds()),
        rule=repeat,
        zone=ZoneInfo(zone).key,
        until=last,
        creator_id=unit.actor.user_id,
        creator_name=unit.actor.name[:120],
        created_at=unit.now,
    )
    unit.session.add(maintenance)
    await unit.session.flush()
    if not await open_next_window(unit, maintenance, start - timedelta(microseconds=1)):
        raise Invalid("maintenance.never", "repeat")
    _audit(unit, maintenance, "planned", rule=repeat, length=maintenance.length, until=last.isoformat())
    return maintenance


async def end_window(unit: Unit, maintenance: Maintenance) -> None:
    """What is on now is over; one that repeats comes again. Raises Refused when none is on."""
    window = await ask.find_window(unit.session, maintenance.id)
    if maintenance.ended_at is not None or window is None or window.starts_at > unit.now:
        raise Refused("maintenance.not_on", number=maintenance.id)
    await end_silence(unit, window)
    _audit(unit, maintenance, "window_ended")


async def cancel_maintenance(unit: Unit, maintenance: Maintenance) -> None:
    """It is over for good. Raises Refused when it is already."""
    if maintenance.ended_at is not None:
        raise Refused("maintenance.over", number=maintenance.id)
    maintenance.ended_at = unit.now
    window = await ask.find_window(unit.session, maintenance.id)
    if window is not None and window.ends_at > unit.now:
        await end_silence(unit, window)
    _audit(unit, maintenance, "ended")


async def follow_window(unit: Unit, maintenance_id: int, started_at: datetime) -> None:
    """After a window ended: plan the next one, or the maintenance is over."""
    maintenance = await unit.session.get_one(Maintenance, maintenance_id)
    if maintenance.ended_at is not None:
        return
    if not await open_next_window(unit, maintenance, max(started_at, unit.now)):
        maintenance.ended_at = unit.now
        _audit(unit, maintenance, "ended")


async def open_next_window(unit: Unit, maintenance: Maintenance, after: datetime) -> bool:
    """Make its first window that begins after this instant; False when there is none."""
    start = find_next_start(
        maintenance.starts_at, maintenance.rule, maintenance.zone, after, maintenance.until
    )
    if start is None:
        return False
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
    await plan_silence(unit, window)
    return True


def _audit(unit: Unit, maintenance: Maintenance, what: str, **data: object) -> None:
    audit(unit, f"maintenance.{what}", f"maintenance:{maintenance.id}", maintenance.name, **data)
