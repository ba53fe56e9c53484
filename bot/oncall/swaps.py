"""Swaps: somebody offers a shift, and whoever of the schedule takes it first has it.

As long as nobody took it, whoever offered it is on call. A taken one is an override of the one resolver that replaces the
giver alone; an exchange is two of them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.access.people import audit
from bot.access.roles import ORDER, check_role
from bot.errors import Forbidden, Invalid, Refused, Unknown
from bot.flow.timers import Due
from bot.flow.unit import Event, Unit
from bot.oncall.clashes import Clash, find_clashes
from bot.oncall.exceptions import SwapCancelled, check_times, end_exception, make_override
from bot.oncall.resolve import resolve
from bot.oncall.rosters import Roster, list_rosters
from bot.oncall.shifts import list_stretches
from storage.models import Schedule, Swap, User
from storage.questions import access, catalog
from storage.questions import swaps as ask
from storage.words import SwapState, UserRole

REMINDERS = (timedelta(hours=24), timedelta(hours=4))
"""So long before it begins it is asked again, while nobody took it."""


FARTHEST = timedelta(days=60)
"""So far ahead it is looked for the end of a shift."""


@dataclass(frozen=True)
class Exchange:
    """The shift of somebody else that is wanted in return."""

    user: User
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class SwapOffered(Event):
    """A shift is offered; with a `round` above 0 it is asked again."""

    swap_id: int
    round: int = 0


@dataclass(frozen=True)
class SwapSettled(Event):
    """It was taken or withdrawn, it began untaken, or there is no need for it any more."""

    swap_id: int


async def offer_shift(
    unit: Unit,
    schedule: Schedule,
    user: User,
    starts_at: datetime,
    ends_at: datetime,
    note: str = "",
    exchange: Exchange | None = None,
) -> Swap:
    """Ask the others of the schedule to have `user`'s shift, or the part of it from `starts_at` to `ends_at`. Raises Invalid
    where that is none or begins before now, Refused where it is offered already or there is nobody to ask."""
    check_times(starts_at, ends_at)
    if starts_at <= unit.now:
        raise Invalid("swap.begun", "starts")
    await unit.lock(schedule)
    if not await _has_shift(unit, schedule, user.id, starts_at, ends_at):
        raise Invalid("swap.no_shift", "starts", schedule=schedule.name, name=user.name)
    if exchange is not None:
        await _check_exchange(unit, schedule, user, (starts_at, ends_at), exchange)
    for other in await ask.list_open(unit.session, [schedule.id]):
        if other.user_id == user.id and other.starts_at < ends_at and starts_at < other.ends_at:
            raise Refused("swap.offered_already", number=other.id)
    swap = Swap(
        schedule_id=schedule.id,
        user_id=user.id,
        starts_at=starts_at,
        ends_at=ends_at,
        other_id=exchange.user.id if exchange else None,
        back_starts_at=exchange.starts_at if exchange else None,
        back_ends_at=exchange.ends_at if exchange else None,
        note=note,
        state=SwapState.OPEN,
        created_at=unit.now,
    )
    if not await list_candidates(unit, swap):
        raise Refused("swap.nobody", schedule=schedule.name)
    unit.session.add(swap)
    await unit.session.flush()
    audit(unit, "swap.offered", f"swap:{swap.id}", user.name, schedule=schedule.slug)
    unit.emit(SwapOffered(swap.id))
    _plan_next(unit, swap)
    return swap


async def _check_exchange(
    unit: Unit, schedule: Schedule, user: User, own: tuple[datetime, datetime], exchange: Exchange
) -> None:
    other, start, end = exchange.user, exchange.starts_at, exchange.ends_at
    if other.id == user.id:
        raise Invalid("swap.with_self", "exchange")
    if start <= unit.now or not await _has_shift(unit, schedule, other.id, start, end):
        raise Invalid("swap.no_shift", "exchange", schedule=schedule.name, name=other.name)
    if start < own[1] and own[0] < end:
        raise Invalid("swap.same_time", "exchange", name=other.name)


async def take_shift(unit: Unit, swap: Swap, taker: User, anyway: bool = False) -> list[Clash]:
    """Let `taker` have it, who is the first to ask. Returns what speaks against it when that was not said to be known
    (`anyway`); then nothing is done. Raises Refused where it is too late, Forbidden where it is not theirs to take."""
    await unit.lock(swap)
    await _check_open(unit, swap, taker)
    schedule = await unit.session.get_one(Schedule, swap.schedule_id)
    await unit.lock(schedule)
    if taker.id not in {one.id for one in await list_candidates(unit, swap)}:
        raise Forbidden("swap.not_yours", schedule=schedule.name)
    if not await is_wanted(unit, swap):
        raise Refused("swap.pointless")
    clashes = [] if anyway else await find_clashes(unit, taker, swap.starts_at, swap.ends_at)
    if clashes:
        return clashes
    giver = await unit.session.get_one(User, swap.user_id)
    await make_override(unit, schedule, taker, swap.starts_at, swap.ends_at, giver=giver)
    if swap.back_starts_at is not None and swap.back_ends_at is not None:
        await make_override(unit, schedule, giver, swap.back_starts_at, swap.back_ends_at, giver=taker)
    swap.taker_id = taker.id
    _settle(unit, swap, SwapState.TAKEN)
    audit(unit, "swap.taken", f"swap:{swap.id}", taker.name, of=giver.name)
    return []


async def withdraw_shift(unit: Unit, swap: Swap, actor: User | None) -> None:
    """Nobody is asked any more. Whoever offered it withdraws it, or an admin: raises Forbidden, or Refused where it is too
    late."""
    await unit.lock(swap)
    await _check_open(unit, swap, actor)
    if actor is None or actor.id != swap.user_id:
        check_role(actor, "admin")
    _settle(unit, swap, SwapState.WITHDRAWN)
    audit(unit, "swap.withdrawn", f"swap:{swap.id}", unit.actor.name)


async def cancel_swap(unit: Unit, event: SwapCancelled) -> None:
    """A taken swap is undone: in an exchange what is left of the other half as well, and its cards say so."""
    swap = await ask.find_taken(
        unit.session, event.schedule_id, event.giver_id, event.taker_id, event.starts_at
    )
    if swap is None:
        return
    await unit.lock(swap)
    if swap.state is not SwapState.TAKEN:
        return
    await unit.session.flush()
    for row in await ask.list_halves(unit.session, swap):
        if row.ends_at > unit.now:
            await end_exception(unit, row)
    _settle(unit, swap, SwapState.WITHDRAWN)
    audit(unit, "swap.cancelled", f"swap:{swap.id}", unit.actor.name)


async def tend_swap(unit: Unit, due: Due) -> None:
    """The handler of the `swap` timer: ask again, or end what began untaken or is not wanted any more."""
    swap = await unit.session.get(Swap, due.number)
    if swap is None:
        return
    await unit.lock(swap)
    if swap.state is not SwapState.OPEN:
        return
    if unit.now >= swap.starts_at:
        _settle(unit, swap, SwapState.LAPSED)
    elif not await is_wanted(unit, swap):
        _settle(unit, swap, SwapState.POINTLESS)
    else:
        number = sum(moment <= unit.now for moment in list_reminders(swap))
        if number > await ask.find_last_round(unit.session, swap.id):
            unit.emit(SwapOffered(swap.id, number))
        _plan_next(unit, swap)


async def look_again(unit: Unit, schedule_ids: Collection[int]) -> None:
    """Others may be on call in these schedules than were: what is offered may not be wanted any more."""
    for swap in await ask.list_open(unit.session, schedule_ids):
        unit.plan("swap", f"swap:{swap.id}", unit.now)


def list_reminders(swap: Swap) -> list[datetime]:
    """When it is asked again."""
    moments = [swap.starts_at - before for before in REMINDERS]
    return [moment for moment in moments if moment > swap.created_at]


def _plan_next(unit: Unit, swap: Swap) -> None:
    coming = [moment for moment in list_reminders(swap) if moment > unit.now]
    unit.plan("swap", f"swap:{swap.id}", min(coming, default=swap.starts_at))


def _settle(unit: Unit, swap: Swap, state: SwapState) -> None:
    swap.state, swap.decided_at = state, unit.now
    unit.cancel("swap", f"swap:{swap.id}")
    unit.emit(SwapSettled(swap.id))


async def _check_open(unit: Unit, swap: Swap, actor: User | None) -> None:
    if swap.state is SwapState.TAKEN:
        taker = await unit.session.get_one(User, swap.taker_id)
        raise Refused("swap.taken", name=taker.name, own=actor is not None and taker.id == actor.id)
    if swap.state is SwapState.WITHDRAWN:
        raise Refused("swap.withdrawn")
    if swap.state is SwapState.POINTLESS:
        raise Refused("swap.pointless")
    if swap.state is SwapState.LAPSED or swap.starts_at <= unit.now:
        raise Refused("swap.over")


async def get_swap(unit: Unit, name: str) -> Swap:
    """By its number; raises Unknown."""
    number = name.strip().lower().removeprefix("swap-").lstrip("#")
    found = await unit.session.get(Swap, int(number)) if number.isdecimal() and len(number) < 10 else None
    if found is None:
        raise Unknown("swap.unknown", name=name)
    return found


async def is_wanted(unit: Unit, swap: Swap) -> bool:
    """Whether the shifts that it is about are still those people's."""
    schedule = await unit.session.get_one(Schedule, swap.schedule_id)
    if swap.other_id == swap.user_id:  # two people who have become one
        return False
    if not await _has_shift(unit, schedule, swap.user_id, swap.starts_at, swap.ends_at):
        return False
    if swap.other_id is None or swap.back_starts_at is None or swap.back_ends_at is None:
        return True
    if swap.back_starts_at <= unit.now:
        return False
    return await _has_shift(unit, schedule, swap.other_id, swap.back_starts_at, swap.back_ends_at)


