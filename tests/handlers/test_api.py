"""The JSON API, reading: what happened, what is there, and lists page by page."""

from typing import Any

import pytest

from storage.models import Team
from tests.handlers.program import Program
from tests.house import House


@pytest.fixture
async def api(house: House) -> Program:
    return Program(house, await house.key("write"))


# Everything that happened can be read back


async def test_an_incident_can_be_read_back_from_its_alert_to_its_postmortem(house: House, api: Program):
    await house.send({"title": "Checkout is slow", "priority": "P2", "service": "web", "alias": "slow"})
    await house.send({"title": "Checkout is slow", "priority": "P2", "service": "web", "alias": "slow"})
    await api.run("/incident priority P1", incident="INC-1")
    await api.run("/incident update Payments are slow next:30m", incident="INC-1")
    await api.run("/incident task call the bank", incident="INC-1")
    await api.run("/incident role commander", incident="INC-1", values={"person": "me"})
    await house.at("10:00")
    await api.run("/incident resolve", incident="INC-1")
    await api.run("/incident postmortem", incident="INC-1")

    incident = await api.ask("/incidents/INC-1")
    assert (incident["status"], incident["priority"], incident["alerts"]) == ("resolved", "P1", 1)
    assert incident["services"] == [{"slug": "web", "name": "Web"}]
    assert incident["commander"]["handle"] == house.owner.handle
    assert incident["declared_at"] == "2026-11-23T03:00:00Z"
    assert incident["resolved_at"] == "2026-11-23T03:10:00Z"
    alert = await api.ask("/alerts/1")
    assert (alert["status"], alert["count"], alert["incident"]) == ("closed", 2, "INC-1")
    assert [stage["stage"] for stage in alert["trace"]][-1] == "incident"
    kinds = [entry["kind"] for entry in (await api.ask("/incidents/INC-1/timeline?order=oldest"))["items"]]
    assert kinds[0] == "incident_declared"
    assert {"priority_changed", "incident_resolved", "postmortem_drafted"} < set(kinds)
    assert (await api.ask("/incidents/INC-1/updates"))["items"][0]["text"] == "Payments are slow"
    assert (await api.ask("/incidents/INC-1/tasks"))["items"][0]["title"] == "call the bank"
    pages = (await api.ask("/pages"))["items"]
    assert pages[0]["person"]["handle"] == house.owner.handle
    assert pages[0]["reason"]["name"] == "Primary on-call"
    cards = [one["card"] for one in (await api.ask("/incidents/INC-1/messages"))["items"] if one["card"]]
    assert any(card["title"].startswith("INC-1") for card in cards)


async def test_a_postmortem_is_json_markdown_or_html(house: House, api: Program):
    await api.declare("Payments fail")
    status, problem = await api.try_to("GET", "/incidents/INC-1/postmortem")
    assert (status, problem["type"]) == (404, "urn:tocsin:problem:postmortem.none")
    await api.run("/incident postmortem", incident="INC-1")
    found = await api.ask("/incidents/INC-1/postmortem")
    assert (found["incident"], found["status"]) == ("INC-1", "draft")
    assert found["sections"][0]["name"] == "summary"
    markdown = await api.ask("/incidents/INC-1/postmortem?format=markdown")
    assert markdown.startswith("# ")
    assert "Payments fail" in markdown
    assert await api.ask("/incidents/INC-1/postmortem", Accept="text/markdown") == markdown
    html = await api.ask("/incidents/INC-1/postmortem", Accept="text/html,application/xhtml+xml")
    assert "<h1>" in html
    assert isinstance(await api.ask("/incidents/INC-1/postmortem?format=json", Accept="text/html"), dict)


async def test_the_organisation_can_be_read(house: House, api: Program):
    await house.add_person("Kate Moss", "kate@example.com")
    users = (await api.ask("/users"))["items"]
    assert [user["handle"] for user in users] == ["kate-moss", house.owner.handle]
    assert (await api.ask("/users/kate@example.com"))["teams"] == [
        {"slug": "first-team", "name": "First team"}
    ]
    team = await api.ask("/teams/first-team")
    assert {person["name"] for person in team["members"]} == {"Kate Moss", house.owner.name}
    assert team["policy"]["slug"] == "default"
    assert (await api.ask("/services?team=first-team"))["items"][0]["slug"] == "web"
    assert (await api.ask("/services/web"))["related"] == []
    assert (await api.ask("/schedules"))["items"][0]["on_call"][0]["handle"] == house.owner.handle
    schedule = await api.ask("/schedules/primary")
    assert schedule["rotations"][0]["participants"][0]["person"]["handle"] == house.owner.handle


# Lists


