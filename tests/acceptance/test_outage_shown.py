"""While a platform is away, everybody sees it: every page of the Room, the cards elsewhere, health, metrics, doctor."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.house import House, open_house
from tests.platforms.memory import MemoryPlatform

URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1", "service": "web"}


@pytest.fixture
async def chat() -> MemoryPlatform:
    return MemoryPlatform("chat")


@pytest.fixture
async def other() -> MemoryPlatform:
    return MemoryPlatform("other")


@pytest.fixture
async def house(sqlite_url: str, chat: MemoryPlatform, other: MemoryPlatform) -> AsyncIterator[House]:
    async with open_house(sqlite_url, {}, [chat, other]) as opened:
        yield opened


async def read(house: House, path: str) -> str:
    """A page of the Room, as the owner."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        async with browser.post(await house.sign_in_url(), allow_redirects=False):
            pass
        async with browser.get(house.url + path) as page:
            return await page.text()


async def test_after_a_minute_every_page_and_the_other_cards_say_so_and_then_no_more(
    house: House, chat: MemoryPlatform, other: MemoryPlatform
) -> None:
    await house.send(URGENT)
    await house.at("00:10")
    chat.away = True
    await house.command("/incident title INC-1 Checkout is slow")
    (card,) = other.rooms()[0].cards
    messages, edits = len(other.rooms()[0].messages), card.edits
    await house.at("01:05")
    assert "has not answered" not in await read(house, "/alerts")
    assert "Chat" not in card.text
    await house.at("01:11")
    for path in ("/", "/alerts", "/oncall", "/INC-1"):
        assert "Chat has not answered for" in await read(house, path), path
    assert "Chat, since 03" in card.text
    await house.at("09:00")
    assert (card.edits, len(other.rooms()[0].messages)) == (edits + 1, messages)
    chat.away = False
    await house.at("09:12")
    assert "has not answered" not in await read(house, "/")
    assert "Chat, since" not in card.text
    assert (card.edits, len(other.rooms()[0].messages)) == (edits + 2, messages)
    assert "Chat, since" not in chat.rooms()[0].cards[0].text


async def test_health_metrics_and_doctor_say_the_same(house: House, chat: MemoryPlatform) -> None:
    chat.away = True
    await house.send(URGENT)
    await house.at("02:00")
    async with house.http.get(f"{house.url}/readyz") as answer:
        assert answer.status == 200
        (away,) = (await answer.json())["away"]
    assert (away["lane"], away["seconds"]) == ("chat", 120.0)
    assert away["waiting"] == 6  # the room's four, the announcement, and a word to the ops room
    assert away["oldest_seconds"] == 120.0
    assert await house.metric('tocsin_lane_away_seconds{lane="chat"}') == 120
    assert await house.metric('tocsin_outbox_lane_oldest_seconds{lane="chat"}') == 120
    told = await house.ask("/tocsin doctor")
    assert "Chat has not answered since Mon 23 Nov 2026, 03:00 UTC (2 min)" in told
    chat.away = False
    await house.at("02:15")
    assert "has not answered" not in await house.ask("/tocsin doctor")
    assert await house.metric("tocsin_lane_away_seconds") == 0


async def test_the_doctor_names_who_is_paged_in_vain(
    house: House, chat: MemoryPlatform, other: MemoryPlatform
) -> None:
    from bot.access.accounts import keep_address

    chat.add_person("owner@example.org")
    await house.parts.work.run(lambda unit: keep_address(unit, "chat", house.owner.id, "M1", "owner"))
    chat.away = True
    await house.send(URGENT)
    await house.at("00:30")
    assert f"Out of reach: {house.owner.name} is paged by nothing but" in await house.ask("/tocsin doctor")
    await house.command("/incident ack INC-1")
    assert "Out of reach" not in await house.ask("/tocsin doctor")


async def test_a_platform_that_asks_to_wait_is_not_away(house: House, chat: MemoryPlatform) -> None:
    from bot.errors import Retry

    chat.fail("post", *[Retry("memory.ratelimited", 30.0)] * 8)
    await house.send(URGENT)
    await house.at("01:30")
    assert "has not answered" not in await read(house, "/")
    async with house.http.get(f"{house.url}/readyz") as answer:
        assert (await answer.json())["away"] == []


async def test_what_nobody_waits_for_any_more_is_not_shown_for_ever(
    house: House, chat: MemoryPlatform, other: MemoryPlatform
) -> None:
    """The last delivery that waited has become pointless, so nothing asks whether the platform is back."""
    from sqlalchemy import delete

    from bot.flow.unit import Unit
    from storage.models import OutboxRow

    await house.send(URGENT)
    chat.away = True
    await house.command("/incident title INC-1 Checkout is slow")
    await house.at("01:30")
    (card,) = other.rooms()[0].cards
    assert "Chat, since" in card.text

    async def forget(unit: Unit) -> None:
        await unit.session.execute(delete(OutboxRow).where(OutboxRow.stream.endswith("@chat")))

    await house.parts.work.run(forget)
    chat.away = False
    await house.at("03:30")
    assert "Chat, since" not in card.text
