"""Who has the duty at one moment, and why: overrides, layers, time off and forwarding over the slots whose turn it is. Pure.

In this order: an override replaces all rotations, or one of them; the newest counts. Who is off is left out, and the next in
the order of the rotation who is not stands in. What would be a person's goes to whom they forward it to. Then rotations add
up, or the upper covers the lower. Only where nobody else would be left, somebody who is off has the duty after all.
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
    for `instead_of`, whose turn it is; by the forwarding of `passed_by`, from the one whose duty it was to the last.
    `is_off`: only because there is nobody else."""

    person: int
    rotation: int | None = None
    override: int | None = None
    team: int | None = None
    passed_by: tuple[int, ...] = ()
    instead_of: tuple[int, ...] = ()
    is_off: bool = False

    @property
    def reason(self) -> str:
        """The last thing that decided it: forwarding, stand_in, override or rotation."""
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


class Desk:
    """Judges by the exceptions that are in force at one moment. Desks for several moments share, in `plain`, what they know
    of rotations without exceptions."""

    def __init__(self, plan: Plan, at: datetime, plain: list[dict[int, Share]] | None = None) -> None:
        self.plan = plan
        self._override: Override | None = None
        self._places: dict[int, Override] = {}
        for override in reversed(plan.overrides):
            if override.start <= at < override.end:
                if override.rotation is None:
                    self._override = override
                    break
                self._places.setdefault(override.rotation, override)
        self._takers = {
            one.giver: one.taker
            for one in plan.forwardings
            if one.start <= at < one.end and one.taker not in plan.gone
        }
        self._off = {one.person for one in plan.times_off if one.start <= at < one.end}
        self._whole = Share() if self._override is None else self._give(self._override, None)
        away = self._off.union(self._takers)
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
        person, passed_by = self._forward(override.person)
        if person in self.plan.gone:
            return Share(nobody=Nobody.EMPTY)
        if passed_by and person in self._off:
            return Share(reluctant=(Duty(person, rotation, override.id, None, passed_by, is_off=True),))
        return Share((Duty(person, rotation, override.id, None, passed_by),))

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
            person, passed_by = self._forward(one)
            if person not in self.plan.gone:
                off = person in self._off
                found.setdefault(person, Duty(person, rotation, None, slot.team, passed_by, instead_of, off))
        duties = found.values()
        return tuple(one for one in duties if not one.is_off), tuple(one for one in duties if one.is_off)

    def _forward(self, person: int) -> tuple[int, tuple[int, ...]]:
        """Who has it in the end, and who passed it on. In a circle it stays with the one at whom the circle closes."""
        passed_by: list[int] = []
        while person in self._takers and person not in passed_by:
            passed_by.append(person)
            person = self._takers[person]
        if person in passed_by:
            del passed_by[passed_by.index(person) :]
        return person, tuple(passed_by)
