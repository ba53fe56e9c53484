"""A PostgreSQL server of our own, which can be restarted, crash, and refuse to write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url

from tests import databases


class Postgres:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = databases.start_server(folder)
        copied = next(folder.glob("programs/*/pginstall18/bin"), None)
        self._programs = copied or databases.find_programs(folder)
        self._busy = asyncio.Lock()
        self._readonly = 0

    async def restart(self, mode: str, pause: float) -> None:
        """`mode` immediate is a crash: what comes next begins with a recovery."""
        async with self._busy:
            data = f"--pgdata={self.folder / 'data'}"
            await asyncio.to_thread(
                databases.run_once,
                self.folder,
                self._programs / "pg_ctl",
                "stop",
                "-w",
                data,
                f"--mode={mode}",
            )
            await asyncio.sleep(pause)
            start = databases.list_start_arguments(self.folder)
            await asyncio.to_thread(databases.run_once, self.folder, self._programs / "pg_ctl", *start)

    async def terminate(self) -> int:
        """Ends every session but our own; how many."""
        return int(
            await self._ask(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        )

    async def refuse_writes(self) -> None:
        self._readonly += 1
        await self._ask("ALTER SYSTEM SET default_transaction_read_only = on")
        await self._ask("SELECT pg_reload_conf()")

    async def take_writes(self) -> None:
        self._readonly -= 1
        if not self._readonly:
            await self._ask("ALTER SYSTEM RESET default_transaction_read_only")
            await self._ask("SELECT pg_reload_conf()")

    async def _ask(self, statement: str) -> int:
        dsn = make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        async with self._busy:
            connection = await asyncpg.connect(
                dsn, timeout=10, server_settings={"default_transaction_read_only": "off"}
            )
            try:
                return int(await connection.fetchval(statement) or 0)
            finally:
                await connection.close()


@asynccontextmanager
async def open_postgres() -> AsyncIterator[Postgres]:
    """Started here and removed in the end; what a killed run leaves, the next run of the tests removes."""
    folder, owner = databases.make_folder()
    try:
        yield await asyncio.to_thread(Postgres, folder)
    finally:
        await asyncio.to_thread(databases.remove_server, folder)
        owner.close()
