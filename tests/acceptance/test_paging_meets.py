"""Where two things that are right by themselves meet: somebody hears of it, nobody twice, and nobody who is not meant."""

from datetime import timedelta

from sqlalchemy import update

from bot.alerts.responders import add_responder, find_responder
from bot.chat.markup import render_text
from bot.flow.unit import Unit
from storage.models import Alert, Escalation, Page, User
from storage.words import PageState
from tests.acceptance.test_mail import MailServer
from tests.acceptance.test_notification_rules import (
    URGENT,
    chat,
    reachable,
    rule,
    server,
    states,
    wish,
)
from tests.acceptance.test_oncall import set_rotations
from tests.acceptance.test_still_on_it import set_policy
from tests.house import START, House

__all__ = ["chat", "reachable", "server"]
ALONE = {"title": "Disk is filling", "alias": "disk", "priority": "P4"}


async def read_pages(house: House) -> list[tuple[str, str, str]]:
    """When each page came, to whom and why."""
    names = {user.id: user.name for user in await house.rows(User)}
    return [
        (str(page.created_at - START), names[page.user_id], str(page.reason["type"]))
        for page in await house.rows(Page)
    ]


async def test_whoever_snoozed_what_they_had_acknowledged_is_left_in_peace(house: House) -> None:
    kate = await set_policy(house, ack_timeout=1800)
    await house.send(ALONE)
    await house.command("/alert ack 1", kate)
    await house.command("/alert snooze 1 3h", kate)
    before = await read_pages(house)
    await house.at("02:59:59")
    assert await read_pages(house) == before
    await house.at("03:00:00")
    assert (await read_pages(house))[len(before) :] == [("3:00:00", "root", "schedule")]


async def test_a_snooze_while_it_is_asked_ends_the_question(house: House) -> None:
    kate = await set_policy(house, ack_timeout=1800)
    await house.send(ALONE)
    await house.command("/alert ack 1", kate)
    await house.at("31:00")
    assert (await read_pages(house))[-1][1:] == ("Kate", "still")
    before = await read_pages(house)
    await house.command("/alert snooze 1 3h", kate)
    await house.at("02:59:00")
    assert await read_pages(house) == before
    (alert,) = await house.rows(Alert)
    assert alert.acknowledged_at is not None


async def test_an_acknowledgement_that_is_taken_back_ends_a_snooze(house: House) -> None:
    kate = await house.add_person("Kate")
    await house.send(ALONE)
    await house.command("/alert ack 1", kate)
    await house.command("/alert snooze 1 3h", kate)
    await house.command("/alert unack 1", kate)
    pages = await house.pages(house.owner)
    assert [page.state for page in pages] == [PageState.SENT] * 2
    await house.at("05:00")
    assert [page.state for page in await house.pages(kate)] == [PageState.SENT]


async def test_whoever_was_given_the_alert_is_asked_whether_they_are_on_it(house: House) -> None:
    kate = await set_policy(house, ack_timeout=1800)
    sam = await house.add_person("Sam")
    await house.send(ALONE)
    await house.command("/alert ack 1", kate)
    await house.command("/alert assign 1 @sam", kate)
    await house.at("31:00")
    assert (await read_pages(house))[-1] == ("0:30:00", "Sam", "still")
    await house.command("/alert ack 1", sam)
    await house.at("59:00")
    (alert,) = await house.rows(Alert)
    assert alert.acknowledged_at is not None


async def test_after_an_outage_nobody_is_paged_for_two_rounds_at_once(house: House) -> None:
    await house.add_person("Kate")
    await house.send(ALONE)
    house.clock.time = START + timedelta(hours=3)
    await house.settle()
    pages = (await read_pages(house))[1:]
    assert sorted(name for _, name, _ in pages) == ["Kate", "root"], "the step that was missed"
    await house.move_to(START + timedelta(hours=3, minutes=5))
    assert (await read_pages(house))[3:] == [("3:05:00", "root", "schedule")], "and the next round as ever"