async def test_a_list_is_walked_page_by_page_while_it_grows(house: House, api: Program):
    for number in range(5):
        await api.declare(f"Trouble {number}")
    first = await api.ask("/incidents?limit=2")
    await api.declare("Something new")
    second = await api.ask(f"/incidents?limit=2&cursor={first['next']}")
    third = await api.ask(f"/incidents?limit=2&cursor={second['next']}")
    shown = [incident["ref"] for page in (first, second, third) for incident in page["items"]]
    assert shown == ["INC-5", "INC-4", "INC-3", "INC-2", "INC-1"]
    assert third["next"] is None
    oldest = await api.ask("/incidents?limit=4&order=oldest")
    rest = await api.ask(f"/incidents?order=oldest&cursor={oldest['next']}")
    assert [one["ref"] for one in [*oldest["items"], *rest["items"]]] == [f"INC-{n}" for n in range(1, 7)]


async def test_the_timeline_pages_by_when_things_happened(house: House, api: Program):
    await api.declare("Payments fail")
    await house.at("30:00")
    await api.run("/incident note first customer called", incident="INC-1", values={"at": "20m ago"})
    await api.run("/incident note Bank says 100% of cards", incident="INC-1")
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = await api.ask(f"/incidents/INC-1/timeline?limit=2&order=oldest&cursor={cursor}")
        seen += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert [entry["at"] for entry in seen] == sorted(entry["at"] for entry in seen)
    assert len({entry["id"] for entry in seen}) == len(seen)
    notes = (await api.ask("/incidents/INC-1/timeline?kind=note"))["items"]
    assert [note["text"] for note in notes] == ["Bank says 100% of cards", "first customer called"]
    assert notes[1]["at"] == "2026-11-23T03:10:00Z"
    assert notes[1]["recorded_at"] == "2026-11-23T03:30:00Z"
    found = (await api.ask("/incidents/INC-1/timeline?text=100%25"))["items"]
    assert [note["text"] for note in found] == ["Bank says 100% of cards"]
    assert not (await api.ask("/incidents/INC-1/timeline?text=1%25%25"))["items"], "a % stands for itself"


INCIDENT_FILTERS = [
    ("/incidents?status=open", ["INC-3", "INC-2"]),
    ("/incidents?status=over", ["INC-1"]),
    ("/incidents?status=resolved&status=identified", ["INC-2", "INC-1"]),
    ("/incidents?priority=P1&priority=P2", ["INC-3", "INC-2"]),
    ("/incidents?service=web", ["INC-3"]),
    ("/incidents?team=First%20team&limit=1", ["INC-3"]),
    ("/incidents?team=empty", []),
]


async def test_incidents_are_filtered(sqlite_house: House):
    api = Program(sqlite_house, await sqlite_house.key("write"))
    await _add_empty_team(sqlite_house)
    await api.declare("One", teams=["first-team"])
    await api.declare("Two", priority="P2", teams=["first-team"])
    await api.declare("Three", priority="P1", services=["web"])
    await api.run("/incident resolve INC-1")
    await api.run("/incident status INC-2 identified")
    for path, refs in INCIDENT_FILTERS:
        assert [one["ref"] for one in (await api.ask(path))["items"]] == refs, path


async def _add_empty_team(house: House) -> None:
    async def add(unit: Any) -> None:
        unit.session.add(Team(slug="empty", name="Empty"))

    await house.parts.work.run(add)


ALERT_FILTERS = [
    ("/alerts", [3, 2, 1]),
    ("/alerts?status=open", [3, 2]),
    ("/alerts?status=open&status=closed", [3, 2, 1]),
    ("/alerts?acknowledged=true", [2]),
    ("/alerts?acknowledged=false&status=open", [3]),
    ("/alerts?priority=P5", [3]),
    ("/alerts?source=db1", [1]),
    ("/alerts?incident=INC-1", [2, 1]),
]


async def test_alerts_are_filtered(sqlite_house: House):
    api = Program(sqlite_house, await sqlite_house.key("write"))
    await sqlite_house.send({"title": "One", "priority": "P2", "service": "web", "source": "db1"})
    await sqlite_house.send({"title": "Two", "priority": "P2", "service": "web"})
    await sqlite_house.send({"title": "Three", "priority": "P5"})
    await api.run("/alert close 1")
    await api.run("/alert ack 2")
    for path, numbers in ALERT_FILTERS:
        assert [one["number"] for one in (await api.ask(path))["items"]] == numbers, path


async def test_pages_are_filtered(house: House, api: Program):
    kate = await house.add_person("Kate")
    await house.send({"title": "One", "priority": "P2", "service": "web"})
    await api.run("/page kate please look")
    assert {page["person"]["handle"] for page in (await api.ask("/pages"))["items"]} == {
        "kate",
        house.owner.handle,
    }
    hers = (await api.ask("/pages?user=kate"))["items"]
    assert [page["why"] for page in hers] == ["please look"]
    assert hers[0] == await api.ask(f"/pages/{hers[0]['id']}")
    by_subject = (await api.ask("/pages?subject=INC-1"))["items"]
    assert by_subject == (await api.ask("/pages?subject=incident:1"))["items"]
    assert {page["person"]["id"] for page in by_subject} == {house.owner.id}
    assert kate.id not in {page["person"]["id"] for page in (await api.ask("/pages?state=answered"))["items"]}
