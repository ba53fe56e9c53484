"""What goes wrong at Slack, on purpose: errors, rate limits, late answers, answers that never come."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from tests.platforms.slack.things import Json


@dataclass
class Fault:
    """One kind of trouble for the calls that it fits."""

    method: str
    kind: str
    channel: str | None = None
    times: int | None = 1
    error: str = ""
    retry_after: int = 0

    def fits(self, method: str, args: Json) -> bool:
        where = args.get("channel") or args.get("channel_id")
        return self.method in (method, "*") and self.channel in (None, where)


@dataclass
class Faults:
    """The troubles that are still to come, the oldest first."""

    waiting: list[Fault] = field(default_factory=list)
    limit_posts: bool = False
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, method: str, args: Json) -> Fault | None:
        """The trouble of this call, which is then used up by one."""
        for fault in self.waiting:
            if fault.fits(method, args):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self.waiting.remove(fault)
                return fault
        if self.limit_posts and method == "chat.postMessage":
            wait = self._spend(str(args.get("channel")))
            if wait:
                return Fault(method, "rate_limit", retry_after=wait)
        return None

    def _spend(self, channel: str) -> int:
        """One message per second and channel, three at once; returns how long to wait, in whole seconds."""
        now = time.monotonic()
        left, at = self._buckets.get(channel, (3.0, now))
        left = min(3.0, left + now - at)
        if left < 1:
            self._buckets[channel] = (left, now)
            return math.ceil(1 - left)
        self._buckets[channel] = (left - 1, now)
        return 0
