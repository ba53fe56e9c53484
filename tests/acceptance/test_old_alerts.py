"""Closed alerts go when they are old, with what belongs to them; alerts of an incident stay with it."""

from datetime import timedelta

from sqlalchemy import insert

from bot.access.housekeeping import keep_house
from bot.alerts.pruning import STEP
from bot.flow.unit import Unit
from storage.models import Alert, AlertNote, Escalation, Integration, Page
from storage.words import AlertStatus
from tests.house import START, House, open_house

KEPT = timedelta(days=400)


async def test_what_was_closed_long_ago_goes_and_an_incident_keeps_its_own(house: House) -> None:
    for alias, priority in (("gone", "P5"), ("kept", "P1"), ("open", "P5")):
        await house.send({"alias": alias, "title": f"{alias} is wrong", "priority": priority})
    for alias in ("gone", "kept"):
        await house.send({"alias": alias, "title": "", "action": "resolve"})
    gone = {alert.alias: alert.id for alert in await house.rows(Alert)}["gone"]
    assert f"alert:{gone}" in {page.subject for page in await house.rows(Page)}

    house.clock.time = START + KEPT - timedelta(hours=1)
    await keep_house(house.parts.work)
    await house.settle()
    assert {alert.alias for alert in await house.rows(Alert)} == {"gone", "kept", "open"}

    house.clock.time = START + KEPT + timedelta(hours=1)
    await keep_house(house.parts.work)
    await house.settle()
    assert {alert.alias for alert in await house.rows(Alert)} == {"kept", "open"}
    assert f"alert:{gone}" not in {page.subject for page in await house.rows(Page)}
    assert f"alert:{gone}" not in {one.subject for one in await house.rows(Escalation)}
    assert gone not in {note.alert_id for note in await house.rows(AlertNote)}


async def test_they_go_in_small_steps_and_the_doctor_says_when_they_do_not(house: House) -> None:
    await house.add_sender("generic")
    sender = (await house.rows(Integration))[0]

    async def fill(unit: Unit) -> None:
        rows = [
            {
                "uid": f"old-{number}",
                "integration_id": sender.id,
                "alias": f"old-{number}",
                "title": "Old",
                "status": AlertStatus.CLOSED,
                "first_at": START,
                "last_at": START,
                "closed_at": START + timedelta(seconds=number),
            }
            for number in range(2 * STEP + 10)
        ]
        await unit.session.execute(insert(Alert), rows)

    await house.parts.work.run(fill)
    house.clock.time = START + KEPT + timedelta(days=3)
    assert "Closed alerts should go after 400 days" in await house.ask("/tocsin doctor")
    await keep_house(house.parts.work)
    left = []
    for _ in range(3):
        await house.parts.timers.run_due()
        left.append(len(await house.rows(Alert)))
        house.clock.time += timedelta(seconds=1)
    assert left == [STEP + 10, 10, 0]
    assert "Closed alerts are kept for 400 days" in await house.ask("/tocsin doctor")


async def test_they_are_kept_for_ever_when_that_is_wanted(sqlite_url: str) -> None:
    async with open_house(sqlite_url, {"TOCSIN_KEEP_ALERTS_DAYS": "0"}) as house:
        await house.send({"alias": "a", "title": "Disk full"})
        await house.send({"alias": "a", "title": "", "action": "resolve"})
        house.clock.time = START + timedelta(days=3_000)
        await keep_house(house.parts.work)
        await house.settle()
        assert len(await house.rows(Alert)) == 1
