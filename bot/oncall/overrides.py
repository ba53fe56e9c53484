"""Exceptions to the rotations: somebody takes the pager for a while."""

from dataclasses import dataclass
from datetime import datetime

from bot.access.people import audit
from bot.errors import Invalid
from bot.flow.unit import Event, Unit
from storage.models import Override, Schedule, User


@dataclass(frozen=True)
class PagerTaken(Event):
    """Somebody is on call instead of the rotations, for a time."""

    schedule_id: int
    user_id: int
    starts_at: datetime
    ends_at: datetime


async def take_pager(
    unit: Unit, schedule: Schedule, user: User, starts_at: datetime, ends_at: datetime
) -> Override:
    """Put `user` on call for the schedule from `starts_at` to `ends_at`; raises Invalid when that is no time at all."""
    if ends_at <= starts_at:
        raise Invalid("override.backwards", "until")
    override = Override(
        schedule_id=schedule.id,
        user_id=user.id,
        starts_at=starts_at,
        ends_at=ends_at,
        created_by=unit.actor.user_id,
        created_at=unit.now,
    )
    unit.session.add(override)
    audit(unit, "override.made", f"schedule:{schedule.id}", user.name, until=ends_at.isoformat())
    unit.emit(PagerTaken(schedule.id, user.id, starts_at, ends_at))
    unit.touch("oncall")
    return override
