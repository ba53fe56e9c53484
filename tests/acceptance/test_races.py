"""Two things at the same moment, on one PostgreSQL: nobody is forgotten, and nobody is called for nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.chat.platform import Message, Once
from storage.models import Alert, Escalation, Incident
from storage.words import AlertStatus, EscalationState, IncidentStatus
from tests.acceptance.test_rules import WORLD, set_up
from tests.gates import shut
from tests.house import House, open_house
from tests.platforms.inbound import eventually
from tests.platforms.memory import MemoryPlatform

URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1", "service": "web"}
OTHER = {**URGENT, "alias": "cart", "title": "Cart is slow"}


@pytest.fixture
async def one(postgres_url: str) -> AsyncIterator[House]:
    async with open_house(postgres_url) as house:
        yield house


@pytest.fixture
async def two(one: House) -> AsyncIterator[House]:
    """Another replica on the same database."""
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(one.parts.work.database.url))
        house.clock = one.parts.work.clock = house.parts.work.clock = one.clock
        yield house


async def test_the_last_two_alerts_closed_at_once_end_the_paging(
    one: House, two: House, postgres_url: str
) -> None:
    kate = await one.add_person("Kate")
    await one.send([URGENT, OTHER])
    async with shut(postgres_url, "INSERT", "timeline_entry") as gate:
        closing = [asyncio.create_task(house.ask(f"/alert close {n}")) for n, house in ((1, one), (2, two))]
        await gate.wait_for(2)
        await gate.open()
        await asyncio.gather(*closing)
    await one.at("12:00")
    assert await one.pages(kate) == []
    assert {row.state for row in await one.rows(Escalation)} == {EscalationState.STOPPED}


async def test_an_alert_sent_again_as_its_hold_ends_pages(
    one: House, two: House, postgres_url: str, tmp_path: Path
) -> None:
    await set_up(one, tmp_path, alert_policies={"wait": {"name": "Wait a bit", "delay": "5m"}})
    await one.send(URGENT)
    async with shut(postgres_url, "UPDATE", "alert", "NEW.count > OLD.count") as gate:
        sending = asyncio.create_task(one.send(URGENT))
        await gate.wait_for(1)
        await two.at("05:00")
        assert await two.pages() == []
        await gate.open()
        await sending
    await one.at("05:10")
    assert len(await one.pages()) == 1


async def test_a_silence_ended_while_an_alert_comes_lets_it_go(
    one: House, two: House, postgres_url: str
) -> None:
    await one.ask("/tocsin silence 6h service=web")
    await one.add_sender("generic")
    async with shut(postgres_url, "INSERT", "alert") as gate:
        sending = asyncio.create_task(one.send({**URGENT, "priority": "P5"}))
        await gate.wait_for(1)
        ending = asyncio.create_task(two.ask("/tocsin unsilence 1"))
        await asyncio.wait([ending], timeout=1)
        await gate.open()
        await asyncio.gather(sending, ending)
    await one.at("00:10")
    assert len(await one.pages()) == 1


async def test_an_alert_that_comes_during_a_merge_goes_along(
    one: House, two: House, postgres_url: str
) -> None:
    await one.command("/incident declare Something is odd")
    await one.send(URGENT)
    two.hooks = one.hooks
    async with shut(postgres_url, "INSERT", "timeline_entry", "NEW.kind = 'incident_merged'") as gate:
        merging = asyncio.create_task(one.command("/incident merge INC-1", incident="INC-2"))
        await gate.wait_for(1)
        sending = asyncio.create_task(two.send(OTHER))
        await gate.wait_for(2)
        await gate.open()
        await asyncio.gather(merging, sending)
    assert len(await one.rows(Incident)) == 2
    assert [alert.incident_id for alert in await one.rows(Alert)] == [1, 1]


async def test_nothing_is_merged_into_what_is_resolved_meanwhile(
    one: House, two: House, postgres_url: str
) -> None:
    await one.command("/incident declare Something is odd priority:P1")
    await one.send(URGENT)
    async with shut(postgres_url, "INSERT", "timeline_entry") as gate:
        resolving = asyncio.create_task(one.command("/incident resolve INC-1", incident="INC-1"))
        await gate.wait_for(1)
        merging = asyncio.create_task(two.command("/incident merge INC-1", incident="INC-2"))
        await gate.wait_for(2)
        await gate.open()
        _, reply = await asyncio.gather(resolving, merging)
    assert reply.failed
    first, second = await one.rows(Incident)
    assert (first.status, second.status) == (IncidentStatus.RESOLVED, IncidentStatus.INVESTIGATING)
    (alert,) = await one.rows(Alert)
    assert (alert.incident_id, alert.status) == (2, AlertStatus.OPEN)


class Slow(MemoryPlatform):
    """Hands over a message to a person, and answers only when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.handed_over, self.may_answer = asyncio.Event(), asyncio.Event()

    async def post_direct(self, person: str, message: Message, once: Once) -> str:
        address = await super().post_direct(person, message, once)
        self.handed_over.set()
        await self.may_answer.wait()
        return address


