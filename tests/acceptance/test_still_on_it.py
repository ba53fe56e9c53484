"""Acknowledgements of incidents that run out, are answered for, or are taken back by a repeat; and what nobody answers."""

from typing import Any

from sqlalchemy import update

from bot.chat.markup import render_text
from bot.flow.unit import Unit
from storage.models import Alert, EscalationPolicy, Incident, User
from storage.words import AlertStatus, PageState
from tests.house import House

URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1", "service": "web"}


async def set_policy(house: House, **values: Any) -> User:
    async def change(unit: Unit) -> None:
        await unit.session.execute(update(EscalationPolicy).values(**values))

    await house.parts.work.run(change)
    return await house.add_person("Kate")


async def read_incident(house: House) -> Incident:
    (incident,) = await house.rows(Incident)
    assert isinstance(incident, Incident)
    return incident


def titles(messages: list[Any]) -> list[str]:
    return [message.card.get("title", "") for message in messages]


async def test_a_silent_acknowledgement_ends_and_paging_starts_again(house: House) -> None:
    await set_policy(house, ack_timeout=1800)
    await house.send(URGENT)
    await house.command("/incident ack INC-1")
    await house.at("30:00")
    (asked,) = [page for page in await house.pages() if page.reason["type"] == "still"]
    assert asked.user_id == house.owner.id
    assert asked.state is PageState.SENT
    assert "Still on it?" in titles(await house.messages("incident-1"))
    direct = await house.messages(f"direct-{house.owner.id}")
    assert titles(direct)[-1] == "Still on it? INC-1 · Checkout returns errors"
    assert "before 03:35" in render_text(direct[-1].card["body"])
    before = len(await house.pages(house.owner))
    await house.at("34:59")
    assert (await read_incident(house)).acknowledged_by == house.owner.id
    await house.at("35:00")
    assert (await read_incident(house)).acknowledged_at is None
    assert [alert.acknowledged_at for alert in await house.rows(Alert)] == [None]
    assert len(await house.pages(house.owner)) == before + 1
    kinds = await house.timeline()
    assert kinds.index("still_on_it_asked") < kinds.index("acknowledgement_over")
    assert kinds.index("acknowledgement_over") < kinds.index("incident_unacknowledged")


async def test_anybody_may_answer_in_the_room(house: House) -> None:
    kate = await set_policy(house, ack_timeout=1800)
    await house.send(URGENT)
    await house.command("/incident ack INC-1")
    await house.at("31:00")
    assert "You are on it" in await house.ask("/incident ack INC-1", by=kate)
    await house.at("59:00")
    assert (await read_incident(house)).acknowledged_by == house.owner.id
    assert "still_on_it" in await house.timeline()
    assert not (await house.command("/incident ack INC-1", by=kate)).text.startswith("You are on it")
    await house.at("01:01:00")
    asked = [page for page in await house.pages() if page.reason["type"] == "still"]
    assert len(asked) == 2, "asked again after as long"


async def test_words_in_the_room_are_heard(house: House) -> None:
    await set_policy(house, ack_timeout=1800)
    await house.send(URGENT)
    await house.command("/incident ack INC-1")
    await house.at("20:00")
    await house.command("/incident note INC-1 Rolling back")
    await house.at("49:00")
    assert not [page for page in await house.pages() if page.reason["type"] == "still"]
    await house.at("50:00")
    assert [page for page in await house.pages() if page.reason["type"] == "still"]
    await house.at("52:00")
    await house.command("/incident update INC-1 We roll back")
    await house.at("01:21:00")
    assert (await read_incident(house)).acknowledged_at is not None


async def test_what_is_over_is_not_asked_about(house: House) -> None:
    await set_policy(house, ack_timeout=1800)
    await house.send(URGENT)
    await house.command("/incident ack INC-1")
    await house.at("30:00")
    await house.command("/incident resolve INC-1")
    await house.at("02:00:00")
    assert len([page for page in await house.pages() if page.reason["type"] == "still"]) == 1
    assert "acknowledgement_over" not in await house.timeline()


async def test_a_repeat_takes_the_acknowledgement_of_an_incident_back(house: House) -> None:
    await set_policy(house, reset_on_repeat=True)
    await house.send(URGENT)
    await house.command("/incident ack INC-1")
    await house.at("09:59")
    assert len(await house.pages(house.owner)) == 1
    await house.at("10:00")
    assert (await read_incident(house)).acknowledged_at is None
    assert len(await house.pages(house.owner)) == 2
    assert "acknowledgement_reset" in await house.timeline()
    await house.command("/incident ack INC-1")
    assert (await read_incident(house)).acknowledged_at is not None
    await house.at("19:00")
    assert len(await house.pages(house.owner)) == 2


async def test_the_alerts_of_an_incident_that_nobody_answers_are_closed(house: House) -> None:
    await set_policy(house, repeat=0, close_at_end=True)
    await house.send(URGENT)
    await house.at("14:59")
    assert [alert.status for alert in await house.rows(Alert)] == [AlertStatus.OPEN]
    await house.at("15:00")
    assert [alert.status for alert in await house.rows(Alert)] == [AlertStatus.CLOSED]
    assert (await read_incident(house)).status.is_open, "whether it is over, people say"
    assert "closed_unanswered" in await house.timeline()
