"""More connections than files that a process may open by itself (1,024, as systemd starts one)."""

import asyncio
import resource
from pathlib import Path

import aiohttp

from bot.flow.unit import Unit
from storage.models import ContactMethod, User
from tests.channels.servers import open_hook
from tests.platforms.inbound import eventually
from tests.served import Served, open_served

FILES = 64
URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1"}
SETTINGS = {"TOCSIN_REACH_INSIDE": "127.0.0.0/8 ::1/128", "TOCSIN_WEBHOOK_SECRET": "s3cret"}


async def give_webhook(served: Served, address: str) -> None:
    """To everybody, verified."""

    async def give(unit: Unit) -> None:
        for user in await served.rows(User):
            unit.session.add(
                ContactMethod(
                    user_id=user.id,
                    kind="webhook",
                    address=address,
                    label="webhook",
                    options={},
                    created_at=unit.now,
                    verified_at=unit.now,
                )
            )

    await served.run(give)


async def test_a_page_goes_out_while_a_crowd_holds_connections_and_says_nothing(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with (
        open_hook() as hook,
        open_served(sqlite_url, tmp_path, SETTINGS) as served,
        aiohttp.ClientSession() as http,
    ):
        await give_webhook(served, f"{hook.url}/pages")
        sender = await served.add_sender("generic")
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, hard))
        try:
            await served.start()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        crowd = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(2 * FILES)]
        async with http.post(sender, json=URGENT) as response:
            assert response.status == 202
        await eventually(lambda: hook.bodies, 15)
        for _, writer in crowd:
            writer.close()
