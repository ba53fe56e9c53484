"""The port of a notification channel. A channel knows only plain values: an address and a notice."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Notice:
    """What a person is told. `thread` groups the notices of one alert or incident where the channel can show that."""

    subject: str
    text: str
    html: str = ""
    thread: str = ""


class Notifier(Protocol):
    """One way to reach a person. Raises Retry when it may work later and Rejected when it never will."""

    @property
    def name(self) -> str: ...

    async def send(self, address: str, notice: Notice, key: str) -> str:
        """Hand the notice over; returns the evidence (an id of the other side). `key` is the same on each attempt."""
        ...

    async def check(self) -> None:
        """Raise Retry or Rejected unless the channel could send now; for `doctor`."""
        ...
