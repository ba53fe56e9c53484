"""An alert that waited goes on as if it came then: to whom, and into which incident, is judged by what its sender said."""

from pathlib import Path
from typing import Any

import pytest

from storage.models import Alert, Incident
from tests.acceptance.test_rules import paged, set_up
from tests.house import House

WAIT = {"wait": {"name": "Wait", "delay": "5m"}}
AT_X = [{"field": "payload.place.zone", "operation": "equals", "value": "x"}]
BY_ZONE = {"zone": {"name": "Zone x", "team": "data", "conditions": AT_X}}
BY_NIGHT = {"zone": {"name": "Zone x", "of_team": "web", "policy": "night", "conditions": AT_X}}
BY_USER = {"user": {"name": "Deploys", "team": "data", "conditions": [
    {"field": "service", "operation": "equals", "value": "Somebody else's"},
]}}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "rules", "who"),
    [
        ({"service": "db"}, {}, "dana"),
        ({"service": "Database"}, {}, "dana"),
        ({"team": "data"}, {}, "dana"),
        ({"service": "Somebody else's"}, BY_USER, "dana"),
        ({"place": {"zone": "x"}}, BY_ZONE, "dana"),
        ({"place": {"zone": "x"}}, BY_NIGHT, "sam"),
        ({"place": {"zone": "y\x00"}}, BY_ZONE, "kate"),
    ],
)
@pytest.mark.parametrize("by", ["policy", "silence"])
async def test_who_is_paged_is_the_same_after_a_wait(
    house: House, tmp_path: Path, said: dict[str, Any], rules: dict[str, Any], who: str, by: str
) -> None:
    await set_up(house, tmp_path, alert_policies=WAIT if by == "policy" else {}, routing_rules=rules)
    if by == "silence":
        await house.command("/tocsin silence 5m alias=one")
    await house.send({"title": "One", "alias": "one", **said})
    (before,) = await house.rows(Alert)
    assert await paged(house) == []
    await house.at("06:00")
    (after,) = await house.rows(Alert)
    assert await paged(house) == [who]
    assert (after.team_id, after.service_id, after.policy_id) == (
        before.team_id,
        before.service_id,
        before.policy_id,
    )


async def test_its_incident_is_that_of_its_service(house: House, tmp_path: Path) -> None:
    rule = {"name": "Database", "group_by": ["service", "payload.place.zone"], "conditions": [
        {"field": "service", "operation": "equals", "value": "db"}, *AT_X,
    ]}  # fmt: skip
    await set_up(house, tmp_path, alert_policies=WAIT, incident_rules={"db": rule})
    for alias in ("one", "two"):
        await house.send({"title": alias, "alias": alias, "service": "db", "place": {"zone": "x"}})
    await house.at("06:00")
    (incident,) = await house.rows(Incident)
    assert {alert.incident_id for alert in await house.rows(Alert)} == {incident.id}
    assert await paged(house) == ["dana"]
