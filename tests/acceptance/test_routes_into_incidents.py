"""Whom a routing rule chooses for an alert is called, whichever alert came first into its incident; nobody twice."""

from pathlib import Path

from storage.models import Escalation, Incident
from tests.acceptance.test_rules import paged, set_up
from tests.house import House

AT_DB = [{"field": "labels.kind", "operation": "equals", "value": "db"}]
RULES = {
    "incident_rules": {"shop": {"name": "Shop", "group_by": ["service"]}},
    "routing_rules": {"db": {"name": "Databases", "of_team": "web", "policy": "night", "conditions": AT_DB}},
}
POLICIES = {
    "web": {"name": "Web", "steps": [{"page": ["user:kate"]}]},
    "data": {"name": "Data", "steps": [{"page": ["user:dana"]}]},
    "night": {"name": "Night", "steps": [{"page": ["user:sam"]}, {"after": "20m", "page": ["user:dana"]}]},
}


async def send(house: House, alias: str, kind: str = "", **more: str) -> None:
    await house.send({"title": alias, "alias": alias, "service": "shop", "labels": {"kind": kind}, **more})


async def test_a_later_alert_calls_in_those_of_its_route(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, policies=POLICIES, **RULES)
    await send(house, "one")
    assert await paged(house) == ["kate"]
    await send(house, "two", "db")
    assert await paged(house) == ["kate", "sam"]
    for alias in ("three", "four"):
        await send(house, alias, "db")
        await send(house, f"{alias} again")
    assert await paged(house) == ["kate", "sam"]
    assert len(await house.rows(Incident)) == 1
    await house.at("20:00")
    assert await paged(house) == ["kate", "sam", "dana"]


async def test_the_teams_own_policy_is_one_of_them(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, policies=POLICIES, **RULES)
    await send(house, "one", "db")
    assert await paged(house) == ["sam"]
    await send(house, "two")
    assert await paged(house) == ["sam", "kate"]


async def test_into_an_incident_that_somebody_is_on_they_are_called_once(
    house: House, tmp_path: Path
) -> None:
    await set_up(house, tmp_path, policies=POLICIES, **RULES)
    await send(house, "one")
    kate, sam = (await house.rows(house.owner.__class__))[-3:-1]
    assert (kate.handle, sam.handle) == ("kate", "sam")
    await house.command("/incident ack INC-1", kate)
    await send(house, "two", "db")
    assert await paged(house) == ["kate", "sam"]
    await house.command("/incident ack INC-1", sam)
    assert {str(one.state) for one in await house.rows(Escalation)} == {"acknowledged"}
    for alias in ("one", "two"):
        await house.send({"title": alias, "alias": alias, "status": "resolved"})
    await send(house, "three", "db")
    await house.at("30:00")
    assert await paged(house) == ["kate", "sam"]


async def test_whoever_is_on_it_is_not_called_to_it(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, policies=POLICIES, **RULES)
    await send(house, "one")
    sam = next(one for one in await house.rows(house.owner.__class__) if one.handle == "sam")
    await house.command("/incident ack INC-1", sam)
    await send(house, "two", "db")
    assert await paged(house) == ["kate"]


async def test_a_team_that_comes_later_is_called_by_itself(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, policies=POLICIES, **RULES)
    await send(house, "one")
    sam = next(one for one in await house.rows(house.owner.__class__) if one.handle == "sam")
    await house.command("/incident ack INC-1", sam)
    await send(house, "two", "db")
    await house.command("/incident services INC-1 add:db", sam)
    assert await paged(house) == ["kate", "dana"]


async def test_all_of_them_are_paged_again_when_nobody_is_on_it_any_more(
    house: House, tmp_path: Path
) -> None:
    await set_up(house, tmp_path, policies=POLICIES, **RULES)
    await send(house, "one")
    await send(house, "two", "db")
    sam = next(one for one in await house.rows(house.owner.__class__) if one.handle == "sam")
    await house.command("/incident ack INC-1", sam)
    before = await paged(house)
    await house.command("/alert unack 2", sam)
    assert sorted((await paged(house))[len(before) :]) == ["kate", "sam"]
