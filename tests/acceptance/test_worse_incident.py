"""A sender says worse of an alert that pages by itself: it goes on as if it had come so, into an incident or elsewhere."""

from pathlib import Path
from typing import Any

import pytest

from storage.models import Alert, AlertNote, Escalation, Incident, Page
from storage.words import EscalationState, PageState
from tests.acceptance.test_rules import set_up
from tests.house import START, House
from tests.platforms.test_room_pages import open_browser

DISK = {"title": "Disk is filling", "alias": "disk", "service": "shop"}
AT_P1 = [{"field": "priority", "operation": "equals", "value": "P1"}]
URGENT = {"urgent": {"name": "Urgent", "conditions": AT_P1}}
STEPS: dict[str, Any] = {
    "web": {"name": "Web", "steps": [{"page": ["user:kate"]}, {"after": "10m", "page": ["user:kate", "user:sam"]}]},
    "data": {"name": "Data", "steps": [{"page": ["user:dana"]}]},
    "night": {"name": "Night", "steps": [{"page": ["user:sam"]}, {"after": "5m", "page": ["user:kate"]}]},
}  # fmt: skip


async def read_pages(house: House) -> list[tuple[str, str, str]]:
    """When each page came, to whom, and about what."""
    names = {user.id: user.handle for user in await house.rows(house.owner.__class__)}
    return [
        (str(page.created_at - START), names[page.user_id], page.subject or page.why)
        for page in await house.rows(Page)
    ]


async def by(house: House, handle: str) -> Any:
    return next(one for one in await house.rows(house.owner.__class__) if one.handle == handle)


async def test_an_alert_that_is_worse_opens_its_incident(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, policies=STEPS, incident_rules=URGENT)
    await house.send({**DISK, "priority": "P4"})
    await house.at("02:00")
    await house.send({**DISK, "priority": "P1"})
    assert await read_pages(house) == [("0:00:00", "kate", "alert:1"), ("0:02:00", "kate", "incident:1")]
    (incident,) = await house.rows(Incident)
    (alert,) = await house.rows(Alert)
    assert (alert.incident_id, incident.priority.value) == (incident.id, "P1")
    states = {one.subject: one.state for one in await house.rows(Escalation)}
    assert states == {"alert:1": EscalationState.STOPPED, "incident:1": EscalationState.RUNNING}
    kate = await by(house, "kate")
    cards = [one.card for one in await house.messages(f"direct-{kate.id}") if one.card]
    assert "INC-1" in str(cards[0]), "whose it is now"
    assert "Acknowledge" not in str(cards[0])
    why = await house.ask("/alert why 1")
    assert "says that it is worse" in why
    assert "“Urgent” matches: it opened INC-1" in why
    assert "Escalation policy “Web” is stopped" in why
    assert "Escalation policy “Web” for INC-1 is running; step 2 of 2 comes next" in why
    browser = await open_browser(house, kate)
    home = (await browser.get("/"))[1]
    await browser.http.close()
    assert "1 page <" in home, "one trouble, one page that waits"
    await house.at("12:00")
    assert (await read_pages(house))[2:] == [
        ("0:12:00", "kate", "incident:1"),
        ("0:12:00", "sam", "incident:1"),
    ]
    await house.command("/alert ack 1", kate)
    assert (await house.rows(Incident))[0].acknowledged_by == kate.id


async def test_it_joins_the_incident_that_is_open_and_nobody_is_paged_twice(
    house: House, tmp_path: Path
) -> None:
    await set_up(house, tmp_path, policies=STEPS, incident_rules=URGENT)
    await house.send({**DISK, "priority": "P4"})
    await house.send({"title": "Shop is down", "alias": "down", "service": "shop", "priority": "P1"})
    await house.at("02:00")
    before = await read_pages(house)
    await house.send({**DISK, "priority": "P1"})
    assert await read_pages(house) == before
    assert {alert.incident_id for alert in await house.rows(Alert)} == {1}
    await house.at("10:00")
    assert (await read_pages(house))[len(before) :] == [
        ("0:10:00", "kate", "incident:1"),
        ("0:10:00", "sam", "incident:1"),
    ]


async def test_what_was_acknowledged_as_less_is_paged_for_when_it_opens_an_incident(
    house: House, tmp_path: Path
) -> None:
    await set_up(house, tmp_path, policies=STEPS, incident_rules=URGENT)
    await house.send({**DISK, "priority": "P4"})
    kate = await by(house, "kate")
    await house.command("/alert ack 1", kate)
    await house.at("02:00")
    await house.send({**DISK, "priority": "P1"})
    assert (await read_pages(house))[1:] == [("0:02:00", "kate", "incident:1")]
    assert [one.acknowledged_at for one in (*await house.rows(Alert), *await house.rows(Incident))] == [
        None
    ] * 2
    await house.command("/alert ack 1", kate)
    assert (await house.rows(Incident))[0].acknowledged_by == kate.id


async def test_it_is_counted_once_for_a_storm(house: House, tmp_path: Path) -> None:
    storm = {"storm": {"name": "Storm", "alerts": 3, "within": "5m", "conditions": AT_P1}}
    await set_up(house, tmp_path, incident_rules=storm)
    await house.send({**DISK, "priority": "P4"})
    await house.send({**DISK, "alias": "other", "priority": "P4"})
    await house.send({**DISK, "priority": "P1"})
    assert await house.rows(Incident) == []
    assert "2 of 3 alerts" in await house.ask("/alert why 1")
    await house.send({**DISK, "alias": "third", "priority": "P1"})
    assert len(await house.rows(Incident)) == 1


AT_NIGHT = {"name": "Urgent", "of_team": "web", "policy": "night", "conditions": AT_P1}
TO_DATA = {"name": "Urgent", "team": "data", "conditions": AT_P1}


