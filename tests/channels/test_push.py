"""ntfy, Gotify and webhooks: what arrives there, how it is answered from there, and what happens when they say no."""

import asyncio
import hashlib
import hmac
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.flow.unit import Unit
from storage.models import ContactMethod, Incident, Page, User
from storage.words import PageState
from tests.channels.servers import Kept, open_gotify, open_hook, open_ntfy
from tests.house import House, open_house
from tests.programs import TOOLS, find_program
from tests.served import find_free_port

URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1", "service": "web"}
INSIDE = {"TOCSIN_REACH_INSIDE": "127.0.0.0/8 ::1/128", "TOCSIN_PUBLIC_URL": "https://tocsin.example.org"}


async def give(house: House, kind: str, address: str, person: User | None = None, **options: Any) -> None:
    """A contact method of the owner, or of somebody else, that is verified."""
    user_id = (person or house.owner).id

    async def add(unit: Unit) -> None:
        unit.session.add(
            ContactMethod(
                user_id=user_id,
                kind=kind,
                address=address,
                label=kind,
                options=options,
                created_at=unit.now,
                verified_at=unit.now,
            )
        )

    await house.parts.work.run(add)


async def page_by(house: House, kind: str) -> Page:
    return [page for page in await house.pages(house.owner) if page.method == kind][-1]


async def answer(house: House, url: str, method: str = "POST") -> tuple[int, str]:
    """Open or post to a page's link, which is on another host as far as the house knows."""
    path = url.removeprefix("https://tocsin.example.org")
    async with house.http.request(method, house.url + path) as response:
        text = await response.text()
    await house.settle()
    return response.status, text


@pytest.fixture
async def ntfy() -> AsyncIterator[Kept]:
    async with open_ntfy() as kept:
        yield kept


@pytest.fixture
async def inside(database_url: str) -> AsyncIterator[House]:
    async with open_house(database_url, {**INSIDE, "TOCSIN_WEBHOOK_SECRET": "s3cret"}) as house:
        yield house


async def test_a_push_says_what_it_is_and_its_button_acknowledges_everywhere(
    inside: House, ntfy: Kept
) -> None:
    house = inside
    await give(house, "ntfy", f"{ntfy.url}/olga-pages")
    await house.send(URGENT)
    (body,) = ntfy.bodies
    assert (body["topic"], body["title"], body["priority"]) == (
        "olga-pages",
        "P1 · Checkout returns errors",
        5,
    )
    assert body["click"] == "https://tocsin.example.org/INC-1"
    button = body["actions"][0]
    assert (button["action"], button["label"], button["method"]) == ("http", "Acknowledge", "POST")
    page = await page_by(house, "ntfy")
    assert (page.state, page.address) == (PageState.SENT, "n1")
    assert (await answer(house, button["url"], "GET"))[0] == 200
    (incident,) = await house.rows(Incident)
    assert incident.acknowledged_at is None, "a preview answers nothing"
    status, text = await answer(house, button["url"])
    assert (status, "INC-1" in text) == (200, True)
    (incident,) = await house.rows(Incident)
    assert incident.acknowledged_by == house.owner.id
    assert {page.state for page in await house.pages(house.owner)} == {PageState.ANSWERED}
    assert "acknowledged by" in str((await house.messages(f"direct-{house.owner.id}"))[0].card)
    assert "on INC-1 already" in (await answer(house, button["url"]))[1]


async def test_a_test_page_is_answered_by_its_link(inside: House, ntfy: Kept) -> None:
    house = inside
    await give(house, "ntfy", f"{ntfy.url}/olga-pages")
    await house.ask("/tocsin test-page")
    await answer(house, ntfy.bodies[0]["actions"][0]["url"])
    assert (await page_by(house, "ntfy")).state is PageState.ANSWERED


