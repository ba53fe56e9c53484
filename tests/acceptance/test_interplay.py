"""How alerts, incidents and people act on each other: in each of these, somebody must hear of it, and nobody twice."""

from typing import Any

import pytest

from bot.flow.outbox import FAULTS, Job, Outbox
from bot.flow.unit import Unit
from storage.models import Alert, Escalation, Incident, Team
from storage.questions.catalog import list_named
from storage.words import EscalationState
from tests.house import House

URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1", "service": "web"}
OTHER = {**URGENT, "alias": "cart", "title": "Cart is slow"}


async def test_adding_a_responder_pages_them_though_they_are_in_the_team(house: House) -> None:
    kate = await house.add_person("Kate")
    await house.send(URGENT)
    assert await house.pages(kate) == []
    assert "paged" in await house.ask("/incident invite INC-1 @kate you know the gateway")
    assert len(await house.pages(kate)) == 1


async def test_whoever_answers_a_page_is_announced_to_who_asked(house: House) -> None:
    kate = await house.add_person("Kate")
    await house.command("/page @kate Please look at the database")
    (page,) = await house.pages(kate)
    await house.command(f"/tocsin answer {page.id}", by=kate)
    told = await house.messages(f"direct-{house.owner.id}")
    assert any("Kate" in message.text and "coming" in message.text for message in told)


async def test_an_alert_given_to_somebody_pages_them(house: House) -> None:
    kate = await house.add_person("Kate")
    await house.send(URGENT)
    await house.command("/alert assign 1 @kate")
    assert len(await house.pages(kate)) == 1
    (incident,) = await house.rows(Incident)
    assert incident.acknowledged_by == kate.id
    why = await house.ask("/alert why 1")
    assert f"Kate in the Room: sent at 03:00 — {house.owner.name} asked for them" in why
    (message,) = await house.messages(f"direct-{kate.id}")
    assert message.card is not None
    answer, look = message.card["buttons"]
    assert (answer["label"], look["label"]) == ("I am coming", "Open")
    assert look["command"].endswith("/alerts/1")


async def test_merging_brings_the_team_along_and_later_alerts_follow(house: House) -> None:
    dana = await house.add_second_team("Database", "Dana", service="db")
    await house.command("/incident declare Something is odd")
    await house.send({"title": "Replica lags", "alias": "lag", "priority": "P1", "service": "db"})
    await house.command("/incident merge INC-2 INC-1")
    assert len(await house.pages(dana)) == 2
    await house.send({"title": "Replica is down", "alias": "down", "priority": "P1", "service": "db"})
    assert len(await house.rows(Incident)) == 2
    assert [alert.incident_id for alert in await house.rows(Alert)] == [1, 1]


async def test_merging_by_a_single_name_ends_the_incident_of_the_room(house: House) -> None:
    await house.command("/incident declare First")
    await house.command("/incident declare Second")
    await house.command("/incident merge INC-2", incident="INC-1")
    first, second = await house.rows(Incident)
    assert (first.merged_into, second.merged_into) == (2, None)


async def test_snoozing_one_alert_leaves_its_sibling_loud(house: House) -> None:
    kate = await house.add_person("Kate")
    await house.send([URGENT, OTHER])
    await house.command("/alert snooze 1 3h")
    await house.at("05:00")
    assert len(await house.pages(kate)) == 1


async def test_when_the_snoozed_one_closes_the_other_pages(house: House) -> None:
    await house.send([URGENT, OTHER])
    await house.command("/alert snooze 1 3h")
    await house.command("/alert snooze 2 2h")
    before = len(await house.pages())
    await house.at("02:00:01")
    assert len(await house.pages()) == before + 1
    await house.send({**URGENT, "status": "resolved"})
    assert [one.state for one in await house.rows(Escalation)][-1] is EscalationState.RUNNING


async def test_on_call_for_one_team_does_not_silence_another(house: House) -> None:
    dana = await house.add_second_team("Database", "Dana", service="db")
    await house.command("/incident declare Database is broken service:db team:first-team")
    assert len(await house.pages(dana)) == 1


async def test_an_incident_that_calls_nobody_says_so(house: House) -> None:
    await house.add_second_team("Database", "Dana", service="db")
    assert "Nobody is paged" in await house.ask("/incident declare Something is odd")
    assert any("Nobody was paged" in message.card.get("title", "") for message in await house.messages("ops"))


async def test_a_team_without_policy_is_reported(house: House) -> None:
    async def forget(unit: Unit) -> None:
        (team,) = await list_named(unit.session, Team)
        team.policy_id = None

    await house.parts.work.run(forget)
    await house.send(URGENT)
    assert "nobody_reached" in await house.timeline()


async def test_more_urgent_than_what_was_acknowledged_pages_again(house: House) -> None:
    await house.send({**URGENT, "priority": "P3"})
    await house.command("/incident ack INC-1")
    before = len(await house.pages(house.owner))
    await house.send(OTHER)
    assert len(await house.pages(house.owner)) == before + 1


async def test_firing_and_over_in_one_message_pages_once_at_most(house: House) -> None:
    await house.send([URGENT, {**URGENT, "status": "resolved"}])
    await house.at("03:00:00")
    assert len(await house.pages()) <= 1
    assert "escalation_exhausted" not in await house.timeline()


async def test_acknowledging_several_takes_those_that_are_open(house: House) -> None:
    await house.send([URGENT, OTHER])
    await house.command("/alert close 1")
    answer = await house.ask("/alert ack 1 2")
    assert "2" in answer
    assert "Closed already: 1" in answer


async def test_after_unack_of_one_acking_its_sibling_stops_paging(house: House) -> None:
    kate = await house.add_person("Kate")
    await house.send([URGENT, OTHER])
    await house.command("/incident ack INC-1")
    await house.command("/alert unack 1")
    await house.command("/alert ack 2")
    await house.at("01:00:00")
    assert await house.pages(kate) == []


async def test_a_stakeholder_may_not_act_by_message_actions(house: House) -> None:
    from bot.chat.invocation import MessageAction, Said
    from bot.flow.unit import Actor

    mark = await house.add_person("Mark", team="", role="stakeholder")
    actor = Actor(mark.name, mark.id, "room")
    said = Said("room", "1", "1", actor, "All is lost", house.clock.now())
    reply = await house.parts.inbound.acted(MessageAction("declare", said, actor))
    assert reply.failed
    assert await house.rows(Incident) == []


async def test_a_page_that_cannot_be_built_fails_visibly_and_holds_up_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox: Outbox = house.parts.outbox
    send = outbox.deliverers["page.send"]

    async def odd(job: Job) -> Any:
        if job.subject == "page:1":
            raise RuntimeError("nobody foresaw this")
        return await send(job)

    monkeypatch.setitem(outbox.deliverers, "page.send", odd)
    await house.send({"title": "Odd", "alias": "odd", "priority": "P5"})
    await house.send(URGENT)
    await house.at("04:00")
    first, second, *_ = await house.pages(house.owner)
    assert (first.state.value, second.state.value) == ("failed", "sent")
    assert FAULTS < 10
