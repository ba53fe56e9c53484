"""The port of a notification channel. A channel knows only plain values: an address and a notice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from bot.errors import Rejected


@dataclass(frozen=True)
class Notice:
    """What a person is told. `thread` groups the notices of one alert or incident where the channel can show that."""

    subject: str
    text: str
    html: str = ""
    short: str = ""
    """The same in one breath, for SMS."""
    short_reply: str = ""
    """The same, with what to answer by SMS."""
    noted: str = ""
    """The same below the title of a notification, which has its own buttons."""
    spoken: str = ""
    """The same for a voice, with what the keys do."""
    status_url: str = ""
    """Where whoever carries it tells what became of it."""
    keys_url: str = ""
    """Where the keys that somebody presses go."""
    thread: str = ""
    priority: str = ""
    """P1 to P5; empty where it is about nothing that has one."""
    url: str = ""
    """Where to look."""
    answer_url: str = ""
    """Who opens it can acknowledge, without signing in; empty when there is nothing to acknowledge."""
    answer_word: str = ""
    """What the button for that says."""
    code: str = ""
    """The code that shows that the address is theirs; nothing else then."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The contact method's own."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """The same for programs."""


class Notifier(Protocol):
    """One way to reach a person. Raises Retry when it may work later and Rejected when it never will."""

    @property
    def name(self) -> str: ...

    async def send(self, address: str, notice: Notice, key: str) -> str:
        """Hand the notice over; returns the evidence (an id of the other side). `key` is the same on each attempt."""
        ...

    async def check(self) -> bool:
        """Raise Retry or Rejected unless the channel could send now; False when there is nobody to ask. For `doctor`."""
        ...


@runtime_checkable
class Withdrawing(Protocol):
    """A notifier that can take back what it has sent, or put a quiet note in its place."""

    async def withdraw(self, address: str, sent: str, notice: Notice, key: str) -> None:
        """Nobody is needed any more for what was sent to this address (`sent` is its evidence); `notice` says why. Wakes
        nobody. Raises Retry and Rejected."""
        ...


class Gone(Rejected):
    """The address is no more: nothing will ever go there again."""
