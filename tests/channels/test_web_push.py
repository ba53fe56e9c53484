"""Web push: a device is added, gets pages that only it can read, answers them, and is left out when it is gone.

The push service is our own (`push_service.py`): it speaks RFC 8030, checks each signature, and decrypts with the keys of the
device.
"""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bot.chat.markup import render_text
from bot.flow.unit import Unit
from bot.notify.push import encrypt
from storage.models import ContactMethod, Incident, Page, User
from storage.words import PageState
from tests.channels.push_service import Device, PushService, open_push_service, to_bytes, to_text
from tests.channels.servers import open_ntfy
from tests.channels.test_push import INSIDE, URGENT, give
from tests.handlers.program import Program
from tests.house import House, open_house


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with open_push_service() as opened:
        yield opened
        assert opened.faults == []


@pytest.fixture
async def inside(database_url: str) -> AsyncIterator[House]:
    async with open_house(database_url, INSIDE) as house:
        yield house


async def session_of(house: House, user: User | None = None) -> dict[str, str]:
    url = await house.sign_in_url(user)
    async with house.http.post(url, allow_redirects=False) as response:
        return {"Cookie": response.headers["Set-Cookie"].partition(";")[0]}


async def post(
    house: House, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    async with house.http.post(house.url + path, json=body, headers=headers) as response:
        answer = await response.json()
    await house.settle()
    return response.status, answer


async def key_of(house: House) -> str:
    async with house.http.get(house.url + "/push/key") as response:
        return str((await response.json())["key"])


async def add(
    house: House, service: PushService, name: str = "phone", user: User | None = None, called: str = ""
) -> Device:
    """A device of the owner, or of somebody else, whose service worker has given the code back."""
    device = service.subscribe(name, await key_of(house))
    session = await session_of(house, user)
    status, answer = await post(house, "/push/devices", {**device.told, "name": called or name}, session)
    assert (status, answer["verified"]) == (201, False)
    (code,) = service.of(name, "code")
    assert (await post(house, "/push/verify", {"code": code.content["code"]}, session))[0] == 200
    service.pushes.clear()
    return device


async def page_by(house: House, label: str) -> Page:
    return [page for page in await house.pages(house.owner) if page.label == label][-1]


async def acknowledge(house: House, content: dict[str, Any]) -> tuple[int, Any]:
    """As the service worker does it: without any session."""
    return await post(house, content["answer"].replace("/p/", "/push/answer/"))


def test_the_example_of_rfc_8291_comes_out_to_the_letter() -> None:
    """Appendix A."""
    sender = ec.derive_private_key(
        int.from_bytes(to_bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1()
    )
    keys = {
        "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "auth": "BTBZMqHH6r4Tts7J_aSIgg",
    }
    salt = to_bytes("DGv6ra1nlYgDCS1FRnbzlw")
    body = encrypt(b"When I grow up, I want to be a watermelon", keys, salt=salt, sender=sender)
    assert to_text(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8w"
        "EqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    private = ec.derive_private_key(
        int.from_bytes(to_bytes("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big"), ec.SECP256R1()
    )
    device = Device("", "", private, to_bytes(keys["auth"]))
    assert device.read(body) == b"When I grow up, I want to be a watermelon"


async def test_a_device_pages_once_its_push_has_come_back(inside: House, service: PushService) -> None:
    house = inside
    device = service.subscribe("phone", await key_of(house))
    session = await session_of(house)
    told = {**device.told, "name": "Olga’s  Pixel 9\n"}
    assert (await post(house, "/push/devices", told, session))[0] == 201
    await house.send(URGENT)
    (code,) = service.of("phone")
    assert (code.content["type"], code.urgency) == ("code", "high")
    assert "push" not in {page.method for page in await house.pages(house.owner)}, "not before"
    status, answer = await post(house, "/push/verify", {"code": "1" + code.content["code"]}, session)
    assert (status, answer["field"]) == (422, "code")
    status, answer = await post(house, "/push/verify", {"code": code.content["code"]}, session)
    assert (status, answer["label"]) == (200, "olgas-pixel-9")
    (contact,) = await house.rows(ContactMethod)
    assert contact.place == "Olga’s Pixel 9"
    assert "Olga’s Pixel 9" in await house.ask("/tocsin contacts")
    assert (await post(house, "/push/devices", told, session))[1]["verified"] is True, "it is known"
    assert len(await house.rows(ContactMethod)) == 1


async def test_a_page_can_be_read_and_answered_there(inside: House, service: PushService) -> None:
    house = inside
    await add(house, service)
    await house.send({**URGENT, "description": "Half of all payments fail"})
    (push,) = service.of("phone")
    assert (push.ttl, push.urgency) == (4 * 3600, "high")
    assert 20 <= len(push.topic) <= 32
    content = push.content
    assert (content["title"], content["tag"], content["answer_word"]) == (
        "P1 · Checkout returns errors",
        "inc-1",
        "Acknowledge",
    )
    assert "Half of all payments fail" in content["text"]
    assert "INC-1" in content["text"]
    assert content["url"] == "https://tocsin.example.org/INC-1"
    assert service.contacts[-1] == "https://tocsin.example.org"
    page = await page_by(house, "phone")
    assert (page.state, page.address) == (PageState.SENT, "1")
    status, answer = await acknowledge(house, content)
    assert (status, answer["done"], "INC-1 is acknowledged" in answer["said"]) == (200, True, True)
    (incident,) = await house.rows(Incident)
    assert incident.acknowledged_by == house.owner.id
    assert (await page_by(house, "phone")).state is PageState.ANSWERED
    assert len(service.of("phone")) == 1, "it shows by itself what became of it"


async def test_what_cannot_be_answered_there_has_a_sentence(inside: House, service: PushService) -> None:
    house = inside
    await add(house, service)
    await house.send(URGENT)
    content = service.of("phone")[0].content
    await house.ask("/incident resolve INC-1")
    status, answer = await acknowledge(house, content)
    assert (status, answer["done"]) == (200, False)
    assert "INC-1" in answer["said"]
    status, answer = await acknowledge(house, {"answer": content["answer"][:-1]})
    assert (status, "link" in answer["detail"]) == (404, True)


async def test_somebody_elses_answer_takes_it_back_once_and_quietly(
    inside: House, service: PushService
) -> None:
    house = inside
    kate = await house.add_person("Kate")
    await add(house, service)
    await add(house, service, "desk")
    await house.send(URGENT)
    await house.ask("/incident ack INC-1", by=kate)
    for name in ("phone", "desk"):
        page, withdrawn = service.of(name)
        assert withdrawn.content["type"] == "withdrawn"
        assert withdrawn.content["title"] == "Acknowledged by Kate"
        assert withdrawn.content["text"] == "P1 · Checkout returns errors"
        assert withdrawn.content["tag"] == page.content["tag"]
        assert (withdrawn.urgency, withdrawn.ttl >= page.ttl) == ("low", True)
        assert [one.content["type"] for one in service.waits(name)] == ["withdrawn"], "a phone that was off"
    assert service.of("phone")[0].topic != service.of("desk")[0].topic
    await house.ask("/incident title INC-1 Checkout is down", by=kate)
    await house.ask("/incident resolve INC-1", by=kate)
    await house.at("30:00")
    assert len(service.pushes) == 4, "once is enough"


async def test_the_device_that_answers_is_left_alone_and_the_other_one_is_told(
    inside: House, service: PushService
) -> None:
    house = inside
    await add(house, service)
    await add(house, service, "desk")
    await house.send(URGENT)
    await acknowledge(house, service.of("phone")[0].content)
    assert [one.content["type"] for one in service.of("phone")] == ["page"]
    assert [one.content["type"] for one in service.of("desk")] == ["page", "withdrawn"]


async def test_a_new_page_about_the_same_is_not_taken_back_by_an_old_one(
    inside: House, service: PushService
) -> None:
    house = inside
    kate = await house.add_person("Kate")
    await add(house, service)
    await house.send(URGENT)
    await house.ask("/incident ack INC-1", by=kate)
    await house.ask("/alert unack 1", by=kate)
    assert [one.content["type"] for one in service.of("phone")] == ["page", "withdrawn", "page"]
    await house.ask("/incident title INC-1 Checkout is down", by=kate)
    assert service.of("phone")[-1].content["type"] == "page"
    assert (await page_by(house, "phone")).state is PageState.SENT


async def test_what_cannot_be_taken_back_holds_up_no_page(inside: House, service: PushService) -> None:
    house = inside
    kate = await house.add_person("Kate")
    await add(house, service)
    await house.send(URGENT)
    service.statuses = [(429, {"Retry-After": "3600"})]
    await house.ask("/incident ack INC-1", by=kate)
    await house.ask("/alert unack 1", by=kate)
    assert [one.content["type"] for one in service.of("phone")] == ["page", "page"]
    assert "delivery_parked" not in str(await house.messages("ops"))


@pytest.mark.parametrize("status", [404, 410])
async def test_a_device_that_is_gone_fails_visibly_and_the_next_way_comes_at_once(
    inside: House, service: PushService, status: int
) -> None:
    house = inside
    await add(house, service, "phone")
    async with open_ntfy() as ntfy:
        await give(house, "ntfy", f"{ntfy.url}/olga")

        async def wish(unit: Unit) -> None:
            user = await unit.session.get_one(User, house.owner.id)
            steps = [{"after": 0, "by": ["push"]}, {"after": 600, "by": ["ntfy"]}]
            user.paging = {"rules": [{"steps": steps}]}

        await house.parts.work.run(wish)
        service.statuses = [(status, {})]
        await house.send(URGENT)
        page = await page_by(house, "phone")
        assert (page.state, page.error.partition(" ")[0]) == (PageState.FAILED, "push.gone")
        assert len(ntfy.bodies) == 1, "not after ten minutes"
        told = [render_text(one.text) for one in await house.messages(f"direct-{house.owner.id}") if one.text]
        assert any(one.startswith("Pages do not reach phone any more. The browser has ended") for one in told)
        assert "No page goes to these any more: phone of" in await house.ask("/tocsin doctor")
        headers = await session_of(house)
        async with house.http.get(house.url + "/me/paging", headers=headers) as response:
            text = await response.text()
        assert "no page goes there any more" in text
        assert "The browser has ended its subscription" in text
        program, path = Program(house, await house.key("admin")), f"/users/{house.owner.handle}/contacts"
        gone = {one["label"]: one["gone_because"] for one in (await program.ask(path))["items"]}
        assert gone == {"phone": "push.gone 127.0.0.1", "ntfy": ""}
        await house.ask("/tocsin test-page")
        assert service.pushes == [], "it is left out"
        assert len(ntfy.bodies) == 2
    device = service.devices["phone"]
    assert (await post(house, "/push/devices", device.told, headers))[0] == 201
    (code,) = service.of("phone", "code")
    await post(house, "/push/verify", {"code": code.content["code"]}, headers)
    assert "No page goes to these" not in await house.ask("/tocsin doctor")
    (contact,) = [one for one in await house.rows(ContactMethod) if one.kind == "push"]
    assert (contact.label, contact.gone_because, contact.verified_at is not None) == ("phone", "", True)
    assert (await program.ask(f"{path}/phone"))["gone_because"] == ""


async def test_what_is_too_large_is_pushed_shorter(inside: House, service: PushService) -> None:
    house = inside
    await add(house, service)
    await house.send({**URGENT, "description": "\N{PILE OF POO}" * 4000})
    assert service.of("phone")[0].size <= 4096
    service.statuses = [(413, {})]
    await house.ask(f"/page @{house.owner.handle} {'x' * 900}", by=await house.add_person("Kate"))
    (push,) = service.of("phone")[1:]
    assert len(push.content["text"]) == 200
    assert (push.ttl, push.topic) == (900, "")
    assert (await page_by(house, "phone")).state is PageState.SENT


async def test_who_says_later_is_asked_later(inside: House, service: PushService) -> None:
    house = inside
    await add(house, service)
    service.statuses = [(429, {"Retry-After": "7"})]
    await house.send(URGENT)
    await house.at("00:06")
    assert service.pushes == []
    await house.at("00:07")
    assert len(service.pushes) == 1
    service.statuses = [(500, {}), (502, {}), (503, {})]
    await house.ask(f"/page @{house.owner.handle} Come", by=await house.add_person("Kate"))
    assert (await page_by(house, "phone")).state is PageState.QUEUED
    await house.at("00:30")
    assert (await page_by(house, "phone")).state is PageState.SENT
    assert len(service.pushes) == 2


async def test_a_push_service_that_stays_away_lets_other_ways_do(inside: House, service: PushService) -> None:
    house = inside
    await add(house, service)
    service.statuses = [(503, {})] * 50
    await house.send(URGENT)
    await house.at("00:30")
    page = await page_by(house, "phone")
    assert (page.state, page.held_at is not None) == (PageState.QUEUED, True)
    service.statuses = []


async def test_a_test_page_comes_and_is_answered(inside: House, service: PushService) -> None:
    house = inside
    await add(house, service)
    assert "by push" in await house.ask("/tocsin test-page")
    (push,) = service.of("phone")
    assert (push.content["title"], push.content["answer_word"]) == ("Test page", "I got it")
    assert (await acknowledge(house, push.content))[1]["done"] is True
    assert (await page_by(house, "phone")).state is PageState.ANSWERED
    await add(house, service, "desk")
    await house.ask("/tocsin test-page")
    await acknowledge(house, service.of("desk")[0].content)
    assert service.of("phone", "withdrawn")[0].content["title"] == "Answered"


async def test_a_browser_tells_its_new_address_without_a_session(inside: House, service: PushService) -> None:
    house = inside
    old = await add(house, service)
    new = service.subscribe("new", await key_of(house))
    forged = {**old.told, "keys": {**old.told["keys"], "auth": to_text(b"x" * 16)}}
    status, answer = await post(house, "/push/renew", {"old": forged, "new": new.told})
    assert (status, "/me/paging" in answer["detail"]) == (404, True)
    assert await post(house, "/push/renew", {"old": old.told, "new": new.told}) == (200, {"label": "phone"})
    await house.send(URGENT)
    assert service.of("phone") == []
    assert len(service.of("new", "page")) == 1


async def test_a_browser_pages_one_person(inside: House, service: PushService) -> None:
    house = inside
    kate = await house.add_person("Kate")
    device = await add(house, service)
    session = await session_of(house, kate)
    await post(house, "/push/devices", {**device.told, "name": "Desk"}, session)
    (code,) = service.of("phone", "code")
    await post(house, "/push/verify", {"code": code.content["code"]}, session)
    mine, hers = await house.rows(ContactMethod)
    assert (mine.gone_because, mine.verified_at) == ("push.taken", None)
    assert (hers.user_id, hers.label, hers.verified_at is not None) == (kate.id, "desk", True)
    await house.send(URGENT)
    assert service.of("phone", "page") == [], "the owner is on call, and it is Kate’s browser now"


async def test_all_processes_push_with_one_key_and_the_environment_has_another(
    database_url: str, service: PushService
) -> None:
    async with open_house(database_url, INSIDE) as one, open_house(database_url, INSIDE) as other:
        key = await key_of(one)
        assert (len(to_bytes(key)), await key_of(other)) == (65, key)
        await add(one, service)
    given = {
        **INSIDE,
        "TOCSIN_PUSH_KEY": "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw",
        "TOCSIN_PUSH_CONTACT": "mailto:ops@example.org",
    }
    async with open_house(database_url, given) as house:
        assert (await key_of(house)).startswith("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27")
        await house.send(URGENT)
        assert (await page_by(house, "phone")).error == "push.other_key"
        assert service.pushes == []
        await add(house, service, "desk")
        await house.ask("/tocsin test-page")
        assert service.contacts[-1] == "mailto:ops@example.org"


async def test_nothing_inside_the_network_is_pushed_to(sqlite_house: House, service: PushService) -> None:
    house = sqlite_house
    device = service.subscribe("phone", await key_of(house))
    assert (await post(house, "/push/devices", device.told, await session_of(house)))[0] == 201
    assert service.pushes == []
    assert "is inside the network and is not reached" in str((await house.messages("ops"))[-1].card)


@pytest.mark.parametrize(
    "change",
    [
        {"endpoint": "file:///etc/passwd"},
        {"endpoint": "https://kate@push.example.org/1"},
        {"endpoint": "https://[::1]/1"},
        {"endpoint": "https://push.example.org:x/1"},
        {"keys": {"p256dh": "BAAA", "auth": "AAAAAAAAAAAAAAAAAAAAAA"}},
        {"keys": {"p256dh": to_text(b"\4" + b"\1" * 64), "auth": "AAAAAAAAAAAAAAAAAAAAAA"}},
        {"keys": {"p256dh": to_text(Device("", "").public), "auth": "AAA*"}},
    ],
)
async def test_what_is_no_subscription_is_refused_by_name(
    sqlite_house: House, change: dict[str, Any]
) -> None:
    told = {**Device("https://push.example.org/1", "").told, **change}
    status, answer = await post(sqlite_house, "/push/devices", told, await session_of(sqlite_house))
    assert (status, answer["field"]) == (422, "endpoint")
    assert await sqlite_house.rows(ContactMethod) == []


async def test_a_device_is_added_there_and_nowhere_else(sqlite_house: House) -> None:
    house = sqlite_house
    said = await house.ask("/tocsin add-contact push https://push.example.org/1")
    assert "open http://127.0.0.1:8080/me/paging there" in said
    for path, body in (("/push/devices", Device("", "").told), ("/push/verify", {"code": "1"})):
        status, answer = await post(house, path, body)
        assert (status, answer["title"]) == (401, "signin.needed")
    status, answer = await post(house, "/push/devices", {"endpoint": 5}, await session_of(house))
    assert (status, answer["field"]) == (422, "endpoint")


async def test_ntfy_takes_back_what_it_can(inside: House) -> None:
    house = inside
    kate = await house.add_person("Kate")
    async with open_ntfy() as ntfy, open_ntfy(is_old=True) as old:
        await give(house, "ntfy", f"{ntfy.url}/olga")
        await give(house, "ntfy", f"{old.url}/olga")
        await house.send(URGENT)
        await house.ask("/incident ack INC-1", by=kate)
        assert ntfy.cleared == ["olga/n1"]
        assert "parked" not in str([one.text for one in await house.messages("ops")])
        await house.ask("/incident resolve INC-1", by=kate)
        assert ntfy.cleared == ["olga/n1"]


async def test_the_room_can_be_installed(sqlite_house: House) -> None:
    house = sqlite_house
    headers = await session_of(house)
    async with house.http.get(house.url + "/me/paging", headers=headers) as response:
        text = await response.text()
    found = re.search(r'rel="manifest" href="([^"]+\.webmanifest)"', text)
    assert found is not None
    async with house.http.get(house.url + found[1]) as response:
        assert response.content_type == "application/manifest+json"
        manifest = await response.json(content_type=None)
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/", "/", "standalone")
    kinds = {(one["sizes"], one["purpose"]) for one in manifest["icons"]}
    assert kinds == {(size, use) for size in ("192x192", "512x512") for use in ("any", "maskable")}
    for icon in manifest["icons"]:
        async with house.http.get(house.url + icon["src"]) as response:
            picture = await response.read()
        assert (response.content_type, picture[:8]) == ("image/png", b"\x89PNG\r\n\x1a\n")
        width, height = (int.from_bytes(picture[start : start + 4], "big") for start in (16, 20))
        assert f"{width}x{height}" == icon["sizes"]
    async with house.http.get(house.url + "/sw.js") as response:
        script = await response.text()
        assert response.content_type == "text/javascript"
        assert "no-cache" in response.headers["Cache-Control"]
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
    assert "Try again" in script
