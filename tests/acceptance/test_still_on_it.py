"""Acknowledgements of incidents that run out, are answered for, or are taken back by a repeat; and what nobody answers."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.chat.markup import render_text
from bot.flow.unit import Unit
from storage.models import Alert, Escalation, EscalationPolicy, Incident, Page, User
from storage.words import AlertStatus, EscalationState, PageState
from tests.acceptance.test_mail import MailServer
from tests.acceptance.test_notification_rules import chat, reachable, rule, server, wish
from tests.house import START, House
from tests.platforms.test_room_pages import open_browser

__all__ = ["chat", "reachable", "server"]
URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1", "service": "web"}


async def set_policy_of(house: House, **values: Any) -> None:
    async def change(unit: Unit) -> None:
        await unit.session.execute(update(EscalationPolicy).values(**values))

    await house.parts.work.run(change)


async def set_policy(house: House, **values: Any) -> User:
    await set_policy_of(house, **values)
    return await house.add_person("Kate")


def to_delta(moment: str) -> timedelta:
    hours, minutes, seconds = (int(part) for part in f"0:{moment}".split(":")[-3:])
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


async def read_incident(house: House) -> Incident:
    (incident,) = await house.rows(Incident)
    assert isinstance(incident, Incident)
    return incident


async def read_questions(house: House) -> list[Page]:
    return [page for page in await house.pages() if page.reason["type"] == "still"]


def titles(messages: list[Any]) -> list[str]:
    return [message.card.get("title", "") for message in messages]


async def test_a_silent_acknowledgement_ends_and_paging_starts_again(house: House) -> None:
    await set_policy(house, ack_timeout=1800)
    await house.send(URGENT)
    await house.command("/incident ack INC-1")
    await house.at("30:00")
    (asked,) = await read_questions(house)
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


@pytest.mark.parametrize(
    ("first", "asked", "over"), [(3, "33:00", "38:00"), (10, "40:00", "45:00"), (120, "55:00", "01:00:00")]
)
async def test_whoever_is_rung_later_has_five_minutes_from_then_on(
    reachable: House, server: MailServer, first: int, asked: str, over: str
) -> None:
    house = reachable
    await set_policy_of(house, ack_timeout=1800)
    await wish(house, rule((first, "chat"), (first + 1, "email")))
    await house.send(URGENT)
    await house.command("/incident ack INC-1")
    await house.at("30:00")
    questions = {page.method: page for page in await read_questions(house)}
    assert {method: str(page.state) for method, page in questions.items()} == {
        "room": "sent",
        "chat": "waiting",
        "email": "waiting",
    }
    clock = f"{START + to_delta(over):%H:%M}"
    direct = await house.messages(f"direct-{house.owner.id}")
    assert f"before {clock}" in render_text(direct[-1].card["body"])
    assert questions["chat"].due_at == START + to_delta(asked)
    await house.move_to(START + to_delta(over) - timedelta(seconds=1))
    assert {page.method: str(page.state) for page in await read_questions(house)}["chat"] == "sent"
    assert (await read_incident(house)).acknowledged_at is not None
    await house.at(over)
    assert (await read_incident(house)).acknowledged_at is None
    assert not [page for page in await read_questions(house) if page.state is PageState.QUEUED]


async def test_what_comes_outside_the_room_at_once_is_a_chance_as_it_is(
    reachable: House, server: MailServer
) -> None:
    house = reachable
    await set_policy_of(house, ack_timeout=1800)
    await wish(house, rule((0, "email"), (10, "chat")))
    await house.send(URGENT)
    await house.command("/incident ack INC-1")
    await house.at("35:00")
    assert (await read_incident(house)).acknowledged_at is None
    await house.at("41:00")
    states_of = {page.method: str(page.state) for page in await read_questions(house)}
    assert states_of == {"room": "sent", "email": "sent", "chat": "dropped"}


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
    asked = await read_questions(house)
    assert [page.state for page in asked] == [PageState.DROPPED, PageState.SENT], "asked again after as long"
    direct = await house.messages(f"direct-{house.owner.id}")
    assert [button["label"] for button in direct[1].card["buttons"]] == ["Open"], "answered by somebody else"
    assert direct[2].card["buttons"][0]["label"] == "Still on it"
    await house.command(direct[2].card["buttons"][0]["command"])
    assert (await read_questions(house))[1].state is PageState.ANSWERED


async def test_the_pages_of_an_incident_and_an_alert_have_the_button_while_it_is_asked(
    sqlite_house: House,
) -> None:
    house = sqlite_house
    await set_policy(house, ack_timeout=1800)
    await house.send(URGENT)
    await house.send({"title": "Disk is full", "alias": "disk", "priority": "P4", "service": "web"})
    await house.command("/incident ack INC-1")
    await house.command("/alert ack 2")
    browser = await open_browser(house, (await house.rows(User, User.id == house.owner.id))[0])
    button = '<button class="btn primary"{}>Still on it</button>'
    head, alert = button.format(' id="head-still"'), button.format("")
    await house.at("29:00")
    assert head not in (await browser.get("/INC-1"))[1]
    assert alert not in (await browser.get("/alerts/2"))[1]
    await house.at("31:00")
    assert head in (await browser.get("/INC-1"))[1]
    _, text = await browser.get("/alerts/2")
    assert alert in text
    assert "answered, sent at 03:00, answered at 03:00" in text
    await house.command("/incident ack INC-1")
    await house.command("/alert ack 2")
    assert head not in (await browser.get("/INC-1"))[1]
    assert alert not in (await browser.get("/alerts/2"))[1]
    await browser.http.close()


async def test_an_answer_and_the_end_of_its_time_at_the_same_moment_agree(house: House) -> None:
    """Whichever is first: nobody is told that they are on it while paging starts again."""
    await set_policy(house, ack_timeout=1800)
    await house.send(URGENT)
    await house.command("/incident ack INC-1")
    await house.at("34:59")
    house.clock.time = house.clock.time + timedelta(seconds=1)
    reply, _ = await asyncio.gather(house.command("/incident ack INC-1"), house.parts.timers.run_due())
    await house.settle()
    assert "You are on it" in reply.text
    assert (await read_incident(house)).acknowledged_by == house.owner.id
    running = [one for one in await house.rows(Escalation) if one.state is EscalationState.RUNNING]
    assert running == [], "nobody is paged by it any more"


async def test_words_in_the_room_are_heard(house: House) -> None:
    await set_policy(house, ack_timeout=1800)
    await house.send(URGENT)
    await house.command("/incident ack INC-1")
    await house.at("20:00")
    await house.command("/incident note INC-1 Rolling back")
    await house.at("49:00")
    assert not await read_questions(house)
    await house.at("50:00")
    assert await read_questions(house)
    await house.at("52:00")
    await house.command("/incident update INC-1 We roll back")
    await house.at("01:21:00")
    assert (await read_incident(house)).acknowledged_at is not None


async def test_an_answer_that_comes_too_late_acknowledges_again(house: House) -> None:
    kate = await set_policy(house, ack_timeout=1800)
    await house.send(URGENT)
    await house.command("/incident ack INC-1")
    await house.at("36:00")
    assert (await read_incident(house)).acknowledged_at is None
    (asked,) = await read_questions(house)
    button = (await house.messages(f"direct-{house.owner.id}"))[1].card["buttons"][0]
    assert (button["label"], asked.state) == ("Acknowledge", PageState.SENT)
    await house.command(button["command"])
    assert (await read_incident(house)).acknowledged_by == house.owner.id
    await house.at("50:00")
    assert await house.pages(kate) == [], "the step after the first one did not come"


async def test_nobody_is_asked_or_woken_while_all_of_its_alerts_are_closed(house: House) -> None:
    await set_policy(house, ack_timeout=1800)
    await house.send(URGENT)
    await house.command("/incident ack INC-1")
    await house.at("20:00")
    await house.send({**URGENT, "status": "resolved"})
    await house.at("01:40:00")
    assert await read_questions(house) == []
    assert (await read_incident(house)).acknowledged_at is not None
    await house.send({**URGENT, "alias": "cart", "title": "Cart is slow"})
    assert len(await house.rows(Incident)) == 1
    await house.at("02:02:00")
    assert len(await read_questions(house)) == 1, "it is awake again"
    await house.send({**URGENT, "alias": "cart", "status": "resolved"})
    before = len(await house.pages())
    await house.at("02:20:00")
    assert len(await house.pages()) == before, "its alerts were closed while it was asked"
    assert [page.state for page in await read_questions(house)] == [PageState.DROPPED]


async def test_a_word_after_the_question_is_an_answer_and_the_question_goes(house: House) -> None:
    kate = await set_policy(house, ack_timeout=1800)
    await house.send(URGENT)
    await house.command("/incident ack INC-1")
    await house.at("32:00")
    await house.command("/incident note INC-1 Still digging", by=kate)
    await house.at("36:00")
    assert (await read_incident(house)).acknowledged_at is not None
    assert [page.state for page in await read_questions(house)] == [PageState.DROPPED]
    direct = await house.messages(f"direct-{house.owner.id}")
    assert [button["label"] for button in direct[-1].card["buttons"]] == ["Open"]


async def test_what_is_over_is_not_asked_about(house: House) -> None:
    await set_policy(house, ack_timeout=1800)
    await house.send(URGENT)
    await house.command("/incident ack INC-1")
    await house.at("30:00")
    await house.command("/incident resolve INC-1")
    await house.at("02:00:00")
    assert len(await read_questions(house)) == 1
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
