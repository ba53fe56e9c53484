"""Which rows of the outbox may be claimed, as far as one process knows: it looks less often at everything the more waits.

To look at everything costs a microsecond for each row that waits, which is nothing until a storm has left a hundred
thousand of them behind one slow platform. Then most looks are only at what has come since, and at what follows in the
streams that were served, so that a page goes out as soon as ever; whatever else has become due is seen a second later.
"""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.flow.lanes import lane_of
from storage.questions import outbox as ask

LOOKED_AT = 200
"""So many rows are seen at once: more than go, so that a backlog is asked for once in many claims."""
CHEAP = 0.02
"""Seconds: a look at everything that takes no longer is made whenever there is room for more."""
SHARE = 10
LONGEST_PAUSE = 1.0
"""A dearer look comes after so many times as long as it took, and after so many seconds at most."""
PAGES = "page:"
"""How the streams of pages begin."""


@dataclass(frozen=True)
class Shut:
    """Lanes from which nothing may be taken now, and which of them pause."""

    lanes: set[str]
    pausing: set[str]


class Claimable:
    """`streams` are rows that were seen to be claimable, by id; `served` the streams in which something has gone since."""

    def __init__(self) -> None:
        self.streams: dict[int, str] = {}
        self.served: set[str] = set()
        self._newest = 0
        """Rows up to this id have been looked at."""
        self._unseen: set[str] = set()
        """Lanes that were left out at the last look at everything, or had more than was seen."""
        self._is_cut = True
        """Whether it stopped before the end."""
        self._took = 0.0
        self._pause = 0.0
        self._looked_at = 0.0

    def list_in_order(self) -> list[tuple[int, str]]:
        """In the order in which they go: a page waits for no card."""
        return sorted(self.streams.items(), key=lambda row: not row[1].startswith(PAGES))

    def take(self, chosen: Collection[int]) -> None:
        """These are about to be leased."""
        for number in chosen:
            del self.streams[number]

    def seconds_to_look(self) -> float:
        """Until everything is looked at again, where that was put off; longer than anybody waits otherwise."""
        return max(self._looked_at + self._pause - time.monotonic(), 0.01) if self._pause else float("inf")

    async def look(
        self,
        session: AsyncSession,
        now: datetime,
        kinds: Sequence[str],
        shut: Shut,
        lacks: bool,
        patient: bool,
    ) -> None:
        """Find more of what may go, in lanes that are not shut and have nothing in hand, and pages in all that don't pause.
        Everything is looked at when more can go than is in hand (`lacks`). Whoever is patient will ask again, and has that
        put off while it costs much, unless a lane is known to have more."""
        served, self.served = self.served, set()
        left_out = {*shut.lanes, *map(lane_of, self.streams.values())}
        is_hungry = self._is_cut or not self._unseen <= left_out
        since = time.monotonic() - self._looked_at
        if patient:
            is_time = since >= (self._pause if lacks else LONGEST_PAUSE)
        else:
            is_time = lacks
        if is_time or is_hungry:
            found = await self._look_at_everything(session, now, kinds, left_out, shut.pausing)
        else:
            found = await ask.list_fresh(
                session, now, LOOKED_AT, kinds, shut.pausing, left_out, self._newest, served
            )
        self.streams.update(found)

    async def _look_at_everything(
        self,
        session: AsyncSession,
        now: datetime,
        kinds: Sequence[str],
        left_out: set[str],
        pausing: set[str],
    ) -> dict[int, str]:
        begun = time.monotonic()
        if self._is_cut or self._took > CHEAP:  # otherwise all is looked at again before it matters
            self._newest = await ask.find_newest(session) or self._newest
        found = await ask.list_claimable(session, now, LOOKED_AT, kinds, left_out)
        pages = {}
        if full := left_out - pausing:
            pages = await ask.list_claimable_pages(session, now, LOOKED_AT, kinds, full)
        took, before = time.monotonic() - begun, self._took
        self._is_cut = len(found) == LOOKED_AT
        self._unseen = {*left_out, *(map(lane_of, found.values()) if self._is_cut else ())}
        if not self._is_cut:
            self._took = took
            dear = min(took, before)  # one that took long because something else did says nothing
            self._pause = min(SHARE * dear, LONGEST_PAUSE) if dear > CHEAP else 0.0
            self._looked_at = begun + took
        return {**found, **pages}
