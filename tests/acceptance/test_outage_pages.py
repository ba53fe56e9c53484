"""A chat platform is away: pages go by other ways in time, and the late one says the truth once, or not at all."""

from collections.abc import AsyncIterator

import pytest

from bot.access.accounts import keep_address
from bot.errors import Retry
from storage.models import Page, User
from storage.words import PageState
from tests.acceptance.test_mail import MailServer, Postbox
from tests.house import House, open_house
from tests.platforms.memory import MemoryPlatform
from tests.platforms.slack import SlackServer
from tests.served import find_free_port

URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1", "service": "web"}


@pytest.fixture
async def chat() -> MemoryPlatform:
    return MemoryPlatform("chat")


@pytest.fixture
async def house_with_chat(sqlite_url: str, chat: MemoryPlatform) -> AsyncIterator[House]:
    async with open_house(sqlite_url, {}, [chat]) as house:
        yield house


async def give_account(house: House, chat: MemoryPlatform, user: User, email: str) -> str:
    """Let a person be known on the platform."""
    address = chat.add_person(email)
    await house.parts.work.run(lambda unit: keep_address(unit, chat.name, user.id, address, user.name))
    return address


async def by_chat(house: House, user: User) -> list[Page]:
    return [page for page in await house.pages(user) if page.method == "chat"]


async def test_who_has_only_chat_is_out_of_reach_within_30_seconds_and_the_next_step_is_paged(
    house_with_chat: House, chat: MemoryPlatform
) -> None:
    house = house_with_chat
    await give_account(house, chat, house.owner, "owner@example.org")
    kate = await house.add_person("Kate")
    chat.away = True
    await house.at("00:00")
    await house.send(URGENT)
    await house.at("00:19")
    assert await house.pages(kate) == []
    await house.at("00:30")
    first, again = await by_chat(house, house.owner)
    assert (first.state, first.error) == (PageState.DROPPED, "a newer page says the same")
    assert (again.state, again.held_because) == (PageState.QUEUED, "memory.away")
    assert [one.state for one in await house.pages(kate)] == [PageState.SENT]
    assert "person_out_of_reach" in await house.timeline()
    assert [str(one.card) for one in await house.messages("ops") if "out of reach" in str(one.card)]
    why = await house.ask("/alert why 1")
    assert "Chat was away at 03:00" in why


async def test_who_has_another_chat_is_reached_there_and_nobody_else_is_woken(sqlite_url: str) -> None:
    chat, other = MemoryPlatform("chat"), MemoryPlatform("other")
    async with open_house(sqlite_url, {}, [chat, other]) as house:
        await give_account(house, chat, house.owner, "owner@example.org")
        address = await give_account(house, other, house.owner, "owner@example.org")
        kate = await house.add_person("Kate")
        chat.away = True
        await house.send(URGENT)
        await house.at("04:59")
        assert len(other.channels[address].messages) == 1
        assert await house.pages(kate) == []
        assert "person_out_of_reach" not in await house.timeline()


async def test_a_platform_known_to_be_away_is_not_waited_for(
    house_with_chat: House, chat: MemoryPlatform
) -> None:
    house = house_with_chat
    await give_account(house, chat, house.owner, "owner@example.org")
    kate = await house.add_person("Kate")
    chat.away = True
    await house.command("/incident declare Search is slow")
    await house.at("00:05")
    await house.send(URGENT)
    assert all(page.held_at is not None for page in await by_chat(house, house.owner))
    assert len(await house.pages(kate)) == 1


@pytest.mark.parametrize("answered_by", ["themselves", "another"])
async def test_a_late_page_of_an_acknowledged_incident_does_not_ring(
    house_with_chat: House, chat: MemoryPlatform, answered_by: str
) -> None:
    house = house_with_chat
    address = await give_account(house, chat, house.owner, "owner@example.org")
    kate = await house.add_person("Kate")
    chat.away = True
    await house.send(URGENT)
    await house.at("01:00")
    await house.command("/incident ack INC-1", by=house.owner if answered_by == "themselves" else kate)
    await house.at("12:00")
    chat.away = False
    await house.at("13:00")
    assert address not in chat.channels or not chat.channels[address].messages
    *_, last = await by_chat(house, house.owner)
    assert last.state is (PageState.ANSWERED if answered_by == "themselves" else PageState.DROPPED)