@pytest.mark.parametrize(("rule", "who"), [(AT_NIGHT, "sam"), (TO_DATA, "dana")], ids=["policy", "team"])
async def test_the_route_for_what_is_worse_is_taken(
    house: House, tmp_path: Path, rule: dict[str, Any], who: str
) -> None:
    await set_up(house, tmp_path, policies=STEPS, routing_rules={"urgent": rule})
    await house.send({**DISK, "priority": "P4", "service": ""})
    await house.at("02:00")
    await house.send({**DISK, "priority": "P1", "service": ""})
    assert await read_pages(house) == [("0:00:00", "kate", "alert:1"), ("0:02:00", who, "alert:1")]
    assert "“Urgent”" in await house.ask("/alert why 1")
    await house.at("11:00")
    later = (await read_pages(house))[2:]
    assert later == ([("0:07:00", "kate", "alert:1")] if who == "sam" else []), "only the new policy goes on"
    kate = await by(house, "kate")
    cards = [one.card for one in await house.messages(f"direct-{kate.id}") if one.card]
    assert "Acknowledge" in str(cards[0]), "whoever was paged may still answer"
    await house.command("/alert ack 1", kate)
    assert {str(one.state) for one in await house.rows(Escalation)} == {"acknowledged"}
    assert [page.state for page in await house.pages(kate)] == [PageState.ANSWERED] * (len(later) + 1)
    count = len(await read_pages(house))
    await house.at("01:00:00")
    assert len(await read_pages(house)) == count
    await house.command("/alert unack 1", kate)
    assert (await read_pages(house))[count:] == [("1:00:00", who, "alert:1")]


@pytest.mark.parametrize(
    "rule", [{"name": "Urgent", "nobody": True, "conditions": AT_P1}, {**TO_DATA, "team": "mute"}]
)
async def test_a_route_to_nobody_takes_it_from_nobody(
    house: House, tmp_path: Path, rule: dict[str, Any]
) -> None:
    teams = {"web": {"name": "Web", "members": ["kate"], "policy": "web"}, "mute": {"name": "Mute"}}
    teams["data"] = {"name": "Data", "members": ["dana"], "policy": "data"}
    await set_up(house, tmp_path, teams=teams, policies=STEPS, routing_rules={"urgent": rule})
    await house.send({**DISK, "priority": "P4", "service": ""})
    await house.send({**DISK, "priority": "P1", "service": ""})
    await house.at("10:00")
    assert [name for _, name, _ in await read_pages(house)] == ["kate", "kate", "sam"]
    assert "It pages already, so it stays with team Web" in await house.ask("/alert why 1")


async def test_whoever_has_it_hears_that_it_is_worse(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path)
    await house.send({**DISK, "priority": "P4"})
    kate = await by(house, "kate")
    await house.command("/alert ack 1", kate)
    await house.at("02:00")
    await house.send({**DISK, "priority": "P1"})
    assert (await read_pages(house))[1:] == [("0:02:00", "kate", "Alert 1 is now P1: Disk is filling")]
    assert (await house.rows(Alert))[0].acknowledged_by == kate.id


async def test_those_of_the_new_route_are_called_to_what_somebody_had_as_less(
    house: House, tmp_path: Path
) -> None:
    await set_up(house, tmp_path, policies=STEPS, routing_rules={"urgent": AT_NIGHT})
    await house.send({**DISK, "priority": "P4", "service": ""})
    kate, sam = await by(house, "kate"), await by(house, "sam")
    await house.command("/alert ack 1", kate)
    await house.at("02:00")
    await house.send({**DISK, "priority": "P1", "service": ""})
    assert (await read_pages(house))[1:] == [
        ("0:02:00", "sam", "alert:1"),
        ("0:02:00", "kate", "Alert 1 is now P1: Disk is filling"),
    ]
    await house.command("/alert ack 1", sam)
    assert {str(one.state) for one in await house.rows(Escalation)} == {"acknowledged"}


async def test_a_new_route_that_reaches_nobody_takes_it_from_nobody(house: House, tmp_path: Path) -> None:
    schedule = {"name": "Gone", "rotations": [
        {"starts": "2026-11-02T09:00", "ends": "2026-11-03T09:00", "participants": ["sam"]}
    ]}  # fmt: skip
    policies = {**STEPS, "night": {"name": "Night", "steps": [{"page": ["schedule:gone"]}]}}
    sections = {"schedules": {"gone": schedule}, "routing_rules": {"urgent": AT_NIGHT}}
    await set_up(house, tmp_path, policies=policies, **sections)
    await house.send({**DISK, "priority": "P4", "service": ""})
    await house.at("02:00")
    await house.send({**DISK, "priority": "P1", "service": ""})
    await house.at("10:00")
    assert await read_pages(house) == [
        ("0:00:00", "kate", "alert:1"),
        ("0:10:00", "kate", "alert:1"),
        ("0:10:00", "sam", "alert:1"),
    ]


async def test_a_snooze_was_for_the_lesser_trouble(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, policies=STEPS)
    await house.send({**DISK, "priority": "P4"})
    await house.command("/alert snooze 1 3h", await by(house, "kate"))
    await house.at("11:00")
    await house.send({**DISK, "priority": "P4"})
    assert len(await read_pages(house)) == 1
    await house.send({**DISK, "priority": "P1"})
    await house.at("03:00:01")
    assert (await read_pages(house))[1:] == [
        ("0:11:00", "kate", "alert:1"),
        ("0:21:00", "kate", "alert:1"),
        ("0:21:00", "sam", "alert:1"),
    ]
    assert [note.kind for note in await house.rows(AlertNote)].count("woke_worse") == 1