async def _has_shift(unit: Unit, schedule: Schedule, user_id: int, start: datetime, end: datetime) -> bool:
    """Whether this person is on call all the time from `start` to `end`."""
    for roster in await list_rosters(unit, start, end, [schedule.id]):
        return list_stretches(resolve(roster.plan, start, end)).get(user_id) == [(start, end)]
    return False


async def find_shift_at(
    unit: Unit, schedule: Schedule, user: User, at: datetime
) -> tuple[datetime, datetime]:
    """From when until when this person is on call without a break around a moment; raises Unknown when they are not, and
    Invalid when no end of it is found."""
    start, end = max(at - FARTHEST, unit.now), at + FARTHEST
    for roster in await list_rosters(unit, start, end, [schedule.id]):
        for begin, finish in list_stretches(resolve(roster.plan, start, end)).get(user.id, []):
            if begin <= at < finish:
                if finish == end:
                    raise Invalid("swap.no_end", "until")
                return begin, finish
    raise Unknown("swap.no_such_shift", text=at.isoformat())


async def list_candidates(unit: Unit, swap: Swap) -> Sequence[User]:
    """Who may take it: the one whose shift is wanted in return, or all others of the schedule's rotations and its team who
    may respond."""
    if swap.other_id is not None:
        ids = {swap.other_id}
    else:
        (roster,) = await list_rosters(unit, unit.now, swap.ends_at, [swap.schedule_id])
        ids = await list_circle(unit, roster) - {swap.user_id}
    people = await access.list_users_by_id(unit.session, ids)
    least = ORDER.index(UserRole.RESPONDER)
    return [
        people[one] for one in sorted(people) if people[one].active and ORDER.index(people[one].role) >= least
    ]


async def list_circle(unit: Unit, roster: Roster) -> set[int]:
    """Everybody in the rotations of a schedule, and in its team."""
    ids = {person for rotation in roster.plan.rotations for person in rotation.people}
    if roster.schedule.team_id is not None:
        ids |= {one.id for one in await catalog.list_members(unit.session, [roster.schedule.team_id])}
    return ids
