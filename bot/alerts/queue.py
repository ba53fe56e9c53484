"""What waits to be committed by the intake: bounded, and fair between senders.

Each sender has a line of its own, in the order in which it sent; a group takes from the lines in turn. One sender may fill
only a part of what can be held, so that its storm refuses nothing that others send.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.alerts.payloads import Payload
from bot.alerts.signal import Signal

WAITING_LIMIT = 20_000
"""Signals that may wait in all."""
SHARE = WAITING_LIMIT // 2
"""Signals of one sender that may wait, unless they came in one request."""


@dataclass(frozen=True)
class Sender:
    """An integration as it was when a request was let in and read; the commit looks whether it still is so."""

    id: int
    digest: str
    settings: dict[str, Any]


@dataclass
class Delivery:
    """The signals of one request, and who waits for what becomes of them."""

    integration_id: int
    signals: Sequence[Signal]
    done: asyncio.Future[Any]
    payload: Payload | None = None
    sender: Sender | None = None


class FairQueue:
    """Lines of deliveries, one for each sender."""

    def __init__(self) -> None:
        self.count = 0
        """Signals that wait or are being committed."""
        self._lines: dict[int, deque[Delivery]] = {}
        self._counts: dict[int, int] = {}

    def __bool__(self) -> bool:
        return bool(self._lines)

    def has_room(self, integration_id: int, signals: int) -> bool:
        own = self._counts.get(integration_id, 0)
        return self.count + signals <= WAITING_LIMIT and (not own or own + signals <= SHARE)

    def add(self, delivery: Delivery) -> None:
        number, size = delivery.integration_id, len(delivery.signals)
        self._lines.setdefault(number, deque()).append(delivery)
        self._counts[number] = self._counts.get(number, 0) + size
        self.count += size

    def take(self, limit: int) -> list[Delivery]:
        """Deliveries of up to so many signals (at least one delivery), one of each sender in turn."""
        group: list[Delivery] = []
        size = 0
        while self._lines:
            number, line = next(iter(self._lines.items()))
            if group and size + len(line[0].signals) > limit:
                break
            group.append(line.popleft())
            size += len(group[-1].signals)
            del self._lines[number]
            if line:  # behind the others
                self._lines[number] = line
        return group

    def leave(self, group: Sequence[Delivery]) -> None:
        """These no longer wait."""
        for delivery in group:
            number, size = delivery.integration_id, len(delivery.signals)
            self.count -= size
            self._counts[number] -= size
            if not self._counts[number]:
                del self._counts[number]
