"""Trouble that becomes more urgent pages as people wish it for that, at once; and what meets it on the way."""

from bot.alerts.edits import change_priority
from bot.flow.unit import Unit
from storage.models import Alert, Escalation
from storage.words import PageState, Priority
from tests.acceptance.test_mail import MailServer
from tests.acceptance.test_notification_rules import (
    NIGHT,
    URGENT,
    chat,
    reachable,
    rule,
    server,
    states,
    wish,
)
from tests.house import House

__all__ = ["chat", "reachable", "server"]
LOW = {**URGENT, "priority": "P3"}
ALONE = {"title": "Disk is filling", "alias": "disk", "priority": "P4"}


async def lift(house: House, priority: Priority) -> None:
    async def change(unit: Unit) -> None:
        change_priority(unit, await unit.session.get_one(Alert, 1), priority)

    await house.parts.work.run(change)
    await house.settle()


async def test_what_quiet_hours_kept_back_rings_when_it_becomes_a_p1(
    reachable: House, server: MailServer
) -> None:
    house = reachable
    await wish(house, windows=NIGHT, p1=False)
    await house.send(LOW)
    assert (await states(house))["chat"] == "waiting"
    await house.at("01:00")
    await house.command("/incident priority INC-1 P2")
    assert (await states(house))["chat"] == "waiting"
    await house.command("/incident priority INC-1 P1")
    assert await states(house) == {"room": "sent", "email": "sent", "chat": "sent"}
    assert len(await house.pages(house.owner)) == 3, "nothing that went out comes again"
    await house.at("04:00:00")
    assert not [page for page in await house.pages(house.owner) if page.state is PageState.WAITING]


async def test_the_rule_for_what_is_urgent_is_followed_from_then_on(
    reachable: House, server: MailServer
) -> None:
    house = reachable
    await wish(house, rule((0, "chat"), (3, "email"), priorities=["P1"]), rule((0, "room"), windows=[]))
    await house.send(ALONE)
    assert await states(house) == {"room": "sent"}
    await house.at("01:00")
    await lift(house, Priority.P1)
    assert await states(house) == {"room": "sent", "chat": "sent", "email": "waiting"}
    await house.at("03:59")
    assert (await states(house))["email"] == "waiting"
    await house.at("04:00")
    assert (await states(house))["email"] == "sent"


async def test_when_one_team_gave_up_it_is_paged_again_and_the_other_as_it_wishes(
    reachable: House, server: MailServer
) -> None:
    house = reachable
    await wish(house, rule((0, "chat"), priorities=["P1"]), rule((0, "room"), windows=[]))
    await house.send(LOW)
    dana = await house.add_second_team("Database", "Dana", service="db")
    await house.command("/incident declare Other service:db")
    await house.command("/incident merge INC-2 INC-1")
    await house.at("15:00")
    over = {
        one.policy_id: str(one.state)
        for one in await house.rows(Escalation, Escalation.subject == "incident:1")
    }
    assert sorted(over.values()) == ["exhausted", "running"], (
        "Dana's has one step, and gave up after ten minutes"
    )
    before, own = len(await house.pages(dana)), await states(house)
    assert own == {"room": "sent"}
    await house.command("/incident priority INC-1 P1")
    assert len(await house.pages(dana)) == before + 1
    assert await states(house) == {"room": "sent", "chat": "sent"}


async def test_less_urgent_pages_nobody_and_so_does_what_was_answered(
    reachable: House, server: MailServer
) -> None:
    house = reachable
    await wish(house, rule((0, "chat"), priorities=["P1"]), rule((0, "email"), priorities=["P5"]))
    await wish(house, rule((0, "room"), priorities=["P4"]), rule((0, "chat"), priorities=["P1", "P2"]))
    await house.send(ALONE)
    await house.command("/alert ack 1", by=house.owner)
    await lift(house, Priority.P1)
    assert {page.method for page in await house.pages(house.owner)} == {"room"}
    await lift(house, Priority.P4)
    assert {page.method for page in await house.pages(house.owner)} == {"room"}
