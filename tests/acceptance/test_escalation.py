"""Paging as timetables: who is paged when, and what stops it."""

from bot.flow.unit import Unit
from storage.models import Alert, Escalation, Incident, Rule
from storage.questions.catalog import list_named
from storage.words import AlertStatus, EscalationState, PageState
from tests.house import House

URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1", "service": "web"}


async def test_on_call_is_paged_at_once_then_the_team_after_five_minutes(house: House) -> None:
    kate = await house.add_person("Kate")
    await house.at("00:00")
    await house.send(URGENT)
    assert [page.state for page in await house.pages(house.owner)] == [PageState.SENT]
    assert await house.pages(kate) == []
    await house.at("04:59")
    assert await house.pages(kate) == []
    await house.at("05:00")
    assert [page.state for page in await house.pages(kate)] == [PageState.SENT]
    assert len(await house.pages(house.owner)) == 2


async def test_acknowledging_stops_the_next_step(house: House) -> None:
    kate = await house.add_person("Kate")
    await house.send(URGENT)
    await house.at("04:00")
    assert "You are on it" in await house.ask("/incident ack INC-1")
    await house.at("02:00:00")
    assert await house.pages(kate) == []
    assert [page.state for page in await house.pages(house.owner)] == [PageState.ANSWERED]


async def test_acknowledging_an_alert_acknowledges_its_incident(house: House) -> None:
    await house.send(URGENT)
    await house.at("00:30")
    await house.command("/alert ack 1")
    (incident,) = await house.rows(Incident)
    assert incident.acknowledged_by == house.owner.id
    assert [one.state for one in await house.rows(Escalation)] == [EscalationState.ACKNOWLEDGED]


async def test_acknowledging_an_incident_acknowledges_its_alerts(house: House) -> None:
    await house.send([URGENT, {**URGENT, "alias": "cart", "title": "Cart is slow"}])
    await house.command("/incident ack INC-1")
    assert all(alert.acknowledged_at for alert in await house.rows(Alert))


async def test_policy_repeats_and_then_says_that_nobody_answered(house: House) -> None:
    await house.send(URGENT)
    times: list[int] = []
    for minute in range(60):
        await house.at(f"{minute:02}:00")
        while len(times) < len(await house.pages(house.owner)):
            times.append(minute)
    # two steps (0 and 5 min), repeated twice, five minutes after the last step each
    assert times == [0, 5, 10, 15, 20, 25]
    (escalation,) = await house.rows(Escalation)
    assert escalation.state is EscalationState.EXHAUSTED
    assert "escalation_exhausted" in await house.timeline()
    assert any(
        "Nobody has answered" in message.card.get("title", "") for message in await house.messages("ops")
    )


async def test_resolve_from_the_sender_ends_paging_for_a_lone_alert(house: House) -> None:
    await house.add_person("Kate")
    alone = {"title": "Disk is filling", "alias": "disk", "priority": "P5"}
    await house.send(alone)
    assert len(await house.pages()) == 1
    await house.at("03:00")
    await house.send({**alone, "status": "resolved"})
    await house.at("01:00:00")
    assert len(await house.pages()) == 1
    (alert,) = await house.rows(Alert)
    assert alert.status is AlertStatus.CLOSED


async def test_snooze_is_quiet_and_then_pages_whoever_is_on_call_then(house: House) -> None:
    kate = await house.add_person("Kate")
    await house.send({"title": "Disk is filling", "alias": "disk", "priority": "P5"})
    await house.at("01:00")
    await house.command("/alert snooze 1 1h")
    await house.at("50:00")
    await house.command("/oncall take 8h", by=kate)
    assert await house.pages(kate) == []
    await house.at("01:01:00")
    assert len(await house.pages(kate)) == 1
    assert len(await house.pages(house.owner)) == 1


