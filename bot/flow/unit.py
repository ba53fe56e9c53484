"""One unit of work: one transaction in which a concern decides, changes rows and emits events.

Before the commit each event passes through the reaction table once; what that queues (outbox rows, timers) is written
in the same transaction. After the commit the workers are woken. A unit that conflicts with another is run again, so
its function must not do anything outside the database.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Protocol, TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.util import identity_key

from bot.errors import Unavailable
from bot.flow.live import Live
from bot.logs import get_logger
from storage.engine import Conflict, Database, StorageUnavailable
from storage.models import Model
from storage.questions import queues
from storage.words import UserRole

log = get_logger(__name__)
T = TypeVar("T")
M = TypeVar("M", bound=Model)
RUNS = 5
"""How often a unit is run again after a conflict before the caller is told."""


class Event:
    """Something that has happened. Subclasses are frozen dataclasses named in the past tense."""


@dataclass(frozen=True)
class Actor:
    """Who does it. `user_id` is None for the bot itself and for senders."""

    name: str
    user_id: int | None = None
    platform: str = ""
    sees_private: bool | None = None
    """Whether private incidents exist for it, where a key says so; None leaves that to the person."""


BOT = Actor("Tocsin")


class Clock(Protocol):
    """Tells the time, in UTC."""

    def now(self) -> datetime: ...


@dataclass(frozen=True)
class Installation:
    """What this process is set up with: its address, the chat platforms that are on, and the ways to reach a person
    (a chat platform's name, or email)."""

    public_url: str = "http://127.0.0.1:8080"
    platforms: tuple[str, ...] = ("room",)
    methods: tuple[str, ...] = ("room",)
    visitor_role: UserRole = UserRole.RESPONDER
    """What a member of a chat workspace may do whom Tocsin does not know yet."""
    file_limit: int = 10 * 1024 * 1024
    """The largest file of a message that is kept, in bytes."""
    takes_mail: bool = False
    """Whether it listens for mail that senders write."""
    archive_after: timedelta | None = None
    """How long after its incident is closed a room is archived; None for never."""
    keep_alerts: timedelta | None = None
    """How long closed alerts are kept that belong to no incident; None for ever."""
    config_file: str = ""
    """The configuration file that it was started with, if any."""
    shift_notice: timedelta | None = timedelta(hours=24)
    """How long before a shift its person is told; None when nobody is told of shifts."""


class Unit:
    """What a concern's function gets: the session, the time, who acts, and where to put what follows."""

    def __init__(
        self,
        session: AsyncSession,
        now: datetime,
        actor: Actor,
        installation: Installation,
        writes: bool = True,
    ) -> None:
        self.session = session
        self.writes = writes
        self.now = now
        self.actor = actor
        self.installation = installation
        self.events: deque[Event] = deque()
        self.touched: set[str] = set()
        self.earliest: datetime | None = None
        self.known: dict[object, Any] = {}
        """Answers that hold for the whole unit, by question: asked once for a group of signals or timers."""
        self._locked: set[Model] = set()
        self._gathered: dict[Callable[[Unit, list[Any]], Awaitable[None]], list[Any]] = {}
        self._rows: dict[object, dict[str, Any]] = {}
        self._timers: dict[tuple[str, str], dict[str, Any] | None] = {}

    def emit(self, event: Event) -> None:
        """Say that something happened; the reaction table decides what follows."""
        self.events.append(event)

    def touch(self, *topics: str) -> None:
        """Tell open pages, after the commit, that what they show of these topics (`incident:7`) has changed."""
        self.touched.update(topics)

    def gather(self, finish: "Callable[[Unit, list[T]], Awaitable[None]]", one: T) -> None:
        """Do something for many at once: `finish` gets all that were gathered for it, before an event of another kind is
        reacted to and at the latest before the commit."""
        self._gathered.setdefault(finish, []).append(one)

    async def finish_gathered(self) -> None:
        """Do now what was gathered."""
        while self._gathered:
            finish = next(iter(self._gathered))
            await finish(self, self._gathered.pop(finish))

    async def lock(self, row: Model) -> None:
        """Let nobody else change this row until the unit is over, and read it anew, unless that was done before. SQLite has
        one writer anyhow, and a unit that only looks needs no lock."""
        if self.writes and not self._is_sqlite and row not in self._locked:
            await self.session.refresh(row, with_for_update=True)
            self._locked.add(row)

    async def read_many(self, model: type[M], ids: Collection[int], lock: bool = False) -> dict[int, M]:
        """Rows by id, locked as by `lock`: one question for all that the unit has not read yet. They stay in the session for
        the whole unit, so that `get` finds them without asking."""
        known = self.known.setdefault(("rows", model), {})
        for number in ids:
            if number not in known and (row := self.session.identity_map.get(identity_key(model, number))):
                known[number] = row
        wanted = {
            number for number in ids if number not in known or (lock and known[number] not in self._locked)
        }
        if wanted:
            is_locking = lock and self.writes and not self._is_sqlite
            rows = (await self.session.scalars(_by_id(model, is_locking), {"ids": list(wanted)})).all()
            known.update((row.id, row) for row in rows)
            if lock:
                self._locked.update(rows)
        return {number: known[number] for number in ids if number in known}

    @property
    def _is_sqlite(self) -> bool:
        return self.session.get_bind().dialect.name == "sqlite"

    def put(
        self,
        stream: str,
        kind: str,
        subject: str,
        *,
        coalesce: bool = False,
        payload: dict[str, Any] | None = None,
        patient: bool = False,
    ) -> None:
        """Queue something to show or send. With `coalesce`, one waiting row of this stream, kind and subject is enough; when
        it waits because it was too early for it (`Later`), it goes at once, unless all that want it are `patient`."""
        key: object = (stream, kind, subject) if coalesce else object()
        if not patient and key in self._rows:
            self._rows[key]["patient"] = False
        if key not in self._rows:
            self._rows[key] = {
                "stream": stream,
                "kind": kind,
                "subject": subject,
                "payload": payload or {},
                "patient": patient,
                "coalesce_row": coalesce,
                "state": "pending",
                "attempts": 0,
                "created_at": self.now,
                "not_before": self.now,
                "maybe_sent": False,
                "error": "",
            }

    def plan(self, kind: str, subject: str, due_at: datetime, payload: dict[str, Any] | None = None) -> None:
        """Do something later; a timer of the same kind and subject is moved."""
        self._timers[kind, subject] = {
            "kind": kind,
            "subject": subject,
            "due_at": due_at,
            "payload": payload or {},
            "attempts": 0,
            "error": "",
        }

    def cancel(self, kind: str, subject: str) -> None:
        """Forget a planned timer, if there is one."""
        self._timers[kind, subject] = None

    async def write_queues(self) -> None:
        """Write what was put and planned; called once, just before the commit."""
        if self._rows or self._timers:
            await self.session.flush()
        if self._rows:
            await queues.put_rows(self.session, list(self._rows.values()))
        gone = [key for key, timer in self._timers.items() if timer is None]
        if gone:
            await queues.cancel_timers(self.session, gone)
        planned = [timer for timer in self._timers.values() if timer is not None]
        if planned:
            await queues.plan_timers(self.session, planned)
            self.earliest = min(timer["due_at"] for timer in planned)

    @property
    def has_queued(self) -> bool:
        """Whether something was queued that is not patient: that may wait until the loop looks by itself."""
        return any(not row["patient"] for row in self._rows.values())


@cache
def _by_id(model: type[Model], lock: bool) -> Any:
    """The question is built once: that costs as much as asking it."""
    number = model.__table__.c.id
    asked = select(model).where(number.in_(bindparam("ids", expanding=True))).order_by(number)
    return asked.with_for_update().execution_options(populate_existing=True) if lock else asked


Reaction = Callable[[Unit, Any], Awaitable[None]]
Reactions = dict[type[Event], tuple[Reaction, ...]]


class _Undone(Exception):
    """Raised at the end of a rehearsal, so that its transaction is rolled back."""


@dataclass
class Work:
    """Runs units of work. The composition root gives it the reaction table; delivery and timers listen to its wakes."""

    database: Database
    clock: Clock
    reactions: Reactions
    installation: Installation = field(default_factory=Installation)
    live: Live = field(default_factory=Live)
    on_queued: Callable[[], None] = lambda: None
    on_planned: Callable[[datetime], None] = lambda _: None
    on_committed: Callable[[set[str], bool, datetime | None], None] = lambda _topics, _queued, _due: None
    """Told of each unit: the topics that changed, whether something was queued, when the earliest new timer is due."""

    async def run(self, change: Callable[[Unit], Awaitable[T]], actor: Actor = BOT) -> T:
        """Run `change` in one transaction with its reactions, and return what it returns.

        Raises whatever `change` raises (nothing is kept then) and Unavailable when the database cannot commit.
        """
        for attempt in range(1, RUNS + 1):
            try:
                async with self.database.write() as session:
                    unit = Unit(session, self.clock.now(), actor, self.installation)
                    result = await change(unit)
                    await self._react(unit)
                    await unit.write_queues()
            except Conflict as conflict:
                log.info("unit.conflict", attempt=attempt, reason=str(conflict)[:200])
                if attempt == RUNS:
                    raise Unavailable("storage.conflict") from conflict
                await asyncio.sleep(0.005 * attempt)
            except StorageUnavailable as gone:
                log.warning("storage.unavailable", reason=str(gone)[:200])
                raise Unavailable("storage.unavailable") from gone
            else:
                self._wake(unit)
                return result
        raise AssertionError("unreachable")

    async def rehearse(self, change: Callable[[Unit], Awaitable[T]], actor: Actor = BOT) -> T:
        """Like run, but nothing of it is kept and nothing follows: to see what a change would do."""
        results: list[T] = []

        async def try_it(unit: Unit) -> None:
            results.append(await change(unit))
            raise _Undone

        try:
            await self.run(try_it, actor)
        except _Undone:
            return results[-1]
        raise AssertionError("unreachable")

    async def look(self, ask: Callable[[Unit], Awaitable[T]], actor: Actor = BOT) -> T:
        """Like run, for functions that only ask: nothing they change is kept, and no writer waits for them."""
        try:
            async with self.database.read() as session:
                return await ask(Unit(session, self.clock.now(), actor, self.installation, writes=False))
        except StorageUnavailable as gone:
            raise Unavailable("storage.unavailable") from gone

    async def _react(self, unit: Unit) -> None:
        """Events in their order; what several of one kind in a row gather is done for all of them at once."""
        kind: type[Event] | None = None
        await unit.finish_gathered()
        while unit.events:
            if type(unit.events[0]) is not kind:
                kind = type(unit.events[0])
                await unit.finish_gathered()
            event = unit.events.popleft()
            for reaction in self.reactions.get(type(event), ()):
                await reaction(unit, event)
            if not unit.events:
                await unit.finish_gathered()

    def _wake(self, unit: Unit) -> None:
        if unit.touched:
            self.live.publish(unit.touched)
        if unit.has_queued:
            self.on_queued()
        if unit.earliest is not None:
            self.on_planned(unit.earliest)
        self.on_committed(unit.touched, unit.has_queued, unit.earliest)
