"""Does what the plan says: each fault begins at its time, lasts, and is taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tests.chaos.plan import Applied, Fault

if TYPE_CHECKING:
    from tests.chaos.postgres import Postgres
    from tests.chaos.run import World


class Injector:
    def __init__(self, world: World) -> None:
        self.world = world
        self._tasks: set[asyncio.Task[None]] = set()
        self._frozen: dict[int, int] = {}
        self._lines: dict[int, list[str]] = {}
        """What is wrong with each replica's line to the database now."""

    async def run(self, faults: Sequence[Fault]) -> None:
        """Begin each at its time."""
        for fault in faults:
            await asyncio.sleep(max(0.0, fault.at - self.world.now()))
            self._tasks.add(asyncio.create_task(self._apply(fault)))

    async def wait(self) -> None:
        """Until all are over. What went wrong while one was done is raised here."""
        await asyncio.gather(*self._tasks)

    async def _apply(self, fault: Fault) -> None:
        applied = Applied(fault, self.world.now())
        self.world.applied.append(applied)
        async with getattr(self, f"_{fault.kind}")(fault, applied):
            if fault.kind not in ("restart", "crash"):  # these have paused already
                await asyncio.sleep(fault.seconds)
        applied.ended = self.world.now()

    @property
    def _postgres(self) -> Postgres:
        assert self.world.postgres is not None
        return self.world.postgres

    # processes

    @asynccontextmanager
    async def _kill(self, fault: Fault, applied: Applied) -> AsyncIterator[None]:
        replica = self.world.replicas[fault.target or 0]
        applied.note = f"replica {replica.number}"
        replica.held.clear()
        replica.kill()
        yield
        replica.held.set()

    @asynccontextmanager
    async def _stop(self, fault: Fault, applied: Applied) -> AsyncIterator[None]:
        replica = self.world.replicas[fault.target or 0]
        pid = replica.freeze()
        applied.note = f"replica {replica.number}, {pid}"
        self._frozen[pid or 0] = self._frozen.get(pid or 0, 0) + 1
        yield
        self._frozen[pid or 0] -= 1
        if not self._frozen[pid or 0]:
            replica.wake(pid)

    @asynccontextmanager
    async def _clock(self, fault: Fault, applied: Applied) -> AsyncIterator[None]:
        targets = [number for number in range(len(self.world.replicas)) if fault.target in (None, number)]
        applied.note = f"{fault.amount:+g} s, replicas {targets}"
        for number in targets:
            self._step(number, fault.amount, begins=True)
        yield
        for number in targets:
            self._step(number, fault.amount, begins=False)

    def _step(self, number: int, amount: float, begins: bool) -> None:
        known = self.world.offsets.setdefault(number, [])
        if begins:
            known.append(amount)
        else:
            known.remove(amount)
        self.world.replicas[number].step_clock(sum(known))

    @asynccontextmanager
    async def _full(self, fault: Fault, applied: Applied) -> AsyncIterator[None]:
        replica = self.world.replicas[0]
        before = replica.fill_disk()
        yield
        replica.free_disk(before)

    # the database

    @asynccontextmanager
    async def _restart(self, fault: Fault, applied: Applied) -> AsyncIterator[None]:
        await self._postgres.restart("fast", fault.seconds)
        yield

    @asynccontextmanager
    async def _crash(self, fault: Fault, applied: Applied) -> AsyncIterator[None]:
        await self._postgres.restart("immediate", fault.seconds)
        yield

    @asynccontextmanager
    async def _terminate(self, fault: Fault, applied: Applied) -> AsyncIterator[None]:
        applied.note = f"{await self._postgres.terminate()} sessions"
        yield

    @asynccontextmanager
    async def _readonly(self, fault: Fault, applied: Applied) -> AsyncIterator[None]:
        await self._postgres.refuse_writes()
        yield
        await self._postgres.take_writes()

    @asynccontextmanager
    async def _cut(self, fault: Fault, applied: Applied) -> AsyncIterator[None]:
        async with self._line(fault, applied):
            yield

    @asynccontextmanager
    async def _stall(self, fault: Fault, applied: Applied) -> AsyncIterator[None]:
        async with self._line(fault, applied):
            yield

    @asynccontextmanager
    async def _line(self, fault: Fault, applied: Applied) -> AsyncIterator[None]:
        number = fault.target or 0
        applied.note = f"replica {number}"
        wrong, relay = self._lines.setdefault(number, []), self.world.relays[number]
        wrong.append(fault.kind)
        if fault.kind == "cut":
            relay.cut()
        elif "cut" not in wrong:
            relay.stall()
        yield
        wrong.remove(fault.kind)
        if not wrong:
            relay.go_on()

    # the recipients' server

    @asynccontextmanager
    async def _down(self, fault: Fault, applied: Applied) -> AsyncIterator[None]:
        await self.world.gateway.close()
        yield
        await self.world.gateway.reopen()

    @asynccontextmanager
    async def _slow(self, fault: Fault, applied: Applied) -> AsyncIterator[None]:
        applied.note = f"answers after {fault.amount:.1f} s"
        self.world.gateway.slow.append(fault.amount)
        yield
        self.world.gateway.slow.remove(fault.amount)

    @asynccontextmanager
    async def _fail(self, fault: Fault, applied: Applied) -> AsyncIterator[None]:
        self.world.gateway.failing += 1
        yield
        self.world.gateway.failing -= 1

    @asynccontextmanager
    async def _mute(self, fault: Fault, applied: Applied) -> AsyncIterator[None]:
        self.world.gateway.mute += 1
        yield
        self.world.gateway.mute -= 1