async def is_closed(house: House) -> bool:
    (alert,) = await house.rows(Alert)
    return alert.status is AlertStatus.CLOSED


async def test_a_page_that_was_on_its_way_shows_that_it_is_over(database_url: str, tmp_path: Path) -> None:
    chat = Slow()
    address = chat.add_person("sam@example.org")
    async with open_house(database_url, platforms=[chat]) as house:
        users = {**WORLD["users"], "sam": {"name": "Sam", "email": "sam@example.org"}}
        rule = {"name": "Sam", "responders": ["user:sam"]}
        await set_up(house, tmp_path, users=users, alert_policies={"sam": rule})
        sending = asyncio.create_task(house.send(URGENT))
        await asyncio.wait_for(chat.handed_over.wait(), 20)
        assert not sending.done()
        closing = asyncio.create_task(house.command("/alert close 1"))
        await eventually(lambda: is_closed(house))
        chat.may_answer.set()
        await asyncio.gather(sending, closing)
        await house.settle()
        (posted,) = chat.channels[address].messages.values()
        assert "over (closed), nothing to do" in str(posted.message.card)
        assert posted.edits == 1


async def test_a_page_that_is_noted_as_sent_while_somebody_acknowledges_shows_that(
    one: House, postgres_url: str
) -> None:
    kate, ines = await one.add_person("Kate"), await one.add_person("Ines", team="")
    await one.send({**URGENT, "priority": "P5"})
    async with shut(
        postgres_url, "UPDATE", "page", f"NEW.user_id = {kate.id} AND NEW.state = 'sent'"
    ) as gate:
        paging = asyncio.create_task(one.at("05:00"))
        await gate.wait_for(1)
        acknowledging = asyncio.create_task(one.command("/alert ack 1", by=ines))
        await asyncio.wait([acknowledging], timeout=1)
        await gate.open()
        await asyncio.gather(paging, acknowledging)
    await one.settle()
    (message,) = await one.messages(f"direct-{kate.id}")
    assert message.card is not None
    assert "acknowledged by Ines" in str(message.card)


async def test_an_alert_that_is_over_as_its_snooze_ends_pages_nobody(
    one: House, two: House, postgres_url: str
) -> None:
    alone = {**URGENT, "priority": "P5"}
    await one.send(alone)
    await one.command("/alert snooze 1 1h")
    async with shut(postgres_url, "UPDATE", "alert", "NEW.status = 'closed'") as gate:
        closing = asyncio.create_task(one.send({**alone, "status": "resolved"}))
        await gate.wait_for(1)
        waking = asyncio.create_task(two.at("1:00:00"))
        await gate.wait_for(2)
        await gate.open()
        await asyncio.gather(closing, waking)
    assert {row.state for row in await one.rows(Escalation)} == {EscalationState.STOPPED}


async def test_the_last_two_alerts_snoozed_at_once_are_quiet(
    one: House, two: House, postgres_url: str
) -> None:
    kate = await one.add_person("Kate")
    await one.send([URGENT, OTHER])
    async with shut(postgres_url, "UPDATE", "alert", "OLD.snoozed_until IS NULL") as gate:
        snoozing = [
            asyncio.create_task(house.ask(f"/alert snooze {n} 1h")) for n, house in ((1, one), (2, two))
        ]
        await gate.wait_for(2)
        await gate.open()
        await asyncio.gather(*snoozing)
    await one.at("12:00")
    assert await one.pages(kate) == []
