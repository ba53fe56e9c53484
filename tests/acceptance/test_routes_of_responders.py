"""A team that a sender or a rule names is called as its own routing rules say, also when it is the alert's own team."""

from pathlib import Path
from typing import Any

from storage.models import Alert, Incident
from tests.acceptance.test_rules import paged, set_up
from tests.handlers.opsgenie import Sender, make_sender
from tests.house import House

NIGHT = {"zone": "UTC", "windows": [{"from": "22:00", "until": "06:00"}]}
ROUTES = {
    "web-night": {"name": "Nights of web", "of_team": "web", "policy": "night", "hours": NIGHT},
    "data-quiet": {
        "name": "Data sleeps",
        "of_team": "data",
        "nobody": True,
        "conditions": [{"field": "priority", "operation": "at_most", "value": "P2"}],
        "hours": NIGHT,
    },
}
P1 = {"p1": {"name": "P1", "conditions": [{"field": "priority", "operation": "equals", "value": "P1"}]}}


def teams(*names: str) -> list[dict[str, str]]:
    return [{"type": "team", "name": name} for name in names]


async def send(sender: Sender, alias: str, responders: list[dict[str, str]], **more: Any) -> None:
    status, answer, _ = await sender.ask(
        "POST", "/alerts", {"message": alias, "alias": alias, "responders": responders, **more}
    )
    assert status == 202, answer


async def test_the_team_that_the_sender_names(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, routing_rules=ROUTES)
    sender = await make_sender(house)
    await send(sender, "disk", teams("Web"))
    assert await paged(house) == ["sam"]
    assert "“Night” is running" in await house.ask("/alert why 1")
    await house.at("3:30:00")
    await send(sender, "by day", teams("Web"))
    assert await paged(house) == ["sam", "kate"]


async def test_a_team_beside_it(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, routing_rules=ROUTES)
    sender = await make_sender(house)
    await send(sender, "disk", teams("Data", "Web"), priority="P1")
    assert sorted(await paged(house)) == ["dana", "sam"]
    assert "Nights of web” of team Web chooses the escalation policy “Night” for it" in await house.ask(
        "/alert why 1"
    )


async def test_a_team_beside_it_that_sleeps(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, routing_rules=ROUTES)
    sender = await make_sender(house)
    await send(sender, "disk", teams("Web", "Data"))
    assert await paged(house) == ["sam"]
    assert "Data sleeps” of team Data pages nobody of that team" in await house.ask("/alert why 1")


async def test_where_only_teams_that_sleep_are_named_it_is_held(house: House, tmp_path: Path) -> None:
    """Also where a service names another team, which the sender does not want to be paged."""
    await set_up(house, tmp_path, routing_rules=ROUTES)
    sender = await make_sender(house)
    await send(sender, "disk", teams("Data"), details={"service": "shop"})
    (alert,) = await house.rows(Alert)
    assert (alert.held_by, await paged(house)) == ("rule:data-quiet", [])


async def test_a_team_that_a_policy_names(house: House, tmp_path: Path) -> None:
    policy = {"name": "All to web", "responders": ["team:web"]}
    await set_up(house, tmp_path, routing_rules=ROUTES, alert_policies={"to-web": policy})
    await house.send({"title": "db", "alias": "db", "service": "db", "priority": "P1"})
    assert await paged(house) == ["sam"]


async def test_after_a_snooze_it_is_the_same_policy(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, routing_rules=ROUTES)
    sender = await make_sender(house)
    await send(sender, "disk", teams("Data", "Web"), priority="P1")
    await house.command("/alert snooze 1 30m")
    await house.at("30:00")
    assert sorted(await paged(house)) == ["dana", "dana", "sam", "sam"]


async def test_what_becomes_worse_goes_by_its_new_route(house: House, tmp_path: Path) -> None:
    urgent = {"name": "Urgent", "of_team": "web", "policy": "night"}
    urgent_rule = {**urgent, "conditions": [{"field": "priority", "operation": "equals", "value": "P1"}]}
    await set_up(house, tmp_path, routing_rules={"urgent": urgent_rule})
    sender = await make_sender(house)
    await send(sender, "disk", teams("Web"))
    assert await paged(house) == ["kate"]
    await send(sender, "disk", teams("Web"), priority="P1")
    assert await paged(house) == ["kate", "sam"]


async def test_into_an_incident(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, routing_rules=ROUTES, incident_rules=P1)
    sender = await make_sender(house)
    await send(sender, "disk", teams("Data", "Web"), priority="P1")
    assert len(await house.rows(Incident)) == 1
    assert sorted(await paged(house)) == ["dana", "sam"]
    await house.command("/incident ack INC-1")
    await house.command("/alert unack 1")
    assert sorted(await paged(house)) == ["dana", "dana", "sam", "sam"]


async def test_a_team_that_is_called_in_later(house: House, tmp_path: Path) -> None:
    """Whose rule pages nobody is called all the same: somebody asks for it."""
    await set_up(house, tmp_path, routing_rules=ROUTES)
    sender = await make_sender(house)
    await send(sender, "disk", [{"type": "user", "username": "kate"}])
    for name in ("Web", "Data"):
        told = await sender.do("POST", "/alerts/1/teams", {"team": {"name": name}}, identifierType="tiny")
        assert told["success"]
    assert await paged(house) == ["kate", "sam", "dana"]
    await house.command("/alert snooze 1 30m")
    await house.at("30:00")
    assert sorted((await paged(house))[3:]) == ["dana", "kate", "sam"]
