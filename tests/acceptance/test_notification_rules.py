"""People are paged as they wish: in steps, by priority and hour, and nobody is lost by it."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from bot.access.accounts import keep_address
from bot.flow.unit import Unit
from storage.models import Page, Timer, User
from storage.words import PageState
from tests.acceptance.test_mail import MailServer, Postbox
from tests.house import House, open_house
from tests.platforms.memory import MemoryPlatform
from tests.served import find_free_port

URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1", "service": "web"}
NIGHT = [{"days": [], "from": "22:00", "until": "07:00"}]


def rule(*steps: tuple[int, str], **more: Any) -> dict[str, Any]:
    """Steps are minutes and the method used then."""
    return {"steps": [{"after": 60 * after, "by": [by]} for after, by in steps], **more}


@pytest.fixture
def server() -> Iterator[MailServer]:
    found = MailServer(Postbox(), find_free_port())
    found.start()
    yield found
    found.stop()


@pytest.fixture
def chat() -> MemoryPlatform:
    return MemoryPlatform("chat")


@pytest.fixture
async def reachable(database_url: str, server: MailServer, chat: MemoryPlatform) -> AsyncIterator[House]:
    """A house whose owner, who is on call, can be reached in a chat and by e-mail; Kate is paged five minutes later."""
    environment = {"TOCSIN_SMTP_URL": f"smtp://127.0.0.1:{server.port}?from=tocsin@example.org"}
    async with open_house(database_url, environment, [chat]) as house:
        address = chat.add_person("olga@example.org")

        async def set_up(unit: Unit) -> None:
            (await unit.session.get_one(User, house.owner.id)).email = "olga@example.org"
            await keep_address(unit, "chat", house.owner.id, address, "Olga")

        await house.parts.work.run(set_up)
        await house.add_person("Kate")
        yield house


async def wish(house: House, *rules: dict[str, Any], **quiet: Any) -> None:
    async def change(unit: Unit) -> None:
        user = await unit.session.get_one(User, house.owner.id)
        user.paging = {"rules": list(rules), "quiet": quiet}

    await house.parts.work.run(change)


async def states(house: House) -> dict[str, str]:
    """What became of the pages of whoever is on call, by method."""
    return {page.method: str(page.state) for page in await house.pages(house.owner)}


async def page_by(house: House, method: str) -> Page:
    return next(page for page in await house.pages(house.owner) if page.method == method)


async def test_a_later_step_comes_at_its_time_when_nobody_has_answered(
    reachable: House, server: MailServer
) -> None:
    house = reachable
    await wish(house, rule((0, "chat"), (3, "email")))
    await house.send(URGENT)
    assert await states(house) == {"room": "sent", "chat": "sent", "email": "waiting"}
    assert "waiting until 03:03" in await house.ask("/alert why 1")
    await house.at("02:59")
    assert server.postbox.mails == []
    assert (await house.timeline()).count("person_paged") == 2
    await house.at("03:00")
    assert len(server.postbox.to("olga@example.org")) == 1
    assert await states(house) == {"room": "sent", "chat": "sent", "email": "sent"}
    assert (await house.timeline()).count("person_paged") == 3


async def test_a_later_step_does_not_come_when_the_page_was_answered(
    reachable: House, server: MailServer
) -> None:
    house = reachable
    await wish(house, rule((0, "chat"), (3, "email")))
    await house.send(URGENT)
    await house.at("01:00")
    await house.ask("/incident ack INC-1")
    assert await states(house) == {"room": "answered", "chat": "answered", "email": "dropped"}
    await house.at("10:00")
    assert server.postbox.mails == []
    assert (await page_by(house, "email")).error == "answered or over before it was sent"
    assert (await house.timeline()).count("person_paged") == 2


async def test_nor_when_somebody_else_has_answered_it(reachable: House, server: MailServer) -> None:
    house = reachable
    await wish(house, rule((0, "chat"), (3, "email")))
    await house.send(URGENT)
    await house.ask("/incident ack INC-1", by=house.people["Kate"])
    await house.at("10:00")
    assert server.postbox.mails == []
    assert (await page_by(house, "email")).state is PageState.DROPPED


async def test_a_direct_page_that_is_answered_does_not_ring_again(
    reachable: House, server: MailServer
) -> None:
    house = reachable
    await wish(house, rule((0, "chat"), (20, "email")))
    await house.ask(f"/page @{house.owner.handle} Come", by=house.people["Kate"])
    await house.ask(f"/page @{house.owner.handle} Please", by=house.people["Kate"])
    first = (await page_by(house, "chat")).id
    await house.ask(f"/tocsin answer {first}")
    await house.at("30:00")
    (mail,) = server.postbox.to("olga@example.org")
    assert "Please" in str(mail.get_body(("plain",)))


async def test_a_method_that_fails_for_good_lets_the_next_step_come_at_once(
    reachable: House, server: MailServer, chat: MemoryPlatform
) -> None:
    house = reachable
    await wish(house, rule((0, "email"), (20, "chat")))
    server.postbox.recipient_replies = ["550 no such mailbox"]
    await house.send(URGENT)
    await house.at("00:01")
    assert await states(house) == {"room": "sent", "email": "failed", "chat": "sent"}
    await house.at("04:59")
    assert await house.pages(house.people["Kate"]) == [], "whoever is on call was reached"


async def test_a_platform_that_is_away_lets_the_next_step_come_at_once_too(
    reachable: House, server: MailServer, chat: MemoryPlatform
) -> None:
    house = reachable
    await wish(house, rule((0, "chat"), (20, "email")))
    chat.away = True
    await house.send(URGENT)
    await house.at("00:30")
    assert await states(house) == {"room": "sent", "chat": "queued", "email": "sent"}
    assert len(server.postbox.mails) == 1
    assert "person_out_of_reach" not in await house.timeline()
    assert await house.pages(house.people["Kate"]) == []


async def test_when_all_of_it_is_away_the_next_person_is_paged(
    reachable: House, server: MailServer, chat: MemoryPlatform
) -> None:
    house = reachable
    await wish(house, rule((0, "chat"), (20, "email")))
    chat.away = True
    server.stop()
    await house.send(URGENT)
    await house.at("01:00")
    assert "person_out_of_reach" in await house.timeline()
    assert await house.pages(house.people["Kate"]) != []


async def test_quiet_hours_keep_the_chat_back_but_not_the_mail_and_not_a_p1(
    reachable: House, server: MailServer
) -> None:
    house = reachable
    await wish(house, windows=NIGHT, p1=False)
    await house.send({**URGENT, "priority": "P3", "alias": "low"})
    assert await states(house) == {"room": "sent", "email": "sent", "chat": "waiting"}
    assert "waiting until 07:00, when quiet hours end" in await house.ask("/alert why 1")
    await house.send({**URGENT, "priority": "P1", "alias": "high", "service": ""})
    assert {page.state for page in await house.pages(house.owner) if "2" in page.subject} == {PageState.SENT}


async def test_what_quiet_hours_kept_back_comes_once_when_they_end(
    reachable: House, chat: MemoryPlatform
) -> None:
    """The policy repeats its round; the pages of all rounds are one in the morning."""
    house = reachable
    await wish(house, windows=NIGHT, p1=False)
    await house.send({**URGENT, "priority": "P3"})
    await house.at("4:00:00")
    chats = [page for page in await house.pages(house.owner) if page.method == "chat"]
    assert len(chats) > 1
    assert [page.state for page in chats[:-1]] == [PageState.DROPPED] * (len(chats) - 1)
    assert chats[-1].state is PageState.SENT


async def test_quiet_hours_that_leave_only_the_room_are_not_kept(reachable: House) -> None:
    house = reachable

    async def forget_mail(unit: Unit) -> None:
        (await unit.session.get_one(User, house.owner.id)).email = ""

    await house.parts.work.run(forget_mail)
    await wish(house, windows=NIGHT, p1=True)
    await house.send(URGENT)
    assert await states(house) == {"room": "sent", "chat": "sent"}


async def test_a_timer_of_a_page_that_is_over_does_nothing(reachable: House) -> None:
    house = reachable
    await wish(house, rule((0, "chat"), (3, "email")))
    await house.send(URGENT)
    assert len(await house.rows(Timer, Timer.kind == "page")) == 1
    await house.ask("/incident resolve INC-1")
    await house.at("05:00")
    assert (await page_by(house, "email")).state is PageState.DROPPED
    assert await house.rows(Timer, Timer.kind == "page") == []
