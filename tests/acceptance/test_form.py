"""The form behind a secret link: an alert from somebody without an account."""

import aiohttp
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.signal import Signal
from bot.catalog.integrations import create_integration, renew_key
from bot.errors import Problem
from handlers.declare import OF_ONE_ADDRESS, OF_ONE_LINK, find_address
from handlers.webhooks.form import parse
from handlers.webhooks.source import Hook
from storage.models import Alert, Page
from tests.house import House

TROUBLE = {
    "title": "Checkout does not load",
    "service": "web",
    "text": "Since ten",
    "name": "Ann",
    "contact": "555",
}


async def make_link(house: House) -> str:
    _, key = await house.parts.work.run(lambda unit: create_integration(unit, "form", "Support desk"))
    return f"{house.url}/declare/{key}"


async def post(house: House, link: str, fields: dict[str, str], **headers: str) -> tuple[int, str, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with house.http.post(link, data=fields, headers=named, allow_redirects=False) as response:
        answer = response.status, response.headers.get("Location", ""), await response.text()
    await house.settle()
    return answer


async def test_somebody_without_an_account_makes_an_alert(house: House) -> None:
    link = await make_link(house)
    async with house.http.get(link) as response:
        page = await response.text()
        assert (response.status, response.headers["X-Robots-Tag"]) == (200, "noindex, nofollow")
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
    assert "Support desk" in page
    assert "<script" not in page
    status, location, _ = await post(house, link, TROUBLE)
    assert (status, location.endswith("?sent=1")) == (303, True)
    (alert,) = await house.rows(Alert)
    assert (alert.title, alert.labels, alert.service_id is not None) == (
        "Checkout does not load",
        {"name": "Ann", "contact": "555"},
        True,
    )
    assert await house.rows(Page)
    async with house.http.get(house.url + location) as response:
        assert "It is alert 1" in await response.text()
    _, location, _ = await post(house, link, {**TROUBLE, "title": "checkout  DOES not load", "name": "Bob"})
    assert location.endswith("?sent=1&known")
    assert [row.count for row in await house.rows(Alert)] == [2]


async def test_what_is_missing_is_said_and_nothing_typed_is_lost(sqlite_house: House) -> None:
    link = await make_link(sqlite_house)
    status, _, page = await post(sqlite_house, link, {**TROUBLE, "title": " "})
    assert (status, "Please say in a few words" in page, "Since ten" in page) == (422, True, True)
    assert await sqlite_house.rows(Alert) == []


async def test_too_much_from_one_address_or_by_one_link_has_to_wait(sqlite_house: House) -> None:
    house = sqlite_house
    link = await make_link(house)
    for _ in range(OF_ONE_ADDRESS):
        assert (await post(house, link, TROUBLE))[0] == 303
    status, _, page = await post(house, link, TROUBLE)
    assert (status, "Too much was sent" in page, "Since ten" in page) == (429, True, True)
    for number in range(OF_ONE_LINK - OF_ONE_ADDRESS):
        assert (await post(house, link, TROUBLE, X_Forwarded_For=f"203.0.113.{number}"))[0] == 303
    assert (await post(house, link, TROUBLE, X_Forwarded_For="203.0.113.99"))[0] == 429
    await house.at("10:00")
    assert (await post(house, link, TROUBLE))[0] == 303


async def test_another_site_can_not_send_it_and_an_old_link_is_dead(sqlite_house: House) -> None:
    house = sqlite_house
    link = await make_link(house)
    assert (await post(house, link, TROUBLE, Sec_Fetch_Site="cross-site"))[0] == 403
    assert (await post(house, link, TROUBLE, Origin="https://evil.example"))[0] == 403
    await house.parts.work.run(lambda unit: renew_key(unit, "support-desk"))
    assert (await post(house, link, TROUBLE))[0] == 404
    async with aiohttp.ClientSession() as stranger, stranger.get(link) as response:
        assert (response.status, "This link does not work" in await response.text()) == (404, True)


def test_who_asks_is_whom_the_proxy_names_last() -> None:
    assert find_address("127.0.0.1", "198.51.100.1, 203.0.113.7") == "203.0.113.7"
    assert find_address("8.8.8.8", "198.51.100.1") == "8.8.8.8"
    assert find_address("10.0.0.1", "nonsense") == "10.0.0.1"
    assert find_address("2001:db8:1:2:3::4", None) == find_address("2001:db8:1:2::9", None)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_parser(body: bytes) -> None:
    try:
        (signal,) = parse(Hook(body))
    except Problem:
        return
    assert isinstance(signal, Signal)
    assert signal.title


async def test_the_limits_of_the_form_can_not_be_passed_by(sqlite_house: House) -> None:
    """The link's key opens no other door."""
    house = sqlite_house
    await house.add_sender("form")
    async with house.http.post(house.hooks["form"], json={"title": "x"}) as response:
        assert response.status == 404
    assert await house.rows(Alert) == []
