"""How often something may happen within a while, for each of many names. Kept by this process only, and bounded."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

MOST_NAMES = 10_000


class Rate:
    """At most `times` within `span`."""

    def __init__(self, times: int, span: timedelta) -> None:
        self.times, self.span = times, span
        self._seen: OrderedDict[str, deque[datetime]] = OrderedDict()

    def seconds_to_wait(self, name: str, now: datetime) -> int:
        """In how many seconds it may happen again; 0 when it may now."""
        seen = self._seen.get(name, deque())
        while seen and now - seen[0] >= self.span:
            seen.popleft()
        if len(seen) < self.times:
            return 0
        return int((seen[0] + self.span - now).total_seconds()) + 1

    def note(self, name: str, now: datetime) -> None:
        """It happens now. The name that was seen longest ago is forgotten when there are too many."""
        self._seen.setdefault(name, deque(maxlen=self.times)).append(now)
        self._seen.move_to_end(name)
        if len(self._seen) > MOST_NAMES:
            self._seen.popitem(last=False)
