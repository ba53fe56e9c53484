"""Where two things that are right by themselves meet: somebody hears of it, nobody twice, and nobody who is not meant."""

from datetime import timedelta

from sqlalchemy import update

from bot.flow.unit import Unit
from storage.models import Alert, Page, User
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
