"""What a schedule is made of, as plain values: the only thing that decides who is on call.

`bot.oncall.rosters` makes a plan from what is stored, `bot.oncall.resolve` says what it comes to. Instants are aware; a time
without a zone is one on the wall, in the plan's zone. People, teams, rotations and overrides are their ids.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from bot.oncall.wall import DAY, HOUR, MINUTE, WEEK, wall_of
from storage.words import RotationKind

LENGTHS = {RotationKind.HOURLY: HOUR, RotationKind.DAILY: DAY, RotationKind.WEEKLY: WEEK}


class Restriction(NamedTuple):
    """A part of the week, in minutes since Monday 00:00. One that does not end after it starts goes on into the next week:
    (7200, 540) is from Saturday 00:00 to Monday 09:00, (0, 0) the whole week."""

    start: int
    end: int


class Slot(NamedTuple):
    """Who has a turn: one person, the people of a `team`, or nobody, which is a deliberate gap."""

    people: tuple[int, ...] = ()
    team: int | None = None

    @property
    def is_gap(self) -> bool:
        """A team without people is no gap that anybody wanted."""
        return not self.people and self.team is None


@dataclass(frozen=True)
class Rotation:
    """Slots that take turns of `length` hours, days or weeks, from `starts` to `ends`, within the restrictions (without any:
    always). The first turn is that of the first slot; the clock time of `starts` is the handoff time."""

    id: int
    kind: RotationKind
    length: int
    starts: datetime
    slots: tuple[Slot, ...]
    ends: datetime | None = None
    restrictions: tuple[Restriction, ...] = ()

    first: int = field(init=False)
    """When it begins, on the wall."""
    last: int | None = field(init=False)
    """When it ends, on the wall."""
    turn: int = field(init=False)
    """How long a turn is, on the wall."""
    hours: tuple[int, ...] = field(init=False)
    """The times of the week at which the restrictions begin and end, by turns; none for always."""
    shares: dict[int, Any] = field(init=False, default_factory=dict, compare=False, repr=False)
    """What slots give while nothing is out of the ordinary, which follows from the rotation alone: `bot.oncall.duty` keeps
    here what it found."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "first", wall_of(self.starts))
        object.__setattr__(self, "last", None if self.ends is None else wall_of(self.ends))
        object.__setattr__(self, "turn", LENGTHS[self.kind] * self.length)
        object.__setattr__(self, "hours", _merge(self.restrictions))

    @cached_property
    def people(self) -> frozenset[int]:
        """Everybody who takes part."""
        return frozenset(person for slot in self.slots for person in slot.people)


@lru_cache(maxsize=1024)
def _merge(restrictions: tuple[Restriction, ...]) -> tuple[int, ...]:
    """As parts of one week that follow each other without touching. Many rotations have the same."""
    parts = [
        (one.start, one.end if one.end > one.start else one.end + WEEK // MINUTE) for one in restrictions
    ]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(_split(parts)):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    hours = tuple(edge * MINUTE for part in merged for edge in part)
    return () if hours == (0, WEEK) else hours


def _split(parts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Parts that go over the end of the week as two."""
    week = WEEK // MINUTE
    within = [(start, min(end, week)) for start, end in parts]
    return [*within, *((0, end - week) for _, end in parts if end > week)]


class Override(NamedTuple):
    """For a time, this person (None: nobody) instead of all rotations, or of one of them within its hours; or, as a swap,
    instead of the `giver` alone, wherever the giver would have the duty in the schedule."""

    id: int
    person: int | None
    start: datetime
    end: datetime
    rotation: int | None = None
    giver: int | None = None


class Forwarding(NamedTuple):
    """For a time, what would be `giver`'s shifts are `taker`'s."""

    giver: int
    taker: int
    start: datetime
    end: datetime


class TimeOff(NamedTuple):
    """For a time, others stand in for this person."""

    person: int
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Plan:
    """A schedule. Rotations add up, or are layers of which the first one counts that has somebody on call. What was made
    later comes later, and counts more. Whoever is `gone` was switched off."""

    zone: str
    rotations: tuple[Rotation, ...] = ()
    layered: bool = False
    overrides: tuple[Override, ...] = ()
    forwardings: tuple[Forwarding, ...] = ()
    times_off: tuple[TimeOff, ...] = ()
    gone: frozenset[int] = frozenset()

    @property
    def people(self) -> frozenset[int]:
        """Everybody who may come to be on call, or whose shifts may go to others."""
        named = {override.person for override in self.overrides if override.person is not None}
        for rotation in self.rotations:
            named |= rotation.people
        return frozenset(named.union(*({one.giver, one.taker} for one in self.forwardings)))
