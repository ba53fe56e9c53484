"""The JSON API over real HTTP: what it tells, what it does, and what it says when something is wrong."""

import io
from dataclasses import dataclass
from typing import Any

import pytest

from storage.models import ApiKey, Team, User
from tests.house import House

Answer = tuple[int, Any]


@dataclass
class Client:
    """A program with a key."""

    house: House
    key: str

    async def ask(self, path: str, **headers: str) -> Any:
        """The answer to a GET that must succeed: JSON, or text when it is something else."""
        url = f"{self.house.url}/api/v1{path}"
        async with self.house.http.get(url, headers={**self.authorization, **headers}) as response:
            assert response.status == 200, await response.text()
            return (
                await response.json()
                if response.content_type == "application/json"
                else await response.text()
            )

    async def try_to(self, method: str, path: str, body: Any = None) -> Answer:
        """Status and JSON of any request; what it started has settled."""
        content = (
            {"data": body} if isinstance(body, io.BytesIO) else {"json": body} if body is not None else {}
        )
        url = f"{self.house.url}/api/v1{path}"
        async with self.house.http.request(method, url, headers=self.authorization, **content) as response:
            answer = response.status, await response.json(content_type=None)
        await self.house.settle()
        return answer

    async def run(self, text: str, **more: Any) -> Any:
        status, answer = await self.try_to(
            "POST", "/commands", {"text": text, "as": self.house.owner.handle, **more}
        )
        assert status == 200, answer
        return answer

    async def declare(self, title: str, **more: Any) -> str:
        status, answer = await self.try_to("POST", "/incidents", {"title": title, **more})
        assert status == 201, answer
        return str(answer["ref"])

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}


@pytest.fixture
async def api(house: House) -> Client:
    return Client(house, await house.key("write"))


# Everything that happened can be read back


async def test_an_incident_can_be_read_back_from_its_alert_to_its_postmortem(house: House, api: Client):
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


async def test_a_postmortem_is_json_markdown_or_html(house: House, api: Client):
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


async def test_the_organisation_can_be_read(house: House, api: Client):
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
    assert schedule["rotations"][0]["participants"][0]["handle"] == house.owner.handle


# Lists


async def test_a_list_is_walked_page_by_page_while_it_grows(house: House, api: Client):
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


async def test_the_timeline_pages_by_when_things_happened(house: House, api: Client):
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
    api = Client(sqlite_house, await sqlite_house.key("write"))
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
    api = Client(sqlite_house, await sqlite_house.key("write"))
    await sqlite_house.send({"title": "One", "priority": "P2", "service": "web", "source": "db1"})
    await sqlite_house.send({"title": "Two", "priority": "P2", "service": "web"})
    await sqlite_house.send({"title": "Three", "priority": "P5"})
    await api.run("/alert close 1")
    await api.run("/alert ack 2")
    for path, numbers in ALERT_FILTERS:
        assert [one["number"] for one in (await api.ask(path))["items"]] == numbers, path


async def test_pages_are_filtered(house: House, api: Client):
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


# Declaring


async def test_declaring_needs_a_title_and_nothing_else(house: House, api: Client):
    url = f"{house.url}/api/v1/incidents"
    body = {"title": "Payments fail"}
    async with house.http.post(url, json=body, headers=api.authorization) as response:
        assert response.status == 201
        declared = await response.json()
        place = response.headers["Location"]
    assert place == "/api/v1/incidents/INC-1"
    assert declared["teams"] == [{"slug": "first-team", "name": "First team"}]
    assert declared["declared_by"] is None
    await house.settle()
    assert (await api.ask("/incidents/INC-1/timeline?kind=incident_declared"))["items"][0][
        "by"
    ] == "test write"
    assert (await api.ask("/incidents/INC-1"))["rooms"][0]["platform"] == "room"


async def test_an_incident_is_declared_in_a_persons_name(house: House, api: Client):
    kate = await house.add_person("Kate", "kate@example.com")
    await api.declare("Payments fail", **{"as": "KATE@example.com", "priority": "P1", "services": ["Web"]})
    incident = await api.ask("/incidents/1")
    assert incident["declared_by"] == {"id": kate.id, "handle": "kate", "name": "Kate"}
    assert (incident["priority"], incident["services"][0]["slug"]) == ("P1", "web")


# Commands


