"""What a test can order to go wrong at Slack, and what it can read about it."""

from __future__ import annotations

from tests.platforms.slack.courier import Courier
from tests.platforms.slack.faults import Fault, Faults
from tests.platforms.slack.sockets import Sockets
from tests.platforms.slack.things import Channel


class Trouble:
    """Errors, limits, slowness and cut connections."""

    faults: Faults
    courier: Courier
    connections: Sockets
    delay: float

    def fail(
        self, method: str, error: str, times: int | None = 1, channel: Channel | str | None = None
    ) -> None:
        """Answer with an error, so many times or until `mend()`; the method `*` means all."""
        self.faults.waiting.append(Fault(method, "error", _id(channel), times, error))

    def rate_limit(
        self, method: str, retry_after: int = 1, times: int | None = 1, channel: Channel | str | None = None
    ) -> None:
        """Answer 429 with Retry-After."""
        self.faults.waiting.append(Fault(method, "rate_limit", _id(channel), times, retry_after=retry_after))

    def answer_500(self, method: str, times: int | None = 1) -> None:
        """Answer 500, and do nothing."""
        self.faults.waiting.append(Fault(method, "500", None, times))

    def drop_answer(self, method: str, times: int | None = 1) -> None:
        """Do what is asked, and cut the connection instead of answering."""
        self.faults.waiting.append(Fault(method, "drop", None, times))

    def mend(self) -> None:
        """Forget every trouble that was ordered."""
        self.faults.waiting.clear()
        self.delay = 0.0

    def slow(self, seconds: float) -> None:
        """Answer every call so much later; what it does is done at once."""
        self.delay = seconds

    async def drop_sockets(self) -> None:
        """Cut all Socket Mode connections without a word, and wait until they are gone."""
        self.connections.cut()
        await self.connections.wait_for_none()

    async def refresh_sockets(self, reason: str = "refresh_requested") -> None:
        """Ask for new Socket Mode connections, as Slack does every few hours; or `warning`."""
        await self.connections.refresh(reason)

    @property
    def sockets(self) -> int:
        """How many Socket Mode connections are open."""
        return len(self.connections.open)

    @property
    def late(self) -> int:
        """How many envelopes nobody has acknowledged in time."""
        return self.connections.late

    # settings that others keep

    @property
    def request_url(self) -> str | None:
        return self.courier.request_url

    @request_url.setter
    def request_url(self, value: str | None) -> None:
        self.courier.request_url = value

    @property
    def redeliver(self) -> bool:
        return self.courier.redeliver

    @redeliver.setter
    def redeliver(self, value: bool) -> None:
        self.courier.redeliver = value

    @property
    def clock_skew(self) -> float:
        return self.courier.clock_skew

    @clock_skew.setter
    def clock_skew(self, value: float) -> None:
        self.courier.clock_skew = value

    @property
    def patience(self) -> float:
        return self.courier.patience

    @patience.setter
    def patience(self, value: float) -> None:
        self.courier.patience = value

    @property
    def limit_posts(self) -> bool:
        return self.faults.limit_posts

    @limit_posts.setter
    def limit_posts(self, value: bool) -> None:
        self.faults.limit_posts = value


def _id(channel: Channel | str | None) -> str | None:
    return channel.id if isinstance(channel, Channel) else channel
