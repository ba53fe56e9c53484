"""Whom a sender of Opsgenie names is paged, once, and nobody else; who is not known here is told of."""

from pathlib import Path
from typing import Any

from bot.alerts.trials import Trial, try_signals
from handlers.webhooks.opsgenie import read_create
from storage.models import Alert, Integration, Team
from tests.acceptance.test_rules import paged, set_up
from tests.handlers.opsgenie import Sender, make_sender
from tests.house import House

SCHEDULES = {
    "data": {
        "name": "Data on-call",
        "team": "data",
        "rotations": [{"starts": "2026-11-02T09:00", "participants": ["dana"]}],
    }
}
P1 = {"p1": {"name": "P1", "conditions": [{"field": "priority", "operation": "equals", "value": "P1"}]}}
TEAM = {"type": "team", "name": "Data"}
SCHEDULE = {"type": "schedule", "name": "Data on-call"}
POLICY = {"type": "escalation", "name": "Data"}
PERSON = {"type": "user", "username": "dana"}


async def send(sender: Sender, *responders: dict[str, str], **more: Any) -> None:
    body = {"message": "disk", "alias": "disk", "responders": list(responders), **more}
    status, answer, _ = await sender.ask("POST", "/alerts", body)
    assert status == 202, answer


async def test_whoever_is_named_in_two_ways_is_paged_once(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, schedules=SCHEDULES)
    sender = await make_sender(house)
    await send(sender, TEAM, SCHEDULE, PERSON)
    assert await paged(house) == ["dana"]
    await send(sender, POLICY, PERSON, SCHEDULE, alias="other")
    assert await paged(house) == ["dana", "dana"]


async def test_also_in_an_incident(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, schedules=SCHEDULES, incident_rules=P1)
    await send(await make_sender(house), PERSON, TEAM, SCHEDULE, priority="P1")
    assert await paged(house) == ["dana"]


async def test_of_a_schedule_or_policy_the_alert_is_its_teams(house: House, tmp_path: Path) -> None:
    """Otherwise the first team would be called into its incident."""
    await set_up(house, tmp_path, schedules=SCHEDULES, incident_rules=P1)
    sender = await make_sender(house)
    await send(sender, SCHEDULE, priority="P1")
    await send(sender, POLICY, alias="other")
    (data,) = await house.rows(Team, Team.slug == "data")
    assert {alert.team_id for alert in await house.rows(Alert)} == {data.id}
    assert set(await paged(house)) == {"dana"}


async def test_who_is_not_known_here_is_told_of(house: House, tmp_path: Path) -> None:
    """Ids of Opsgenie are among them."""
    await set_up(house, tmp_path, schedules=SCHEDULES)
    sender = await make_sender(house)
    by_id = {"type": "team", "id": "4513b7ea-3b91-438f-b7e4-e3e54af9147c"}
    await send(sender, by_id, {"type": "user", "username": "ghost@example.org"}, SCHEDULE)
    assert await paged(house) == ["dana"]
    told = await house.ask("/alert why 1")
    assert "names the team “4513b7ea-3b91-438f-b7e4-e3e54af9147c”, which is not known here" in told
    assert "names the person “ghost@example.org”, which is not known here" in told


async def test_the_first_team_that_is_known_gets_the_alert(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, incident_rules=P1)
    sender = await make_sender(house)
    await send(sender, {"type": "team", "name": "NOC"}, TEAM, priority="P1")
    (data,) = await house.rows(Team, Team.slug == "data")
    await send(sender, {"type": "team", "id": str(data.id)}, alias="by id")
    assert {alert.team_id for alert in await house.rows(Alert)} == {data.id}
    assert set(await paged(house)) == {"dana"}
    assert "names the team “NOC”, which is not known here" in await house.ask("/alert why 1")


async def test_of_a_snoozed_alert_nobody_is_called_and_the_sender_hears_so(
    house: House, tmp_path: Path
) -> None:
    await set_up(house, tmp_path)
    sender = await make_sender(house)
    await send(sender, TEAM)
    await sender.do("POST", "/alerts/1/snooze", {"endTime": "2026-11-23T05:00:00Z"}, identifierType="tiny")
    what = {"escalation": {"name": "Web"}}
    told = await sender.do("POST", "/alerts/1/escalate", what, identifierType="tiny")
    assert (told["success"], told["status"]) == (False, "It was refused")
    assert await paged(house) == ["dana"]


async def test_a_dry_run_tells_the_same(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, schedules=SCHEDULES, incident_rules=P1)
    sender = await make_sender(house)
    (integration,) = await house.rows(Integration, Integration.source == "opsgenie")
    body: dict[str, Any] = {
        "message": "disk",
        "alias": "disk",
        "responders": [SCHEDULE, {"type": "user", "username": "sam"}],
    }

    async def tell(**more: str) -> Trial:
        signal = read_create({**body, **more})
        (told,) = await house.parts.work.look(lambda unit: try_signals(unit, integration, [signal]))
        return told

    told = await tell()
    assert (told.team, sorted(told.pages)) == ("Data", ["Dana", "Sam"])
    assert sorted((await tell(priority="P1")).pages) == ["Dana", "Sam"]
    await send(sender, *body["responders"])
    assert sorted(await paged(house)) == ["dana", "sam"]