async def test_a_command_answers_in_plain_text_and_as_a_card(house: House, api: Client):
    await api.declare("Payments _fail_")
    answer = await api.run("/incident priority P1", incident="INC-1")
    assert "P1" in answer["reply"]
    assert answer["failed"] is False
    shown = await api.run("/incident show INC-1")
    assert shown["card"]["title"] == "INC-1 · Payments _fail_"
    assert "Payments _fail_" in shown["reply"]
    entry = (await api.ask("/incidents/INC-1/timeline?kind=priority_changed"))["items"][0]
    assert entry["person"]["handle"] == house.owner.handle


async def test_a_command_that_needs_more_answers_with_its_form_which_can_be_filled_in(
    house: House, api: Client
):
    await api.declare("Payments fail")
    answer = await api.run("/incident update", incident="INC-1")
    assert answer["form"]["command"] == "incident update"
    assert "text" in [field["name"] for field in answer["form"]["fields"]]
    assert answer["reply"]
    await api.run(
        "/incident update", incident="INC-1", values={"text": "Card payments\nare down", "next": "30m"}
    )
    assert (await api.ask("/incidents/INC-1/updates"))["items"][0]["text"] == "Card payments\nare down"


FAILING_COMMANDS = [
    ({"text": "/incident prioriy P1"}, 404, "command.unknown", "text", "/incident priority"),
    ({"text": "/incident priority P7", "incident": "INC-1"}, 422, "command.wrong", "priority", "P1"),
    ({"text": "/incident priority P1", "incident": "INC-9"}, 404, "incident.unknown", "incident", "INC-9"),
    ({"text": "/incident priority P1"}, 409, "command.refused", None, "INC-7"),
    ({"text": "/incident list", "as": "nobody"}, 404, "user.unknown", "as", "nobody"),
    ({"text": "/incident list", "as": "@"}, 404, "user.unknown", "as", "nobody"),
    ({"text": "/incident join", "incident": "INC-1"}, 409, "command.refused", None, "as"),
    (
        {"text": "/incident resolve", "incident": "INC-1", "as": "guest"},
        403,
        "role.missing",
        None,
        "responder",
    ),
    ({"text": "/tocsin login"}, 403, "key.scope", None, "admin"),
    ({"text": ""}, 422, "field.wrong", "text", "text"),
    ({"text": 7}, 422, "field.wrong", "text", "int"),
    ({}, 422, "field.missing", "text", "text"),
]


async def test_a_command_that_fails_is_a_problem(sqlite_house: House):
    api = Client(sqlite_house, await sqlite_house.key("write"))
    await sqlite_house.add_person("Guest", role="stakeholder")
    await api.declare("Payments fail")
    for body, status, code, field, words in FAILING_COMMANDS:
        got, problem = await api.try_to("POST", "/commands", body)
        assert (got, problem["type"], problem.get("field")) == (
            status,
            f"urn:tocsin:problem:{code}",
            field,
        ), body
        assert words in problem["detail"]


async def test_only_a_key_for_administrators_hands_out_sign_in_links(house: House):
    api = Client(house, await house.key("admin"))
    assert "/login/" in (await api.run("/tocsin login"))["reply"]


# The door


async def test_without_a_valid_key_nothing_is_told(sqlite_house: House):
    url = f"{sqlite_house.url}/api/v1/incidents"
    for key in ("", "Bearer", "Bearer wrong", "Bearer tocsin_ü", "Basic dXNlcjpwYXNz"):
        async with sqlite_house.http.get(url, headers={"Authorization": key} if key else {}) as response:
            assert response.status == 401
            assert response.content_type == "application/problem+json"
            assert response.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_revoked_key_is_no_key(house: House, api: Client):
    async def revoke(unit: Any) -> None:
        (await unit.session.get_one(ApiKey, 1)).revoked_at = unit.now

    await api.ask("/users")
    await house.parts.work.run(revoke)
    assert (await api.try_to("GET", "/users"))[0] == 401


async def test_a_key_for_reading_changes_nothing(sqlite_house: House):
    api = Client(sqlite_house, await sqlite_house.key("read"))
    status, problem = await api.try_to("POST", "/incidents", {"title": "Payments fail"})
    assert (status, problem["title"]) == (403, "key.scope")
    assert (await api.ask("/incidents"))["items"] == []


WRONG_FILTERS = [
    ("/incidents?limit=0", "field.wrong", "limit"),
    ("/incidents?limit=201", "field.wrong", "limit"),
    ("/incidents?limit=two", "field.wrong", "limit"),
    ("/incidents?limit=1&limit=2", "field.twice", "limit"),
    ("/incidents?cursor=INC-1", "field.shape", "cursor"),
    ("/incidents?status=broken", "field.wrong", "status[0]"),
    ("/incidents?statsu=open", "field.unknown", "statsu"),
    ("/alerts?source=%00", "field.shape", "source"),
    ("/pages?subject=page:1", "field.shape", "subject"),
]