async def test_whoever_was_switched_off_is_not_rung_any_more_and_the_next_is(
    reachable: House, server: MailServer
) -> None:
    house = reachable
    await wish(house, rule((0, "room"), (2, "chat")))
    await house.send(URGENT)
    await house.at("01:00")

    async def leave(unit: Unit) -> None:
        await unit.session.execute(update(User).where(User.id == house.owner.id).values(active=False))

    await house.parts.work.run(leave)
    await house.at("02:01")
    assert (await states(house))["chat"] == "failed"
    assert "The person was switched off" in await house.ask("/alert why 1", by=house.people["Kate"])
    assert (await read_pages(house))[-1] == ("0:02:00", "Kate", "team")


async def call_in(house: House, kind: str, name: str) -> None:
    """Call somebody in to the alert, as the API of Opsgenie does."""

    async def add(unit: Unit) -> None:
        responder = await find_responder(unit, {"type": kind, "id": "", "name": name})
        add_responder(unit, await unit.session.get_one(Alert, 1), responder)

    await house.parts.work.run(add)
    await house.settle()


async def list_cries(house: House) -> list[str]:
    """What the ops room says of pages that reach nobody."""
    cards = [message.card for message in await house.messages("ops") if message.card]
    return [render_text(card["body"]) for card in cards if card["title"].startswith("Nobody was paged")]


async def test_a_team_that_is_paged_already_can_be_called_in(house: House) -> None:
    await house.send(ALONE)
    before = await read_pages(house)
    await call_in(house, "team", "first-team")
    assert await read_pages(house) == before
    assert await list_cries(house) == []


async def test_a_schedule_without_anybody_is_not_said_to_lack_a_policy(house: House) -> None:
    kate = await house.add_person("Kate")
    await set_rotations(house, {"name": "Over", "participants": [kate.id], "ends": "2026-11-20T09:00"})
    await house.send(ALONE)
    before = len(await list_cries(house))
    await call_in(house, "schedule", "primary")
    (said,) = (await list_cries(house))[before:]
    assert said == "Nobody is on call for Primary on-call, or nobody there can be reached. Call somebody now."


async def test_a_team_that_was_called_in_later_answers_for_itself(house: House) -> None:
    kate = await house.add_person("Kate")
    dana = await house.add_second_team("Database", "Dana", service="db")
    await house.send(ALONE)
    await house.command("/alert ack 1", kate)
    await call_in(house, "team", "database")
    assert len(await house.pages(dana)) == 1
    assert "Kate is on it already" not in await house.ask("/alert ack 1", dana)
    assert [page.state for page in await house.pages(dana)] == [PageState.ANSWERED]
    before = await read_pages(house)
    await house.at("15:00")
    assert await read_pages(house) == before
    assert {str(one.state) for one in await house.rows(Escalation)} == {"acknowledged"}
    assert await house.ask("/alert ack 1", house.owner) == "Kate is on it already."
    assert await house.ask("/alert ack 1", kate) == "You are on it already."


async def test_whoever_was_called_in_later_and_has_answered_is_not_rung_again(
    reachable: House, server: MailServer
) -> None:
    house = reachable
    await wish(house, rule((0, "room"), (5, "chat")))
    await house.send({**ALONE, "team": "first-team"})
    await house.command("/alert ack 1", house.people["Kate"])
    await house.at("01:00")
    await call_in(house, "user", "root")
    assert (await states(house))["chat"] == "waiting"
    assert "You are on it" in await house.ask("/alert ack 1", house.owner)
    assert (await states(house))["chat"] == "dropped"


async def test_whoever_escalates_what_is_acknowledged_hears_why_nobody_is_paged(sqlite_house: House) -> None:
    kate = await sqlite_house.add_person("Kate")
    await sqlite_house.send(ALONE)
    await sqlite_house.command("/alert ack 1", kate)
    assert "Somebody is on it" in await sqlite_house.ask("/alert escalate 1", kate)
    await sqlite_house.command("/alert close 1", kate)
    assert "Alert 1 is closed" in await sqlite_house.ask("/alert escalate 1", kate)
