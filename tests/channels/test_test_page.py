"""`/tocsin test-page`: a real page by every method, which waits for its answer and tells what has arrived."""

from collections.abc import AsyncIterator

import pytest

from bot.chat.markup import render_text
from bot.flow.unit import Unit
from storage.models import User
from tests.channels.servers import Kept, open_ntfy
from tests.channels.test_push import INSIDE, answer, give
from tests.house import House, open_house
from tests.platforms.test_room_pages import Browser

QUIET = {"quiet": {"windows": [{"days": [], "from": "00:00", "until": "00:00"}], "p1": True}}


@pytest.fixture
async def ntfy() -> AsyncIterator[Kept]:
    async with open_ntfy() as kept:
        yield kept


@pytest.fixture
async def testing(database_url: str, ntfy: Kept) -> AsyncIterator[House]:
    """Its owner has two topics, a rule that names neither, and quiet hours all day."""
    async with open_house(database_url, INSIDE) as house:
        await give(house, "ntfy", f"{ntfy.url}/one")

        async def wish(unit: Unit) -> None:
            user = await unit.session.get_one(User, house.owner.id)
            user.paging = {**QUIET, "rules": [{"steps": [{"after": 600, "by": ["room"]}]}]}

        await house.parts.work.run(wish)
        yield house


async def told(house: House) -> list[str]:
    """What was said to the owner about test pages."""
    messages = await house.messages(f"direct-{house.owner.id}")
    return [text for one in messages if one.text and "test page" in (text := render_text(one.text))]


async def test_every_method_is_used_and_the_answer_tells_what_arrived(testing: House, ntfy: Kept) -> None:
    house = testing
    assert "in the Room and by ntfy" in await house.ask("/tocsin test-page")
    assert len(ntfy.bodies) == 1
    assert await told(house) == []
    await answer(house, ntfy.bodies[0]["actions"][0]["url"])
    (said,) = await told(house)
    assert said.startswith("The test page to you was answered.")
    assert said.count("handed over") == 2
    await answer(house, ntfy.bodies[0]["actions"][0]["url"])
    await house.at("10:00")
    assert len(await told(house)) == 1, "it is told once"


async def test_without_an_answer_it_tells_after_two_minutes_what_failed_and_why(
    testing: House, ntfy: Kept
) -> None:
    house = testing
    ntfy.statuses = [403]
    await house.ask("/tocsin test-page")
    await house.at("01:59")
    assert await told(house) == []
    await house.at("02:00")
    (said,) = await told(house)
    assert said.startswith("Nobody answered the test page to you within two minutes.")
    assert "Ntfy: failed: The other side answers 403" in said


async def test_a_reason_is_told_as_it_is_written(testing: House, ntfy: Kept) -> None:
    house = testing
    await give(house, "ntfy", "http://10.1.2.3/kate")
    await house.ask("/tocsin test-page")
    await house.at("02:00")
    (said,) = await told(house)
    assert "10.1.2.3 is inside the network" in said
    assert "allow it with TOCSIN_REACH_INSIDE." in said


async def test_whoever_asks_for_somebody_else_hears_of_it(testing: House, ntfy: Kept) -> None:
    house = testing
    kate = await house.add_person("Kate")
    await give(house, "ntfy", f"{ntfy.url}/kate", kate)
    await house.ask("/tocsin test-page @kate")
    await answer(house, ntfy.bodies[0]["actions"][0]["url"])
    (said,) = await told(house)
    assert said.startswith("The test page to Kate was answered.")


async def test_the_room_shows_what_became_of_it(testing: House, ntfy: Kept) -> None:
    house = testing
    async with house.http.post(await house.sign_in_url(), allow_redirects=False) as response:
        cookie = response.headers["Set-Cookie"].partition(";")[0]
    house.http.headers["Cookie"] = cookie
    browser = Browser(house, house.http)
    assert "last test page" not in (await browser.get("/me/paging"))[1]
    await house.ask("/tocsin test-page")
    _, text = await browser.get("/me/paging", script=True)
    assert "waits for your answer" in text
    assert text.count("handed over") == 2
    assert "<h1" not in text, "a piece of the page is enough"
