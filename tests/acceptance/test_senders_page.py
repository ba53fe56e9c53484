"""Senders in the Room: a new one, a test alert by the real way, and what came and what became of it."""

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest

from storage.models import Alert, Integration, User
from tests.house import House


@pytest.fixture
async def browser(sqlite_house: House) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        await sign_in(sqlite_house, http, sqlite_house.owner)
        yield http


async def sign_in(house: House, http: aiohttp.ClientSession, user: User) -> None:
    async with http.post(await house.sign_in_url(user), allow_redirects=False) as response:
        assert response.status == 303


async def read(http: aiohttp.ClientSession, url: str) -> str:
    async with http.get(url) as response:
        assert response.status == 200, await response.text()
        return await response.text()


async def test_a_sender_is_made_and_what_to_paste_is_shown_once(
    sqlite_house: House, browser: aiohttp.ClientSession
) -> None:
    house = sqlite_house
    assert '<option value="grafana" selected>' in await read(
        browser, f"{house.url}/senders/-/new?source=grafana"
    )
    form = {"source": "grafana", "name": "Grafana of the shop", "team": "first-team"}
    async with browser.post(f"{house.url}/senders/-/new", data=form) as response:
        made = await response.text()
        assert response.headers["Cache-Control"] == "no-store"
    (key,) = set(re.findall(r"/hooks/grafana/(int_[0-9a-f]+)", made))
    later = await read(browser, f"{house.url}/senders/grafana-of-the-shop")
    assert key not in later
    assert "/hooks/grafana/KEY" in later
    assert "never heard" in later
    async with house.http.post(f"{house.url}/hooks/grafana/{key}", json={"alerts": []}) as response:
        assert response.status == 202
    async with browser.post(f"{house.url}/senders/grafana-of-the-shop/key") as response:
        assert key not in await response.text()
    async with house.http.post(f"{house.url}/hooks/grafana/{key}", json={"alerts": []}) as response:
        assert response.status == 401


async def test_a_faulty_form_is_shown_again_with_the_reason(
    sqlite_house: House, browser: aiohttp.ClientSession
) -> None:
    form = {"source": "grafana", "name": "Kept <b>as typed</b>", "team": "nobody"}
    async with browser.post(f"{sqlite_house.url}/senders/-/new", data=form) as response:
        again = await response.text()
        assert response.status == 404
    assert "Kept &lt;b&gt;as typed" in again
    assert "nobody" in again


async def test_a_test_alert_goes_the_way_of_all_and_pages(
    sqlite_house: House, browser: aiohttp.ClientSession
) -> None:
    house = sqlite_house
    await house.add_sender("generic", "Shop")
    async with browser.post(f"{house.url}/senders/shop/test", allow_redirects=False) as response:
        where = response.headers["Location"]
    await house.settle()
    (alert,) = await house.rows(Alert)
    assert where == f"/alerts/{alert.id}"
    assert alert.title == "Test alert of Shop"
    assert len(await house.pages(house.owner)) == 1
    async with browser.post(f"{house.url}/senders/shop/test", allow_redirects=False) as response:
        assert response.headers["Location"] == where
    assert len(await house.rows(Alert)) == 1


async def test_its_last_messages_say_what_became_of_them(
    sqlite_house: House, browser: aiohttp.ClientSession
) -> None:
    house = sqlite_house
    await house.add_sender("generic", "Shop")
    await house.send({"title": "Disk <i>full</i>", "alias": "disk"})
    await house.send(b"{no json")
    page = await read(browser, f"{house.url}/senders/shop")
    assert "opened an alert" in page
    assert "could not be read" in page
    newest, oldest = re.findall(r"/senders/shop/messages/\d+", page)
    shown = await read(browser, house.url + oldest)
    assert "Disk &lt;i&gt;full" in shown
    assert "as a new alert, pages" in shown
    assert "JSON" in await read(browser, house.url + newest)
    assert "Shop" in await read(browser, f"{house.url}/senders")
    async with browser.get(f"{house.url}/senders/shop/messages/999") as response:
        assert response.status == 404


async def test_what_would_join_an_incident_does_not_claim_to_page_anew(
    sqlite_house: House, browser: aiohttp.ClientSession
) -> None:
    house = sqlite_house
    await house.add_sender("generic", "Shop")
    for title in ("Checkout is slow", "Errors at checkout"):
        await house.send({"title": title, "priority": "P1", "service": "web"})
    assert len(await house.pages()) == 1
    page = await read(browser, f"{house.url}/senders/shop")
    newest = re.findall(r"/senders/shop/messages/\d+", page)[0]
    assert "unless INC-1 has called the team already" in await read(browser, house.url + newest)


async def test_a_responder_sends_a_test_alert_and_sees_no_messages(sqlite_house: House) -> None:
    house = sqlite_house
    await house.add_sender("generic", "Shop")
    await house.send({"title": "Secret plans"})
    kate = await house.add_person("Kate")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        await sign_in(house, http, kate)
        page = await read(http, f"{house.url}/senders/shop")
        assert "Send a test alert" in page
        assert "Secret plans" not in page
        for path in ("/senders/-/new", "/senders/shop/messages/1"):
            async with http.get(house.url + path) as response:
                assert response.status == 403
    sam = await house.add_person("Sam", role="stakeholder")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        await sign_in(house, http, sam)
        async with http.get(f"{house.url}/senders/shop") as response:
            assert response.status == 403


async def test_one_that_is_switched_off_is_shown_and_sends_no_test_alert(
    sqlite_house: House, browser: aiohttp.ClientSession
) -> None:
    house = sqlite_house
    await house.add_sender("generic", "Shop")
    (row,) = await house.rows(Integration, Integration.name == "Shop")

    async def switch_off(unit: object) -> None:
        found = await unit.session.get_one(Integration, row.id)  # type: ignore[attr-defined]
        found.active = False

    await house.parts.work.run(switch_off)
    assert "switched off" in await read(browser, f"{house.url}/senders")
    page = await read(browser, f"{house.url}/senders/shop")
    assert "switched off" in page
    assert "Give it a new key" not in page
    async with browser.post(f"{house.url}/senders/shop/test", allow_redirects=False) as response:
        assert response.status == 409
    assert await house.rows(Alert) == []
