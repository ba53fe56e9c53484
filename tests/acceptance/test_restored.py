"""A database that was restored from a backup counts on from there: numbers that were given before are given again."""

import sqlite3
from datetime import timedelta
from pathlib import Path

from tests.channels.servers import Kept, open_hook
from tests.channels.test_push import INSIDE, give
from tests.house import open_house

SETTINGS = {**INSIDE, "TOCSIN_WEBHOOK_SECRET": "s3cret"}


def back_up(source: Path, copy: Path) -> str:
    """As docs/operating.md says; the address of the copy."""
    with sqlite3.connect(source) as connection:
        connection.execute("VACUUM INTO ?", [str(copy)])
    return f"sqlite+aiosqlite:///{copy}"


def trouble(name: str) -> dict[str, str]:
    return {"title": name, "alias": name, "priority": "P1"}


def list_keys(hook: Kept, *titles: str) -> list[str]:
    """Of what was handed over about these; whoever takes webhooks drops what has a key that was there before."""
    arrived = zip(hook.bodies, hook.headers, strict=True)
    return [headers["X-Tocsin-Delivery"] for body, headers in arrived if body["subject"]["title"] in titles]


async def test_a_page_after_a_restore_has_a_key_of_its_own_and_one_that_was_on_its_way_the_same(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with open_hook() as hook:
        async with open_house(sqlite_url, SETTINGS) as house:
            await give(house, "webhook", f"{hook.url}/pages")
            hook.statuses[:] = [503]
            await house.send(trouble("cart"))
            restored = back_up(tmp_path / "tocsin.db", tmp_path / "copy.db")
            sender = house.hooks["generic"]
            await house.at("00:30")
            for name in ("queue", "search", "login"):
                await house.send(trouble(name))
        (on_its_way,) = list_keys(hook, "cart")
        known = list_keys(hook, "queue", "search", "login")
        assert len(known) == 3
        async with open_house(restored, SETTINGS) as house:
            house.hooks["generic"] = house.url + sender[sender.index("/hooks/") :]
            house.clock.time += timedelta(seconds=15)
            await house.settle()
            assert list_keys(hook, "cart").count(on_its_way) == 2, "whoever has it already can tell"
            for name in ("payments", "mail"):
                await house.send(trouble(name))
        new = list_keys(hook, "payments", "mail")
        assert len(new) == 2
        assert not {*known, on_its_way} & {*new}