async def test_a_late_page_that_is_still_wanted_rings_once_however_often_it_was_repeated(
    house_with_chat: House, chat: MemoryPlatform
) -> None:
    house = house_with_chat
    address = await give_account(house, chat, house.owner, "owner@example.org")
    chat.away = True
    await house.send(URGENT)
    await house.at("22:00")
    chat.away = False
    await house.at("22:10")
    states = [page.state for page in await by_chat(house, house.owner)]
    assert len(states) > 2
    assert states.count(PageState.SENT) == 1
    (posted,) = chat.channels[address].messages.values()
    assert "waiting for somebody to acknowledge" in posted.text
    await house.command("/incident ack INC-1")
    assert "acknowledged by" in posted.text
    assert len(chat.channels[address].messages) == 1


async def test_a_single_failure_is_no_outage(house_with_chat: House, chat: MemoryPlatform) -> None:
    house = house_with_chat
    address = await give_account(house, chat, house.owner, "owner@example.org")
    chat.fail("post", Retry("memory.hiccup"), Retry("memory.hiccup"))
    await house.send(URGENT)
    await house.at("00:29")
    assert len(chat.channels[address].messages) == 1
    assert [page.held_at for page in await house.pages(house.owner)] == [None, None]
    assert len(await house.pages()) == 2


async def test_a_direct_page_tells_that_it_waits_and_goes_out_on_return(
    house_with_chat: House, chat: MemoryPlatform
) -> None:
    house = house_with_chat
    kate = await house.add_person("Kate")
    address = await give_account(house, chat, kate, "kate@example.org")
    chat.away = True
    await house.command("/page @kate Please look at the payments")
    await house.at("00:30")
    assert any("Kate is out of reach" in str(one.card) for one in await house.messages("ops"))
    chat.away = False
    await house.at("00:45")
    assert ["Please look at the payments" in text for text in chat.channels[address].texts] == [True]


async def test_slack_that_cannot_be_reached_pages_by_mail_and_then_says_the_truth_once(
    sqlite_url: str,
) -> None:
    server = MailServer(Postbox(), find_free_port())
    server.start()
    async with SlackServer() as slack:
        environment = {
            "TOCSIN_SLACK_BOT_TOKEN": slack.bot_token,
            "TOCSIN_SLACK_APP_TOKEN": slack.app_token,
            "TOCSIN_SLACK_API_URL": slack.api_url,
            "TOCSIN_SMTP_URL": f"smtp://127.0.0.1:{server.port}?from=tocsin@example.org",
        }
        async with open_house(sqlite_url, environment) as house:
            kate = await house.add_person("Kate", "kate@example.org")
            at_slack = slack.add_user("kate", email="kate@example.org")
            await house.command("/oncall take 8h", by=kate)
            await house.command("/tocsin test-page", by=kate)
            assert len(slack.direct(at_slack)) == 1
            slack.down()
            await house.send(URGENT)
            assert len(server.postbox.to("kate@example.org")) == 2
            await house.at("04:00")
            assert "person_out_of_reach" not in await house.timeline()
            assert "Slack was away at 03:00" in await house.ask("/alert why 1")
            slack.up()
            await house.at("04:15")

            def list_pages() -> list[str]:
                return [one.words for one in slack.direct(at_slack) if "Checkout" in one.words]

            assert len(list_pages()) == 1
            await house.command("/incident ack INC-1", by=kate)
            (page,) = list_pages()
            assert "acknowledged by Kate" in page
            await house.parts.platforms["slack"].stop()
    server.stop()
