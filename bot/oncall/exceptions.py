"""Exceptions to the rotations: overrides of a schedule; forwarding and time off of a person, for all schedules."""

from dataclasses import dataclass
from datetime import datetime

from bot.access.people import audit
from bot.access.roles import check_role
from bot.errors import Invalid, Refused, Unknown
from bot.flow.unit import Event, Unit
from bot.oncall import plan as plans
from storage.models import Forwarding, Override, Rotation, Schedule, TimeOff, User
from storage.questions import oncall

AnyException = Override | Forwarding | TimeOff
FROM_CALENDAR = "calendar"
"""The origin of time off that was read in its person's calendar of absences."""
KINDS: dict[str, type[AnyException]] = {"override": Override, "forwarding": Forwarding, "off": TimeOff}


@dataclass(frozen=True)
class OverrideChanged(Event):
    """A schedule has an override more or less."""

    schedule_id: int


@dataclass(frozen=True)
class ExceptionMade(Event):
    """A person made or cancelled (`gone`) an override, forwarding or time off: as it was before, where it is gone. Swaps are
    told by themselves."""

    value: plans.Override | plans.Forwarding | plans.TimeOff
    schedule_id: int | None = None
    gone: bool = False


@dataclass(frozen=True)
class SwapCancelled(Event):
    """The override of a shift that was taken is no more: `taker` had the shift of `giver`."""

    schedule_id: int
    giver_id: int
    taker_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class AbsenceChanged(Event):
    """Somebody forwards their shifts or is off at other times than before."""

    user_id: int


async def make_override(
    unit: Unit,
    schedule: Schedule,
    user: User | None,
    starts_at: datetime,
    ends_at: datetime,
    rotation: Rotation | None = None,
    giver: User | None = None,
) -> Override:
    """Put `user` (None: nobody) on call instead of all rotations of the schedule, or of one of them, or instead of the
    `giver` alone; raises Invalid when that is no time at all."""
    check_times(starts_at, ends_at)
    override = Override(
        schedule_id=schedule.id,
        rotation_id=rotation.id if rotation else None,
        user_id=user.id if user else None,
        giver_id=giver.id if giver else None,
        starts_at=starts_at,
        ends_at=ends_at,
        created_by=unit.actor.user_id,
        created_at=unit.now,
    )
    unit.session.add(override)
    await unit.session.flush()
    text = user.name if user else ""
    audit(unit, "override.made", f"schedule:{schedule.id}", text, **_spell(starts_at, ends_at))
    unit.emit(OverrideChanged(schedule.id))
    if giver is None:
        unit.emit(_made(override))
    return override


async def forward_shifts(
    unit: Unit, giver: User, taker: User, starts_at: datetime, ends_at: datetime
) -> Forwarding:
    """Let `giver`'s shifts be `taker`'s for a time; raises Invalid, or Refused where they would come back to the giver."""
    check_times(starts_at, ends_at)
    if giver.id == taker.id:
        raise Invalid("forwarding.to_self", "to")
    for row in await oncall.list_forwardings(unit.session, starts_at, ends_at):
        if (row.giver_id, row.taker_id) == (taker.id, giver.id) and row.starts_at < ends_at:
            raise Refused("forwarding.comes_back", name=taker.name, exception=name_of(row))
    forwarding = Forwarding(
        giver_id=giver.id,
        taker_id=taker.id,
        starts_at=starts_at,
        ends_at=ends_at,
        created_by=unit.actor.user_id,
        created_at=unit.now,
    )
    unit.session.add(forwarding)
    await unit.session.flush()
    audit(unit, "forwarding.made", f"user:{giver.id}", taker.name, **_spell(starts_at, ends_at))
    unit.emit(AbsenceChanged(giver.id))
    unit.emit(_made(forwarding))
    return forwarding


