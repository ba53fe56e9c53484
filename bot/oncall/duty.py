"""Who has the duty at one moment, and why: overrides, layers, time off and forwarding over the slots whose turn it is. Pure.

In this order: an override replaces all rotations, or one of them; the newest counts that gives it to somebody who is there.
Whoever swapped is replaced by who took it, in the order in which swaps were made; a swap says nothing of what
was made later. Who is off is left out, and the next in the order of the rotation who is not stands in. What would be a
person's goes to whom they forward it to. Then rotations add up, or the upper covers the lower. Only where nobody else would
be left, somebody who is off has the duty after all.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from bot.oncall.plan import Override, Plan, Rotation, Slot
from bot.oncall.turns import OFF_DUTY, Turn


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


NONE, ONE, SEVERAL = range(3)


@dataclass(slots=True, eq=False)
class Share:
    """What one rotation gives: its duties, those of people who are off, and why it has neither. It is itself whichever
    others are like it, so that it is quick to tell apart."""

    duties: tuple[Duty, ...] = ()
    reluctant: tuple[Duty, ...] = ()
    nobody: Nobody | None = None
    first: Duty | None = field(init=False)
    size: int = field(init=False)
    """NONE, ONE or SEVERAL duties."""

    def __post_init__(self) -> None:
        self.first = self.duties[0] if self.duties else None
        self.size = min(len(self.duties), SEVERAL)


NOTHING = Share(nobody=Nobody.UNCOVERED)
State = tuple[int, tuple[Duty, ...], Nobody | None]
"""Since when, who has the duty, or why nobody."""
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
    """Judges by the exceptions that are in force at one moment. Desks share what they know of rotations that none of these
    is about."""

    def __init__(self, plan: Plan, at: datetime) -> None:
        self.plan = plan
        self._override: Override | None = None
        self._places: dict[int, Override] = {}
        self._swaps: list[Override] = []
        self._takers = {
            one.giver: one.taker
            for one in plan.forwardings
            if one.start <= at < one.end and one.taker not in plan.gone
        }
        for override in reversed([one for one in plan.overrides if one.start <= at < one.end]):
            if override.giver is not None:
                if override.person not in plan.gone:
                    self._swaps.insert(0, override)
            elif override.person is not None and self._is_gone(override.person, override.id):
                continue
            elif override.rotation is None:
                self._override = override
                break
            else:
                self._places.setdefault(override.rotation, override)
        self._off = {one.person for one in plan.times_off if one.start <= at < one.end}
        self._whole = NOTHING if self._override is None else self._give(self._override, None)
        self._known: list[dict[int, Share]] = [rotation.shares for rotation in plan.rotations]
        special = plan.gone.union(self._off, self._takers, [swap.giver for swap in self._swaps])
        if self._override is not None or self._places or special:
            for place, rotation in enumerate(plan.rotations):
                if (
                    self._override is not None
                    or rotation.id in self._places
                    or not special.isdisjoint(rotation.people)
                ):
                    self._known[place] = {}

    def tell(self, slots: Sequence[int]) -> tuple[Duty, ...]:
        """Who has the duty while these slots have their turns, by rotation."""
        return self._combine(self._find_shares(slots))

    def serve(self, slots: list[int], begin: int, changes: Iterable[tuple[int, Turn]]) -> Iterator[State]:
        """From `begin` on, where these slots have their turns: each instant at which others may have the duty, and who has
        it then. `slots` keeps which have their turns, for the next desk."""
        self._sit(slots)
        shares, firsts, sizes, known = self._shares, self._firsts, self._sizes, self._known
        now = begin
        for instant, (place, slot) in changes:
            if instant != now:
                duties = self._list_duties()
                yield now, duties, None if duties else self._tell_nobody()
                now = instant
            slots[place] = slot
            share, old = known[place].get(slot) or self._find_share(place, slot), shares[place]
            if share is not old:
                shares[place], firsts[place] = share, share.first
                if share.size is not old.size:
                    sizes[old.size] -= 1
                    sizes[share.size] += 1
        duties = self._list_duties()
        yield now, duties, None if duties else self._tell_nobody()

    def _find_shares(self, slots: Sequence[int]) -> list[Share]:
        return [
            known.get(slot) or self._find_share(place, slot)
            for place, (slot, known) in enumerate(zip(slots, self._known, strict=True))
        ] or [self._whole]

    def _sit(self, slots: Sequence[int]) -> None:
        self._shares = self._find_shares(slots)
        self._firsts = [share.first for share in self._shares]
        self._sizes = [0, 0, 0]
        for share in self._shares:
            self._sizes[share.size] += 1

    def _list_duties(self) -> tuple[Duty, ...]:
        """Who has the duty now. It is asked at each change of shift, so the usual cases are quick."""
        if self._override is None and not self.plan.layered and not self._sizes[SEVERAL]:
            if not self._sizes[NONE]:
                return tuple(self._firsts)  # type: ignore[arg-type]  # there is one of each
            if self._sizes[ONE]:
                return tuple(filter(None, self._firsts))
        return self._combine(self._shares)

    def _tell_nobody(self) -> Nobody:
        """Why nobody has it. What was not meant says more than what was."""
        causes = [share.nobody for share in set(self._shares) if share.nobody is not None]
        return min(causes, key=lambda cause: SEVERITY[cause], default=Nobody.UNCOVERED)

    def _combine(self, shares: Sequence[Share]) -> tuple[Duty, ...]:
        if self.plan.layered:
            upper = next((share.duties for share in shares if share.duties), ())
            return upper or next((share.reluctant for share in shares if share.reluctant), ())
        each = dict.fromkeys(shares)  # an override of all rotations counts once
        duties = [duty for share in each for duty in share.duties]
        return tuple(duties or [duty for share in each for duty in share.reluctant])

    def _find_share(self, place: int, slot: int) -> Share:
        """What the rotation at this place gives while this slot has its turn; it is known from then on."""
        rotation = self.plan.rotations[place]
        override = self._places.get(rotation.id)
        if override is not None and slot != OFF_DUTY:
            share = self._give(override, rotation.id)
        elif self._override is not None:
            share = self._whole
        else:
            share = NOTHING if slot == OFF_DUTY else self._take_turn(rotation, slot)
        self._known[place][slot] = share
        return share

    def _give(self, override: Override, rotation: int | None) -> Share:
        """The duty of whom an override names. It counts more than their time off, which they may have forgotten; not more
        than that of whom they forward to."""
        if override.person is None:
            return Share(nobody=Nobody.OVERRIDE)
        way = self._pass_on(override.person, override.id)
        is_off = bool(way.passed_by) and self._is_off(way)
        duty = _make_duty(way, rotation, override.id, is_off=is_off)
        return Share(reluctant=(duty,)) if is_off else Share((duty,))

    def _take_turn(self, rotation: Rotation, first: int) -> Share:
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
            if way.person not in found and way.person not in self.plan.gone:
                is_off = self._is_off(way)
                found[way.person] = _make_duty(way, rotation, None, slot.team, instead_of, is_off=is_off)
        duties = tuple(found.values())
        if not self._off:
            return duties, ()
        return tuple(one for one in duties if not one.is_off), tuple(one for one in duties if one.is_off)

    def _is_gone(self, person: int, since: int) -> bool:
        """Whether an override that names them gives the duty to somebody who was switched off: then it does not count."""
        return bool(self.plan.gone) and self._pass_on(person, since).person in self.plan.gone

    def _is_off(self, way: Way) -> bool:
        """Whoever took it in a swap said that they come."""
        return way.person in self._off and way.swap is None

    def _pass_on(self, person: int, since: int | None = None) -> Way:
        """Through swaps and forwardings. In a circle of forwardings it stays with the one at whom the circle closes. What an
        override says was not known to the swaps before it (`since`)."""
        if not self._swaps and person not in self._takers:
            return Way(person, (), None)
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
    person, passed_by, swap = way
    if swap is None:
        return Duty(person, rotation, override, team, passed_by, instead_of, is_off)
    return Duty(person, rotation, swap.id, team, passed_by, instead_of, is_off, swap.giver)