async def test_a_link_is_good_for_a_week_and_only_as_it_was_made(inside: House, ntfy: Kept) -> None:
    house = inside
    await give(house, "ntfy", f"{ntfy.url}/olga-pages")
    await house.send(URGENT)
    url = ntfy.bodies[0]["actions"][0]["url"]
    assert (await answer(house, url[:-1]))[0] == 404
    assert (await answer(house, "/p/"))[0] == 404
    house.clock.time = house.clock.time.replace(day=30, hour=4)
    async with house.http.post(house.url + url.removeprefix("https://tocsin.example.org")) as response:
        assert response.status == 404
    (incident,) = await house.rows(Incident)
    assert incident.acknowledged_at is None


async def test_who_has_left_a_private_incident_has_no_link_to_it(inside: House, ntfy: Kept) -> None:
    house = inside
    kate = await house.add_person("Kate")
    await give(house, "ntfy", f"{ntfy.url}/kate-pages", kate)
    await house.send(URGENT)
    assert "is private now" in await house.ask("/incident private INC-1 yes")
    await house.at("05:00")
    url = ntfy.bodies[-1]["actions"][0]["url"]
    assert (await answer(house, url, "GET"))[0] == 200
    await house.ask("/incident leave INC-1", by=kate)
    for method in ("GET", "POST"):
        assert (await answer(house, url, method))[0] == 404
    (incident,) = await house.rows(Incident)
    assert incident.acknowledged_at is None


async def test_the_server_of_the_house_gets_its_token_and_no_other_does(database_url: str) -> None:
    async with open_ntfy("tk_own") as own, open_ntfy() as other:
        environment = {"TOCSIN_NTFY_URL": own.url, "TOCSIN_NTFY_TOKEN": "tk_own", **INSIDE}
        async with open_house(database_url, environment) as house:
            await give(house, "ntfy", "olga-pages")
            await give(house, "ntfy", f"{other.url}/olga-pages")
            await house.send(URGENT)
            assert len(own.bodies) == len(other.bodies) == 1
            assert "Authorization" not in other.headers[0]


async def test_what_a_server_refuses_fails_with_its_reason_and_what_is_down_is_tried_again(
    inside: House, ntfy: Kept
) -> None:
    house = inside
    await give(house, "ntfy", f"{ntfy.url}/olga-pages")
    ntfy.statuses = [403]
    await house.send(URGENT)
    page, *_ = [page for page in await house.pages(house.owner) if page.method == "ntfy"]
    assert page.state is PageState.FAILED
    assert page.error.startswith("outbound.http 403")
    ntfy.statuses = [500, 502]
    await house.ask(f"/page @{house.owner.handle} Come", by=await house.add_person("Kate"))
    assert (await page_by(house, "ntfy")).state is PageState.QUEUED
    await house.at("00:10")
    assert (await page_by(house, "ntfy")).state is PageState.SENT


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:{port}/t", "http://localhost:{port}/t", "http://[::ffff:127.0.0.1]:{port}/t"],
)
async def test_nothing_inside_the_network_is_reached(sqlite_house: House, ntfy: Kept, address: str) -> None:
    house = sqlite_house
    await give(house, "ntfy", address.format(port=ntfy.url.rpartition(":")[2]))
    await house.send(URGENT)
    page = await page_by(house, "ntfy")
    assert (page.state, page.error.partition(" ")[0]) == (PageState.FAILED, "outbound.inside")
    assert ntfy.bodies == []