async def take_time_off(unit: Unit, user: User, starts_at: datetime, ends_at: datetime) -> TimeOff:
    """Let others stand in for `user` for a time; raises Invalid when that is no time at all."""
    check_times(starts_at, ends_at)
    off = TimeOff(
        user_id=user.id,
        starts_at=starts_at,
        ends_at=ends_at,
        created_by=unit.actor.user_id,
        created_at=unit.now,
    )
    unit.session.add(off)
    await unit.session.flush()
    audit(unit, "time_off.made", f"user:{user.id}", user.name, **_spell(starts_at, ends_at))
    unit.emit(AbsenceChanged(user.id))
    unit.emit(_made(off))
    return off


def _made(row: AnyException, gone: bool = False) -> ExceptionMade:
    if isinstance(row, Override):
        value = plans.Override(row.id, row.user_id, row.starts_at, row.ends_at, row.rotation_id, row.giver_id)
        return ExceptionMade(value, row.schedule_id, gone)
    if isinstance(row, Forwarding):
        return ExceptionMade(
            plans.Forwarding(row.giver_id, row.taker_id, row.starts_at, row.ends_at), gone=gone
        )
    return ExceptionMade(plans.TimeOff(row.user_id, row.starts_at, row.ends_at), gone=gone)


def check_times(starts_at: datetime, ends_at: datetime) -> None:
    """Raises Invalid when that is no time at all."""
    if ends_at <= starts_at:
        raise Invalid("override.backwards", "until")


def _spell(starts_at: datetime, ends_at: datetime) -> dict[str, str]:
    return {"from": starts_at.isoformat(), "until": ends_at.isoformat()}


async def get_rotation(unit: Unit, schedule: Schedule, name: str) -> Rotation:
    """A rotation of the schedule by its name; raises Unknown."""
    rows = await oncall.list_rotations(unit.session, [schedule.id])
    for row in rows:
        if row.name.lower() == name.strip().lower():
            return row
    raise Unknown("rotation.unknown", name=name, known=[row.name for row in rows][:10])


# Those that are made already


def name_of(row: AnyException) -> str:
    """What people call it: `override-12`."""
    return next(f"{name}-{row.id}" for name, kind in KINDS.items() if isinstance(row, kind))


def is_read(row: AnyException) -> bool:
    """Whether it was read in a calendar, where alone it can be changed."""
    return isinstance(row, TimeOff) and row.origin == FROM_CALENDAR


async def get_exception(unit: Unit, name: str) -> AnyException:
    """By what people call it; raises Unknown when there is none, or when it is over."""
    kind, _, number = name.strip().lower().partition("-")
    row: AnyException | None = None
    if kind in KINDS and number.isdecimal() and len(number) < 10:
        row = await unit.session.get(KINDS[kind], int(number))
    if row is None or row.ends_at <= unit.now:
        raise Unknown("exception.unknown", name=name)
    return row


async def cancel_exception(unit: Unit, row: AnyException, actor: User | None) -> None:
    """End it now; what has not begun is as if it had never been. What somebody else forwards or takes off is an admin's to
    cancel: raises Forbidden. What was read in a calendar would come back from there: raises Refused."""
    event: Event
    if is_read(row):
        raise Refused("exception.in_calendar", name=name_of(row))
    if isinstance(row, Override):
        subject, event = f"schedule:{row.schedule_id}", OverrideChanged(row.schedule_id)
    else:
        owner = row.giver_id if isinstance(row, Forwarding) else row.user_id
        if actor is None or actor.id != owner:
            check_role(actor, "admin")
        subject, event = f"user:{owner}", AbsenceChanged(owner)
    if isinstance(row, Override) and row.giver_id is not None and row.user_id is not None:
        unit.emit(SwapCancelled(row.schedule_id, row.giver_id, row.user_id, row.starts_at, row.ends_at))
    audit(unit, "exception.cancelled", subject, name_of(row), **_spell(row.starts_at, row.ends_at))
    if not isinstance(row, Override) or row.giver_id is None:
        unit.emit(_made(row, gone=True))
    await end_exception(unit, row)
    unit.emit(event)


async def end_exception(unit: Unit, row: AnyException) -> None:
    """Let it end now, or be as if it had never been."""
    if row.starts_at >= unit.now:
        await unit.session.delete(row)
    else:
        row.ends_at = unit.now
