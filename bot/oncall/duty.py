"""Who has the duty at one moment, and why: overrides, layers, time off and forwarding over the slots whose turn it is. Pure.

In this order: an override replaces all rotations, or one of them; the newest counts. Whoever swapped is replaced by who took
it, in the order in which swaps were made; a swap says nothing of what was made later. Who is off is left out, and the next
in the order of the rotation who is not stands in. What would be a person's goes to whom they forward it to. Then rotations
add up, or the upper covers the lower. Only where nobody else would be left, somebody who is off has the duty after all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

from bot.oncall.plan import Override, Plan, Slot
from bot.oncall.turns import OFF_DUTY, Change


class Nobody(StrEnum):
    """Why nobody is on call."""

    OVERRIDE = "override"
    """An override says so."""
    GAP = "gap"
    """It is nobody's turn, on purpose."""
    EMPTY = "empty"
    """It is the turn of people who were switched off, or of a team without people, and nobody can stand in."""
    UNCOVERED = "uncovered"
    """No rotation is for that time."""


class Duty(NamedTuple):
    """That a person is on call, and why: by the turn of a `rotation` (there as one of a `team`), by an `override`, or both;
    for `instead_of`, whose turn it is; by the forwarding of `passed_by`, from the one whose duty it was to the last; by a
    swap, which is the `override`, with `swapped_with`. `is_off`: only because there is nobody else."""

    person: int
    rotation: int | None = None
    override: int | None = None
    team: int | None = None
    passed_by: tuple[int, ...] = ()
    instead_of: tuple[int, ...] = ()
    is_off: bool = False
    swapped_with: int | None = None

    @property
    def reason(self) -> str:
        """The last thing that decided it: swap, forwarding, stand_in, override or rotation."""
        if self.swapped_with is not None:
            return "swap"
        if self.passed_by:
            return "forwarding"
        if self.instead_of:
            return "stand_in"
        return "rotation" if self.override is None else "override"


def list_people(duties: Iterable[Duty]) -> tuple[int, ...]:
    """Those who have them, each once."""
    return tuple(dict.fromkeys(duty.person for duty in duties))


@dataclass(frozen=True, slots=True)
class Share:
    """What one rotation gives: its duties, those of people who are off, and why it has neither."""

    duties: tuple[Duty, ...] = ()
    reluctant: tuple[Duty, ...] = ()
    nobody: Nobody | None = None
    first: Duty | None = field(init=False)
    is_many: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "first", next(iter(self.duties), None))
        object.__setattr__(self, "is_many", len(self.duties) > 1)


NOTHING = Share(nobody=Nobody.UNCOVERED)
SEVERITY: Mapping[Nobody, int] = {
    Nobody.EMPTY: 0,
    Nobody.OVERRIDE: 1,
    Nobody.GAP: 2,
    Nobody.UNCOVERED: 3,
}


class Way(NamedTuple):
    """Who has it in the end, who passed it on, and the swap that was the last step of it."""

    person: int
    passed_by: tuple[int, ...]
    swap: Override | None


