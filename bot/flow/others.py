"""The other replicas on the same PostgreSQL: what changed here is told there at once, so that open pages follow, and what
was queued or planned here is done by whoever is free.

Nobody depends on it. Deliveries are looked for every second and timers every five; while nothing is heard, open pages are
told every few seconds to look again.
"""

import asyncio
import secrets
import time
from contextlib import suppress
from datetime import datetime

import msgspec
from prometheus_client import Gauge

from bot.flow.unit import Work
from bot.logs import get_logger
from storage.ear import LONGEST, Ear, EarGone, Voice, say_beside

log = get_logger(__name__)
HELLO_EVERY = 10.0
"""Seconds between two signs of life."""
HEAR_WITHIN = 5.0
"""So soon our own sign of life must be heard: through a pooler of connections it never is."""
GONE_AFTER = 35.0
"""Seconds without a sign of life after which a replica is not told any more."""
LOOK_EVERY = 3.0
"""While nothing is heard, open pages are told so often to look by themselves; then it is tried again."""
BYE_WITHIN = 1.0
replicas = Gauge("tocsin_replicas", "Processes on this database that were heard lately, this one too")
deaf = Gauge("tocsin_replicas_deaf", "1 while what other replicas say is not heard")


class Word(msgspec.Struct, omit_defaults=True):
    """`topics` that changed (None: too many to say), whether something was `queued`, and when the earliest of the new
    timers is `due`."""

    by: str
    hello: int = 0
    bye: bool = False
    topics: list[str] | None = []
    queued: bool = False
    due: datetime | None = None


class Others:
    """Tells the other replicas, and hears them."""

    def __init__(self, work: Work, ear: Ear) -> None:
        self.work, self.ear = work, ear
        self.name = secrets.token_hex(6)
        self.problem = ""
        """Why nothing is heard now; empty when it is."""
        self._seen: dict[str, float] = {}
        self._next = Word(self.name)
        self._wanted = asyncio.Event()
        self._hello = 0
        self._answered = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_listening(self) -> bool:
        """Whether this process was started to serve, and not for a look."""
        return self._task is not None

    def count(self) -> int:
        """How many replicas there are, this one too."""
        soon = time.monotonic() - GONE_AFTER
        return 1 + sum(at > soon for at in self._seen.values())

    # telling

    def tell(self, topics: set[str], queued: bool, due: datetime | None) -> None:
        """Say soon what has been committed here."""
        if not (topics or queued or due) or self.problem or self.count() == 1:
            return
        word = self._next
        word.topics = sorted({*(word.topics or ()), *topics})
        word.queued = word.queued or queued
        word.due = min((one for one in (word.due, due) if one is not None), default=None)
        self._wanted.set()

    async def _say_on(self, voice: Voice) -> None:
        """Say what is to be said; what comes while one word is said is said in the next."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            word, self._next = self._next, Word(self.name)
            await _say(voice, word)

    # hearing

    def hear(self, text: str) -> None:
        """A word of anybody."""
        with suppress(msgspec.MsgspecError):
            word = msgspec.json.decode(text, type=Word)
            if word.by == self.name:
                if word.hello == self._hello:
                    self._answered.set()
            elif word.bye:
                self._seen.pop(word.by, None)
            else:
                if word.by not in self._seen:
                    self._wanted.set()  # somebody new: says that there is this one
                self._seen[word.by] = time.monotonic()
                self._do(word)
            replicas.set(self.count())

    def _do(self, word: Word) -> None:
        if word.topics is None:
            self.work.live.publish_all()
        elif word.topics:
            self.work.live.publish(word.topics)
        if word.queued:
            self.work.on_queued()
        if word.due is not None:
            self.work.on_planned(word.due)

    def _look_at_everything(self) -> None:
        """Something may have been missed."""
        self.work.live.publish_all()
        self.work.on_queued()
        self.work.on_planned(self.work.clock.now())

    # living

    def start(self) -> None:
        self.work.on_committed = self.tell
        self._task = asyncio.create_task(self._live())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _live(self) -> None:
        while True:
            try:
                async with self.ear.listen(self.hear) as voice:
                    await self._stay(voice)
            except EarGone as gone:
                self._note(str(gone))
            await asyncio.sleep(LOOK_EVERY)
            self.work.live.publish_all()

    async def _stay(self, voice: Voice) -> None:
        """Give signs of life, as long as they are heard."""
        speaking: asyncio.Task[None] | None = None
        last = time.monotonic()
        try:
            while True:
                await self._greet()
                if self.problem or speaking is None or time.monotonic() - last > 2 * HELLO_EVERY:
                    self._note("")
                    self._look_at_everything()
                last = time.monotonic()
                speaking = speaking or asyncio.create_task(self._say_on(voice))
                await asyncio.wait([speaking], timeout=HELLO_EVERY)
                if speaking.done():
                    await speaking  # raises why it ended
        finally:
            if speaking is not None:
                speaking.cancel()
                await asyncio.gather(speaking, return_exceptions=True)
            with suppress(Exception):
                async with asyncio.timeout(BYE_WITHIN):
                    await _say(voice, Word(self.name, bye=True))

    async def _greet(self) -> None:
        self._hello += 1
        self._answered.clear()
        try:
            async with asyncio.timeout(HEAR_WITHIN):
                word = msgspec.json.encode(Word(self.name, hello=self._hello))
                await say_beside(self.work.database, word.decode())
                await self._answered.wait()
        except TimeoutError as error:
            raise EarGone("replicas.deaf") from error

    def _note(self, problem: str) -> None:
        if problem and problem != self.problem:
            log.warning("replicas.deaf", reason=problem[:200])
        elif self.problem and not problem:
            log.info("replicas.heard_again")
        self.problem = problem
        deaf.set(bool(problem))


async def _say(voice: Voice, word: Word) -> None:
    text = msgspec.json.encode(word)
    if len(text) > LONGEST:
        word.topics = None
        text = msgspec.json.encode(word)
    await voice.say(text.decode())
