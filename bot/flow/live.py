"""Tells open pages what has changed, by topic (`incident:7`), after a commit. Carries no content: pages ask again."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager


class Listener:
    """One open page: the topics it wants, and those that changed since it last looked."""

    def __init__(self, topics: set[str]) -> None:
        self.topics = topics
        self.changed: set[str] = set()
        self._wake = asyncio.Event()

    def hear(self, topics: Iterable[str]) -> None:
        wanted = self.topics.intersection(topics)
        if wanted:
            self.changed |= wanted
            self._wake.set()

    def close(self) -> None:
        self.topics = set()
        self._wake.set()

    async def changes(self, heartbeat: float) -> AsyncIterator[set[str]]:
        """Yield the topics that changed; an empty set after `heartbeat` seconds without one. Ends when closed."""
        while self.topics:
            try:
                await asyncio.wait_for(self._wake.wait(), heartbeat)
            except TimeoutError:
                yield set()
                continue
            self._wake.clear()
            changed, self.changed = self.changed, set()
            if changed:
                yield changed


class Live:
    """Everybody who listens in this process."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    def publish(self, topics: Iterable[str]) -> None:
        for listener in self._listeners:
            listener.hear(topics)

    def publish_all(self) -> None:
        """Something changed, and nobody knows what."""
        for listener in self._listeners:
            listener.hear(listener.topics)

    @contextmanager
    def listen(self, topics: set[str]) -> Iterator[Listener]:
        listener = Listener(topics)
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def close(self) -> None:
        """Let every open page go, so that the server can stop at once."""
        for listener in self._listeners:
            listener.close()
