"""What the bot itself is about to change, so that the event that tells of it is not taken for a person's doing."""

import time

HELD = 60.0
"""So long an event of ours is waited for, in seconds."""


class OwnChanges:
    """Changes of one process. Another process hears of them, too: what it makes of them does no harm."""

    def __init__(self) -> None:
        self._noted: dict[tuple[str, str], float] = {}

    def note(self, channel: str, what: str) -> None:
        """Before it is done: the event can come before the answer."""
        now = time.monotonic()
        self._noted = {key: at for key, at in self._noted.items() if now - at < HELD}
        self._noted[channel, what] = now

    def is_ours(self, channel: str, what: str) -> bool:
        """Whether this was noted a moment ago."""
        noted = self._noted.get((channel, what))
        return noted is not None and time.monotonic() - noted < HELD
