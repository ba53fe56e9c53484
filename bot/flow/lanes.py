"""Lanes of the outbox. What stands after the @ of a stream (`INC-7@slack`) is one other side: a platform or a channel.

When it does not answer, its lane narrows to one delivery at a time, after a growing pause: one row asks whether it is back,
and hundreds wait. With each answer the lane widens again. Only a real answer counts: a row that had nothing to send proves
nothing, so whoever talks to the other side says `note_answer`.
"""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta

WIDTH = 8
"""How many deliveries of one lane run side by side."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
"""Seconds until a lane that failed is tried again: short enough that what waits goes within seconds of a return."""


def lane_of(stream: str) -> str:
    """What stands after the @ of a stream; empty when there is none."""
    return stream.rpartition("@")[2] if "@" in stream else ""


def is_ahead(moment: datetime, now: datetime) -> bool:
    """Whether a pause lasts until then. What is further ahead than any pause is none: the clock was put back."""
    return now < moment <= now + timedelta(seconds=LONGEST_PAUSE)


@dataclass
class Heard:
    """Whether the other side has answered during one delivery."""

    answered: bool = False


heard: ContextVar[Heard | None] = ContextVar("heard", default=None)


def note_answer() -> None:
    """The other side has answered the delivery that is going on here, be it with a refusal."""
    if (now := heard.get()) is not None:
        now.answered = True


@dataclass
class Lane:
    """`turn` counts the failures ever, so that what was sent side by side fails once."""

    width: int = WIDTH
    failures: int = 0
    turn: int = 0
    opens_at: datetime | None = None
    since: datetime | None = None


class Lanes:
    """What this process knows of each lane. Streams without an @ have none, and are never held."""

    def __init__(self) -> None:
        self._known: dict[str, Lane] = {}

    def width(self, name: str, now: datetime) -> int:
        """How many deliveries may run side by side now; 0 while it pauses."""
        lane = self._known.get(name)
        if lane is None:
            return WIDTH
        return 0 if lane.opens_at is not None and is_ahead(lane.opens_at, now) else lane.width

    def turn(self, name: str) -> int:
        """What to remember when a delivery begins."""
        lane = self._known.get(name)
        return lane.turn if lane is not None else 0

    def is_failing(self, name: str) -> bool:
        return name in self._known and self._known[name].failures > 0

    def is_away(self, name: str) -> bool:
        """Whether it has failed more than once in a row: one failure may be that of one delivery."""
        return name in self._known and self._known[name].failures > 1

    def since(self, name: str) -> datetime | None:
        """When the first of the failures in a row began."""
        return self._known[name].since if name in self._known else None

    def fail(self, name: str, turn: int, now: datetime, started_at: datetime) -> float:
        """A delivery that began at `turn` found nobody there; returns the pause in seconds."""
        lane = self._known.setdefault(name, Lane())
        lane.since = min(lane.since or started_at, started_at)
        if turn == lane.turn:
            lane.turn += 1
            lane.failures += 1
            lane.width = 1
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(lane.failures - 1, 10))
            lane.opens_at = now + timedelta(seconds=pause)
        return max((lane.opens_at - now).total_seconds(), FIRST_PAUSE) if lane.opens_at else FIRST_PAUSE

    def answer(self, name: str) -> None:
        """The other side has answered."""
        lane = self._known.get(name)
        if lane is not None:
            lane.failures, lane.opens_at, lane.since = 0, None, None
            lane.width = min(2 * lane.width, WIDTH)

    def list_closed(self, now: datetime, busy: dict[str, int]) -> list[str]:
        """Lanes from which nothing may be taken now."""
        names = {*self._known, *busy}
        return sorted(name for name in names if name and busy.get(name, 0) >= self.width(name, now))

    def list_pausing(self, now: datetime) -> list[str]:
        """Those of them from which nothing may be taken however little is under way."""
        return [name for name in self._known if self.width(name, now) == 0]

    def find_next_opening(self, now: datetime) -> datetime | None:
        """When the next lane that pauses may be tried."""
        moments = [one.opens_at for one in self._known.values() if one.opens_at is not None]
        return min((moment for moment in moments if is_ahead(moment, now)), default=None)
