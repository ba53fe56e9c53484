"""Who is on call, found the slow way: minute by minute, from the rules of docs/oncall.md and nothing of the resolver.

It watches a clock on the wall from six hours before, counts handoffs one by one, and asks each rule anew for each minute.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.oncall.plan import Plan, Rotation, Slot
from storage.words import RotationKind

MINUTE = timedelta(minutes=1)
UNITS = {
    RotationKind.HOURLY: timedelta(hours=1),
    RotationKind.DAILY: timedelta(days=1),
    RotationKind.WEEKLY: timedelta(weeks=1),
}
Said = frozenset[tuple[int, int | None, int | None]]
"""Each person on call, with the rotation and the override that say so."""


def watch_wall(zone: str, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Each minute, and what a clock on the wall shows that never goes back."""
    moment, shown, there = start - timedelta(hours=6), datetime(1, 1, 1), ZoneInfo(zone)
    while moment < end:
        shown = max(shown, moment.astimezone(there).replace(tzinfo=None))
        if moment >= start:
            yield moment, shown
        moment += MINUTE


class Oracle:
    def __init__(self, plan: Plan, end: datetime) -> None:
        self.plan = plan
        self.handoffs: dict[int, list[datetime]] = {}
        until = end.astimezone(UTC).replace(tzinfo=None) + timedelta(days=2)
        for rotation in plan.rotations:
            handoffs = self.handoffs[rotation.id] = []
            handoff = rotation.starts
            while handoff <= until:
                handoffs.append(handoff)
                handoff += UNITS[rotation.kind] * rotation.length

    def ask(self, moment: datetime, wall: datetime) -> Said:
        self.moment = moment
        self.off = {one.person for one in self.plan.times_off if one.start <= moment < one.end}
        layers = [self._ask_rotation(rotation, wall) for rotation in self.plan.rotations]
        general = [
            number
            for number, one in enumerate(self.plan.overrides)
            if one.rotation is None
            and one.giver is None
            and one.start <= moment < one.end
            and self._counts(number)
        ]
        answers: list[tuple[Said, Said]] = []
        for rotation, (own, reluctant) in zip(self.plan.rotations, layers, strict=True):
            special = self._find_special(rotation, moment, wall)
            if special is not None and (not general or special > general[-1]):
                answers.append(self._ask_override(special, rotation.id))
            elif general:
                answers.append(self._ask_override(general[-1], None))
            else:
                answers.append((own, reluctant))
        if not self.plan.rotations and general:
            answers.append(self._ask_override(general[-1], None))
        for place in (0, 1):
            found = [answer[place] for answer in answers if answer[place]]
            if found:
                return found[0] if self.plan.layered else frozenset().union(*found)
        return frozenset()

    def _find_special(self, rotation: Rotation, moment: datetime, wall: datetime) -> int | None:
        if self._find_slot(rotation, wall) is None:
            return None
        return max(
            (
                number
                for number, one in enumerate(self.plan.overrides)
                if one.rotation == rotation.id and one.start <= moment < one.end and self._counts(number)
            ),
            default=None,
        )

    def _counts(self, number: int) -> bool:
        """An override that gives the duty to somebody who is gone counts for nothing."""
        person = self.plan.overrides[number].person
        return person is None or self._pass_on(person, number)[0] not in self.plan.gone

    def _ask_override(self, number: int, rotation: int | None) -> tuple[Said, Said]:
        override = self.plan.overrides[number]
        if override.person is None:
            return frozenset(), frozenset()
        person, swap, forwarded = self._pass_on(override.person, number)
        said = frozenset({(person, rotation, swap or override.id)})
        if forwarded and person in self.off and not swap:
            return frozenset(), said
        return said, frozenset()

    def _ask_rotation(self, rotation: Rotation, wall: datetime) -> tuple[Said, Said]:
        number = self._find_slot(rotation, wall)
        if number is None:
            return frozenset(), frozenset()
        slots = [*rotation.slots[number:], *rotation.slots[:number]]
        if not slots[0].people and slots[0].team is None:
            return frozenset(), frozenset()
        reluctant = {
            (one, rotation.id, swap)
            for one, swap in self._list_final(slots[0])
            if one in self.off and swap is None
        }
        for slot in slots:
            present = {
                (one, rotation.id, swap)
                for one, swap in self._list_final(slot)
                if one not in self.off or swap is not None
            }
            if present:
                return frozenset(present), frozenset(reluctant) if slot is slots[0] else frozenset()
        return frozenset(), frozenset(reluctant)

    def _list_final(self, slot: Slot) -> set[tuple[int, int | None]]:
        """Each person once, by the way of the first of the slot who comes to them."""
        final: dict[int, int | None] = {}
        for one in slot.people:
            person, swap, _ = self._pass_on(one)
            if person not in self.plan.gone and person not in final:
                final[person] = swap
        return set(final.items())

    def _find_slot(self, rotation: Rotation, wall: datetime) -> int | None:
        """The number of the slot whose turn it is, within the rotation's life and hours."""
        if (
            wall < rotation.starts
            or (rotation.ends is not None and wall >= rotation.ends)
            or not rotation.slots
        ):
            return None
        minute = wall.weekday() * 1440 + wall.hour * 60 + wall.minute
        inside = [
            one.start <= minute < one.end if one.start < one.end else minute >= one.start or minute < one.end
            for one in rotation.restrictions
        ]
        if inside and not any(inside):
            return None
        return (bisect_right(self.handoffs[rotation.id], wall) - 1) % len(rotation.slots)

    def _pass_on(self, person: int, since: int = -1) -> tuple[int, int | None, bool]:
        """Follow swaps and forwardings; the newest forwarding of a person counts, and what goes to somebody who is gone
        counts for nothing. Returns who has it, the swap that came last, and whether it was forwarded."""
        person, swap = self._swap(person, since)
        way = [person]
        while True:
            taker = None
            for one in self.plan.forwardings:
                in_force = one.start <= self.moment < one.end and one.taker not in self.plan.gone
                if one.giver == way[-1] and in_force:
                    taker = one.taker
            if taker is None:
                return way[-1], swap, len(way) > 1
            taker, swap = self._swap(taker, since)
            if taker in way:
                return taker, swap, way.index(taker) > 0
            way.append(taker)

    def _swap(self, giver: int, since: int) -> tuple[int, int | None]:
        """Let each swap that was made after the override `since` take its turn."""
        person, last = giver, None
        for one in self.plan.overrides[since + 1 :]:
            in_force = one.start <= self.moment < one.end and one.person not in self.plan.gone
            if one.giver is not None and one.giver == person and one.person is not None and in_force:
                person, last = one.person, one.id
        return person, None if person == giver else last
