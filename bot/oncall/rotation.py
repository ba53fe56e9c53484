"""Turns of a rotation, as a pure function of time.

The rules for daylight saving: a daily or weekly handoff happens at the same wall-clock time in the schedule's zone; a
handoff time that does not exist on that day happens when the clock has jumped past it; one that exists twice happens the
first time. An hourly turn is so many real hours. Turns follow each other without gap or overlap.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from storage.words import RotationKind


@dataclass(frozen=True)
class Turns:
    """What a rotation is made of. `starts` is a wall-clock time in `zone`; `participants` are user ids, None for a gap."""

    kind: RotationKind
    length: int
    starts: datetime
    zone: str
    participants: tuple[int | None, ...]


@dataclass(frozen=True)
class Turn:
    user_id: int | None
    starts_at: datetime
    ends_at: datetime


def start_of_turn(turns: Turns, index: int) -> datetime:
    """When turn number `index` begins, in UTC."""
    zone = ZoneInfo(turns.zone)
    if turns.kind is RotationKind.HOURLY:
        return turns.starts.replace(tzinfo=zone).astimezone(UTC) + timedelta(hours=turns.length * index)
    days = turns.length * (7 if turns.kind is RotationKind.WEEKLY else 1)
    return (turns.starts + timedelta(days=days * index)).replace(tzinfo=zone, fold=0).astimezone(UTC)


def find_turn(turns: Turns, at: datetime) -> Turn | None:
    """The turn that `at` falls into; None before the rotation starts or when nobody takes part."""
    if not turns.participants or at < start_of_turn(turns, 0):
        return None
    first = start_of_turn(turns, 0)
    unit_hours = {RotationKind.HOURLY: 1, RotationKind.DAILY: 24, RotationKind.WEEKLY: 168}[turns.kind]
    index = max(int((at - first) / timedelta(hours=unit_hours * turns.length)) - 1, 0)
    while start_of_turn(turns, index + 1) <= at:
        index += 1
    return _turn(turns, index)


def list_turns(turns: Turns, start: datetime, end: datetime) -> Iterator[Turn]:
    """The turns that touch the time from `start` to `end`, in order."""
    if not turns.participants:
        return
    first = start_of_turn(turns, 0)
    current = find_turn(turns, max(start, first))
    while current is not None and current.starts_at < end:
        yield current
        current = find_turn(turns, current.ends_at)


def _turn(turns: Turns, index: int) -> Turn:
    who = turns.participants[index % len(turns.participants)]
    return Turn(who, start_of_turn(turns, index), start_of_turn(turns, index + 1))