async def test_gotify_gets_the_token_that_the_file_names(
    inside: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = inside
    async with open_gotify("Aolga") as gotify:
        monkeypatch.setenv("TOCSIN_KEY_OLGA", "Aolga")
        await give(house, "gotify", gotify.url, secret_env=["TOCSIN_KEY_OLGA"])
        await house.send(URGENT)
        (body,) = gotify.bodies
        assert (body["title"], body["priority"]) == ("P1 · Checkout returns errors", 10)
        assert "[Acknowledge](https://tocsin.example.org/p/" in body["message"]
        monkeypatch.delenv("TOCSIN_KEY_OLGA")
        await house.ask(f"/page @{house.owner.handle} Come", by=await house.add_person("Kate"))
        assert (await page_by(house, "gotify")).error == "contact.no_secret gotify"


async def test_a_webhook_is_signed_and_says_all_of_it(inside: House) -> None:
    house = inside
    async with open_hook() as hook:
        await give(house, "webhook", f"{hook.url}/pages")
        await house.send({**URGENT, "description": "Half of all payments fail"})
        (body,) = hook.bodies
        assert body["subject"]["ref"] == "INC-1"
        assert (body["type"], body["person"], body["subject"]["priority"]) == (
            "page",
            house.owner.handle,
            "P1",
        )
        assert body["answer_url"].startswith("https://tocsin.example.org/p/")
        headers = hook.headers[0]
        signed = headers["X-Tocsin-Timestamp"].encode() + b"." + hook.raw[0]
        expected = hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
        assert headers["X-Tocsin-Signature"] == f"sha256={expected}"
        await answer(house, body["answer_url"])
        assert (await page_by(house, "webhook")).state is PageState.ANSWERED


async def test_a_webhook_can_be_sent_what_opsgenie_sends(inside: House) -> None:
    house = inside
    async with open_hook() as hook:
        await give(house, "webhook", f"{hook.url}/pages", style="opsgenie")
        await house.send(URGENT)
        (body,) = hook.bodies
        sample = json.loads((Path(__file__).parents[1] / "payloads/opsgenie-webhook/create.json").read_text())
        assert set(sample) - set(body) == {"alertFlowContext"}, "where it stands in Opsgenie's own rules"
        assert set(sample["alert"]) == set(body["alert"]) - {"description"}
        kinds = {name: type(value) for name, value in sample["alert"].items() if name != "priority"}
        assert {name: type(body["alert"][name]) for name in kinds} == kinds
        assert (body["action"], body["source"]["type"]) == (sample["action"], sample["source"]["type"])
        alert = body["alert"]  # this sample of 2017 has a number for the priority; today it is P1 to P5
        assert (alert["message"], alert["priority"]) == ("Checkout returns errors", "P1")
        assert len(str(alert["updatedAt"])) == len(str(sample["alert"]["updatedAt"]))


async def test_a_real_ntfy_takes_it_and_gives_it_to_its_readers(database_url: str, tmp_path: Path) -> None:
    program = find_program("ntfy", TOOLS / "debian/usr/bin/ntfy")
    if program is None:
        pytest.skip("there is no ntfy here; Debian has one from 14 on")
    port = find_free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = ["serve", "--listen-http", f"127.0.0.1:{port}", "--base-url", url]
    process = subprocess.Popen(
        [program, *arguments, "--cache-file", tmp_path / "cache.db", "--config", "/dev/null"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        async with open_house(database_url, INSIDE) as house:
            for _ in range(100):
                try:
                    async with house.http.get(f"{url}/v1/health"):
                        break
                except OSError:
                    await asyncio.sleep(0.1)
            await house.ask(f"/tocsin add-contact ntfy {url}/olga-pages")

            async def read() -> list[dict[str, Any]]:
                async with house.http.get(f"{url}/olga-pages/json?poll=1") as response:
                    return [json.loads(line) for line in (await response.text()).splitlines()]

            (told,) = await read()
            assert "is yours" in await house.ask(f"/tocsin verify-contact {told['title'][:6]}")
            await house.send(URGENT)
            page = (await read())[-1]
            assert (page["title"], page["priority"]) == ("P1 · Checkout returns errors", 5)
            assert page["id"] == (await page_by(house, "ntfy")).address
            await answer(house, page["actions"][0]["url"])
            (incident,) = await house.rows(Incident)
            assert incident.acknowledged_by == house.owner.id
    finally:
        process.terminate()
        process.wait(10)