async def test_a_wrong_filter_is_named(sqlite_house: House):
    api = Client(sqlite_house, await sqlite_house.key("read"))
    for path, code, field in WRONG_FILTERS:
        status, problem = await api.try_to("GET", path)
        assert (status, problem["title"], problem["field"]) == (422, code, field), path


WRONG_DECLARATIONS = [
    (b"", 400, "body.empty", None),
    (b"{", 400, "body.not_json", None),
    (b"\xff", 400, "body.not_json", None),
    (b'{"title": "\\ud800"}', 400, "body.not_json", None),
    (b"[" * 50_000, 422, "field.wrong", None),
    (b"[]", 422, "field.wrong", None),
    (b"{}", 422, "field.missing", "title"),
    (b'{"titel": "x"}', 422, "field.unknown", "titel"),
    (b'{"title": null}', 422, "field.wrong", "title"),
    (b'{"title": "  "}', 422, "field.shape", "title"),
    (b'{"title": "a\\u0000b"}', 422, "field.shape", "title"),
    (b'{"title": "x", "priority": "high"}', 422, "field.wrong", "priority"),
    (b'{"title": "x", "services": "web"}', 422, "field.wrong", "services"),
    (b'{"title": "x", "services": ["web", "shop"]}', 404, "service.unknown", "services"),
    (b'{"title": "x", "teams": ["shop"]}', 404, "team.unknown", "teams"),
    (b'{"title": "x", "as": "nobody"}', 404, "user.unknown", "as"),
    (b'{"title": "x", "as": "guest"}', 403, "role.missing", None),
    (b'{"title": "' + b"x" * 1024 * 1024 + b'"}', 413, "body.too_large", None),
]


async def test_a_wrong_declaration_is_named_and_keeps_nothing(sqlite_house: House):
    api = Client(sqlite_house, await sqlite_house.key("write"))
    await sqlite_house.add_person("Guest", role="stakeholder")
    for body, status, code, field in WRONG_DECLARATIONS:
        got, problem = await api.try_to("POST", "/incidents", io.BytesIO(body))
        assert (got, problem["title"], problem.get("field")) == (status, code, field), body[:99]
        assert problem["detail"]
    assert (await api.ask("/incidents"))["items"] == []


NOT_THERE = [
    ("/incidents/INC-9", "incident.unknown"),
    ("/incidents/INC-9/timeline", "incident.unknown"),
    ("/incidents/INC-99999999999", "page.unknown"),
    ("/incidents/%C2%B2", "page.unknown"),
    ("/alerts/9", "alert.unknown"),
    ("/alerts/x", "page.unknown"),
    ("/pages/9", "page.unknown"),
    ("/users/%00", "page.unknown"),
    ("/users/nobody", "user.unknown"),
    ("/teams/nobody", "team.unknown"),
    ("/services/nothing", "service.unknown"),
    ("/schedules/none", "schedule.unknown"),
    ("/incidents?team=nobody", "team.unknown"),
    ("/nothing", "page.unknown"),
    ("/", "page.unknown"),
]


async def test_what_is_not_there_is_a_problem(house: House, api: Client):
    for path, code in NOT_THERE:
        status, problem = await api.try_to("GET", path)
        assert (status, problem["title"]) == (404, code), path


async def test_a_method_that_is_not_there_names_those_that_are(house: House, api: Client):
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        url = f"{house.url}/api/v1/incidents"
        async with house.http.request(method, url, headers=api.authorization) as response:
            assert response.status == 405
            assert response.headers["Allow"] == "GET, POST"
            assert response.content_type == "application/problem+json"


async def test_the_actor_of_a_program_is_its_key(house: House, api: Client):
    await api.declare("Payments fail")
    status, _ = await api.try_to(
        "POST", "/commands", {"text": "/incident note it is the bank", "incident": "1"}
    )
    assert status == 200
    entry = (await api.ask("/incidents/INC-1/timeline?kind=note"))["items"][0]
    assert (entry["by"], entry["person"]) == ("test write", None)


async def test_people_without_an_address_are_not_found_by_an_empty_name(house: House, api: Client):
    assert [user.email for user in await house.rows(User)] == [""]
    status, _ = await api.try_to("POST", "/incidents", {"title": "x", "as": " "})
    assert status == 404