async def test_what_is_snoozed_says_so_to_whoever_escalates_or_asks_why(house: House) -> None:
    await house.send({"title": "Disk is filling", "alias": "disk", "priority": "P5"})
    await house.command("/alert snooze 1 1h")
    assert "Snoozed until Mon 23 Nov 2026, 04:00 UTC" in await house.ask("/alert why 1")
    told = await house.ask("/alert escalate 1")
    assert "Alert 1 is snoozed until Mon 23 Nov 2026, 04:00 UTC, and pages nobody until then." in told
    assert "/alert snooze 1 1s" in told
    await house.command("/alert snooze 1 1s")
    await house.at("00:02")
    assert len(await house.pages(house.owner)) == 2
    assert "Snoozed" not in await house.ask("/alert why 1")


async def test_whoever_reopens_what_no_team_is_part_of_hears_that_nobody_is_paged(house: House) -> None:
    await house.add_second_team("Database", "Dana", service="db")
    await house.command("/incident declare Checkout is down")
    await house.command("/incident resolve INC-1")
    assert "Nobody is paged: no team is part of it." in await house.ask("/incident reopen INC-1")
    assert await house.pages() == []
    await house.command("/incident declare Checkout is slow team:first-team")
    await house.command("/incident resolve INC-2")
    assert "Whoever is on call now is paged." in await house.ask("/incident reopen INC-2")


async def test_unacknowledging_pages_again_from_the_first_step(house: House) -> None:
    await house.send(URGENT)
    await house.command("/incident ack INC-1")
    await house.at("10:00")
    await house.command("/alert unack 1")
    assert len(await house.pages(house.owner)) == 2


async def test_a_step_that_reaches_nobody_goes_on_at_once(house: House) -> None:
    await house.command("/oncall override nobody 8h")
    await house.send(URGENT)
    assert len(await house.pages(house.owner)) == 1
    assert "nobody_reached" in await house.timeline()


async def test_declaring_while_on_call_pages_nobody_else(house: House) -> None:
    kate = await house.add_person("Kate")
    await house.command("/incident declare Payments are slow")
    await house.at("10:00")
    assert await house.pages() == []
    await house.command("/incident declare Search is down", by=kate)
    await house.at("10:01")
    assert [page.user_id for page in await house.pages()] == [house.owner.id]


async def test_a_team_that_is_called_later_is_paged_although_somebody_is_on_it(house: House) -> None:
    dana = await house.add_second_team("Database", "Dana", service="db")
    await house.send(URGENT)
    await house.command("/incident ack INC-1")
    await house.at("05:00")
    await house.command("/incident services INC-1 add:db")
    assert [page.state for page in await house.pages(dana)] == [PageState.SENT]
    await house.command("/incident ack INC-1", by=dana)
    await house.at("02:00:00")
    assert [page.state for page in await house.pages(dana)] == [PageState.ANSWERED]
    assert "escalation_exhausted" not in await house.timeline()


async def test_an_alert_of_another_team_brings_that_team(house: House) -> None:
    dana = await house.add_second_team("Database", "Dana", service="db")

    async def group_by_region(unit: Unit) -> None:
        (rule,) = await list_named(unit.session, Rule)
        rule.then = {**rule.then, "group_by": ["labels.region"]}

    await house.parts.work.run(group_by_region)
    await house.send({**URGENT, "labels": {"region": "eu"}})
    await house.send({"title": "Replica lags", "priority": "P1", "service": "db", "labels": {"region": "eu"}})
    assert len(await house.rows(Incident)) == 1
    assert len(await house.pages(dana)) == 1


async def test_when_all_alerts_are_closed_nobody_is_woken_until_a_new_one_comes(house: House) -> None:
    kate = await house.add_person("Kate")
    await house.send(URGENT)
    await house.at("02:00")
    await house.send({**URGENT, "status": "resolved"})
    await house.at("20:00")
    assert await house.pages(kate) == []
    assert any("closed" in message.card.get("title", "") for message in await house.messages("incident-1"))
    await house.send(URGENT)
    assert len(await house.pages(house.owner)) == 2
    await house.at("25:00")
    assert len(await house.pages(kate)) == 1
