"""What one replica at a time does, and another one goes on with when that is gone (listening to Discord's gateway)."""

import asyncio
import secrets
from contextlib import suppress

from bot.errors import Unavailable
from bot.flow.unit import Work
from bot.logs import get_logger
from storage.questions import leases

log = get_logger(__name__)
HELD_FOR = 6.0
"""Seconds for which it is this replica's: after so long another one may begin."""
RENEW_EVERY = 2.0


class Alone:
    """Renews its claim while it works. While the database is away nobody else can take it, and it goes on; what comes twice
    then (one replica alone is cut off) is seen to by whoever keeps what has arrived."""

    def __init__(self, work: Work, name: str) -> None:
        self.work, self.name = work, name
        self.owner = secrets.token_hex(6)
        self.holds = False

    async def wait(self) -> None:
        """Return as soon as it is this replica's."""
        while not await self._take(otherwise=False):  # noqa: ASYNC110 (the database is asked)
            await asyncio.sleep(RENEW_EVERY)
        self.holds = True
        log.info("lease.taken", name=self.name)

    async def keep(self) -> None:
        """Renew it; return when somebody else has it."""
        while self.holds:
            await asyncio.sleep(RENEW_EVERY)
            self.holds = await self._take(otherwise=True)
        log.warning("lease.lost", name=self.name)

    async def give_back(self) -> None:
        """Let another one have it at once."""
        if self.holds and not self.work.database.is_sqlite:
            self.holds = False
            with suppress(Unavailable):
                await self.work.run(lambda unit: leases.give_back(unit.session, self.name, self.owner))

    async def _take(self, otherwise: bool) -> bool:
        """Whether it is this replica's now; `otherwise` when the database can't be asked."""
        try:
            return await self.work.run(
                lambda unit: leases.take(unit.session, self.name, self.owner, HELD_FOR)
            )
        except Unavailable:
            return otherwise
