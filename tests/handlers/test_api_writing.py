"""The JSON API, writing: declaring, giving commands, and what the door says when something is wrong."""

import io
from typing import Any

import pytest

from storage.models import ApiKey, User
from tests.handlers.program import Program
from tests.house import House


@pytest.fixture
async def api(house: House) -> Program:
    return Program(house, await house.key("write"))


# Declaring


async def test_declaring_needs_a_title_and_nothing_else(house: House, api: Program):
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


async def test_an_incident_is_declared_in_a_persons_name(house: House, api: Program):
    kate = await house.add_person("Kate", "kate@example.com")
    await api.declare("Payments fail", **{"as": "KATE@example.com", "priority": "P1", "services": ["Web"]})
    incident = await api.ask("/incidents/1")
    assert incident["declared_by"] == {"id": kate.id, "handle": "kate", "name": "Kate"}
    assert (incident["priority"], incident["services"][0]["slug"]) == ("P1", "web")


# Commands


async def test_a_command_answers_in_plain_text_and_as_a_card(house: House, api: Program):
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
    house: House, api: Program
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
    ({"text": "/incident priority P1"}, 404, "incident.which", None, "INC-7"),
    ({"text": "/incident list", "as": "nobody"}, 404, "user.unknown", "as", "nobody"),
    ({"text": "/incident list", "as": "@"}, 404, "user.unknown", "as", "nobody"),
    ({"text": "/incident join", "incident": "INC-1"}, 403, "person.needed", None, "as"),
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
    api = Program(sqlite_house, await sqlite_house.key("write"))
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
    api = Program(house, await house.key("admin"))
    assert "/login/" in (await api.run("/tocsin login"))["reply"]


# The door


async def test_without_a_valid_key_nothing_is_told(sqlite_house: House):
    url = f"{sqlite_house.url}/api/v1/incidents"
    for key in ("", "Bearer", "Bearer wrong", "Bearer tocsin_ü", "Basic dXNlcjpwYXNz"):
        async with sqlite_house.http.get(url, headers={"Authorization": key} if key else {}) as response:
            assert response.status == 401
            assert response.content_type == "application/problem+json"
            assert response.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_revoked_key_is_no_key(house: House, api: Program):
    async def revoke(unit: Any) -> None:
        (await unit.session.get_one(ApiKey, 1)).revoked_at = unit.now

    await api.ask("/users")
    await house.parts.work.run(revoke)
    assert (await api.try_to("GET", "/users"))[0] == 401


async def test_a_key_for_reading_changes_nothing(sqlite_house: House):
    api = Program(sqlite_house, await sqlite_house.key("read"))
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
    api = Program(sqlite_house, await sqlite_house.key("read"))
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
    (b'{"title": "x", "priority": "high"}', 422, "field.not_one_of", "priority"),
    (b'{"title": "x", "services": "web"}', 422, "field.wrong", "services"),
    (b'{"title": "x", "services": ["web", "shop"]}', 404, "service.unknown", "services"),
    (b'{"title": "x", "teams": ["shop"]}', 404, "team.unknown", "teams"),
    (b'{"title": "x", "as": "nobody"}', 404, "user.unknown", "as"),
    (b'{"title": "x", "as": "guest"}', 403, "role.missing", None),
    (b'{"title": "' + b"x" * 1024 * 1024 + b'"}', 413, "body.too_large", None),
]


async def test_a_wrong_declaration_is_named_and_keeps_nothing(sqlite_house: House):
    api = Program(sqlite_house, await sqlite_house.key("write"))
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


async def test_what_is_not_there_is_a_problem(house: House, api: Program):
    for path, code in NOT_THERE:
        status, problem = await api.try_to("GET", path)
        assert (status, problem["title"]) == (404, code), path


async def test_a_method_that_is_not_there_names_those_that_are(house: House, api: Program):
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        url = f"{house.url}/api/v1/incidents"
        async with house.http.request(method, url, headers=api.authorization) as response:
            assert response.status == 405
            assert response.headers["Allow"] == "GET, POST"
            assert response.content_type == "application/problem+json"


async def test_the_actor_of_a_program_is_its_key(house: House, api: Program):
    await api.declare("Payments fail")
    status, _ = await api.try_to(
        "POST", "/commands", {"text": "/incident note it is the bank", "incident": "1"}
    )
    assert status == 200
    entry = (await api.ask("/incidents/INC-1/timeline?kind=note"))["items"][0]
    assert (entry["by"], entry["person"]) == ("test write", None)


async def test_people_without_an_address_are_not_found_by_an_empty_name(house: House, api: Program):
    assert [user.email for user in await house.rows(User)] == [""]
    status, _ = await api.try_to("POST", "/incidents", {"title": "x", "as": " "})
    assert status == 404