class Desk:
    """Judges by the exceptions that are in force at one moment. Desks for several moments share, in `plain`, what they know
    of rotations without exceptions."""

    def __init__(self, plan: Plan, at: datetime, plain: list[dict[int, Share]] | None = None) -> None:
        self.plan = plan
        self._override: Override | None = None
        self._places: dict[int, Override] = {}
        self._swaps: list[Override] = []
        for override in reversed(plan.overrides):
            if override.start <= at < override.end:
                if override.giver is not None:
                    if override.person not in plan.gone:
                        self._swaps.insert(0, override)
                elif override.rotation is None:
                    self._override = override
                    break
                else:
                    self._places.setdefault(override.rotation, override)
        self._takers = {
            one.giver: one.taker
            for one in plan.forwardings
            if one.start <= at < one.end and one.taker not in plan.gone
        }
        self._off = {one.person for one in plan.times_off if one.start <= at < one.end}
        self._whole = Share() if self._override is None else self._give(self._override, None)
        away = self._off.union(self._takers, (swap.giver for swap in self._swaps if swap.giver is not None))
        self._known = [
            known
            if self._override is None
            and rotation.id not in self._places
            and (not away or away.isdisjoint(rotation.people))
            else {}
            for rotation, known in zip(plan.rotations, plain or [{} for _ in plan.rotations], strict=True)
        ]

    def sit(self, slots: Sequence[int]) -> None:
        """Begin with these slots having their turns, by rotation."""
        self._shares = [self._find_share(place, slot) for place, slot in enumerate(slots)] or [self._whole]
        self._firsts = [share.first for share in self._shares]
        self._many = sum(share.is_many for share in self._shares)

    def take(self, changes: Sequence[Change], slots: list[int]) -> None:
        """From now on, other slots have their turns; `slots` keeps which, for the next desk."""
        shares, firsts, known = self._shares, self._firsts, self._known
        for _, place, slot in changes:
            slots[place] = slot
            share, old = known[place].get(slot) or self._find_share(place, slot), shares[place]
            if share is not old:
                shares[place], firsts[place] = share, share.first
                if share.is_many is not old.is_many:
                    self._many += share.is_many - old.is_many

    def list_duties(self) -> tuple[Duty, ...]:
        """Who has the duty now. It is asked at each change of shift, so the usual case is quick."""
        if self._override is None and not self._many and not self.plan.layered:
            duties = tuple(filter(None, self._firsts))
        else:
            duties = self._combine([share.duties for share in self._shares])
        return duties or self._combine([share.reluctant for share in self._shares])

    def tell_nobody(self) -> Nobody:
        """Why nobody has it. What was not meant says more than what was."""
        causes = [share.nobody for share in self._shares if share.nobody is not None]
        return min(causes, key=lambda cause: SEVERITY[cause], default=Nobody.UNCOVERED)

    def _combine(self, parts: Iterable[tuple[Duty, ...]]) -> tuple[Duty, ...]:
        if self.plan.layered:
            return next(filter(None, parts), ())
        duties = chain.from_iterable(parts)
        return tuple(duties if self._override is None else dict.fromkeys(duties))

    def _find_share(self, place: int, slot: int) -> Share:
        """What the rotation at this place gives while this slot has its turn."""
        known = self._known[place].get(slot)
        if known is None:
            override = self._places.get(self.plan.rotations[place].id)
            if override is not None and slot != OFF_DUTY:
                known = self._give(override, override.rotation)
            elif self._override is not None:
                known = self._whole
            else:
                known = NOTHING if slot == OFF_DUTY else self._take_turn(place, slot)
            self._known[place][slot] = known
        return known

    def _give(self, override: Override, rotation: int | None) -> Share:
        """The duty of whom an override names. It counts more than their time off, which they may have forgotten; not more
        than that of whom they forward to."""
        if override.person is None:
            return Share(nobody=Nobody.OVERRIDE)
        way = self._pass_on(override.person, override.id)
        if way.person in self.plan.gone:
            return Share(nobody=Nobody.EMPTY)
        is_off = bool(way.passed_by) and self._is_off(way)
        duty = _make_duty(way, rotation, override.id, is_off=is_off)
        return Share(reluctant=(duty,)) if is_off else Share((duty,))

    def _take_turn(self, place: int, first: int) -> Share:
        rotation = self.plan.rotations[place]
        owner = rotation.slots[first]
        if owner.is_gap:
            return Share(nobody=Nobody.GAP)
        duties, reluctant = self._list_present(rotation.id, owner, ())
        for step in range(1, len(rotation.slots)):
            if duties:
                break
            slot = rotation.slots[(first + step) % len(rotation.slots)]
            duties, _ = self._list_present(rotation.id, slot, owner.people)
        return Share(duties, reluctant, None if duties or reluctant else Nobody.EMPTY)

    def _list_present(
        self, rotation: int, slot: Slot, instead_of: tuple[int, ...]
    ) -> tuple[tuple[Duty, ...], tuple[Duty, ...]]:
        """The duties of a slot's people, and those of the ones who are off."""
        found: dict[int, Duty] = {}
        for one in slot.people:
            way = self._pass_on(one)
            if way.person not in self.plan.gone:
                duty = _make_duty(way, rotation, None, slot.team, instead_of, is_off=self._is_off(way))
                found.setdefault(way.person, duty)
        duties = found.values()
        return tuple(one for one in duties if not one.is_off), tuple(one for one in duties if one.is_off)

    def _is_off(self, way: Way) -> bool:
        """Whoever took it in a swap said that they come."""
        return way.person in self._off and way.swap is None

    def _pass_on(self, person: int, since: int | None = None) -> Way:
        """Through swaps and forwardings. In a circle of forwardings it stays with the one at whom the circle closes. What an
        override says was not known to the swaps before it (`since`)."""
        passed_by: list[int] = []
        person, swap = self._exchange(person, since)
        while person in self._takers and person not in passed_by:
            passed_by.append(person)
            person, swap = self._exchange(self._takers[person], since)
        if person in passed_by:
            del passed_by[passed_by.index(person) :]
        return Way(person, tuple(passed_by), swap)

    def _exchange(self, giver: int, since: int | None) -> tuple[int, Override | None]:
        """Who has it after the swaps, one after the other, and the last of them; it may come back to the one who gave it."""
        person, last = giver, None
        for swap in self._swaps:
            is_later = since is None or swap.id > since
            if swap.giver == person and swap.person is not None and is_later:
                person, last = swap.person, swap
        return person, last if person != giver else None


def _make_duty(
    way: Way,
    rotation: int | None,
    override: int | None,
    team: int | None = None,
    instead_of: tuple[int, ...] = (),
    *,
    is_off: bool,
) -> Duty:
    swap = way.swap
    return Duty(
        way.person,
        rotation,
        swap.id if swap is not None else override,
        team,
        way.passed_by,
        instead_of,
        is_off,
        swap.giver if swap is not None else None,
    )
