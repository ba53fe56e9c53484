"""What can be done with an alert by Opsgenie's API, as people see it afterwards."""

import io
import json
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from storage.models import Alert, AlertNote, Escalation, Incident, Page, RawPayload, Team
from storage.words import AlertStatus, EscalationState, PageState, Priority, Scope
from tests.handlers.opsgenie import Sender, make_sender
from tests.house import START, House

BY_ALIAS = {"identifierType": "alias"}


async def open_one(house: House, **more: object) -> Sender:
    sender = await make_sender(house)
    told = await sender.do("POST", "/alerts", {"message": "db down", "alias": "db-1", **more})
    assert (told["success"], told["status"]) == (True, "Created alert")
    return sender


async def test_the_note_that_comes_with_an_alert_is_written_on_it(house: House) -> None:
    sender = await open_one(house, note="seen on db1 first", user="deploy")
    for note in ("again", "again"):
        body = {"message": "db down", "alias": "db-1", "note": note, "user": "deploy"}
        await sender.do("POST", "/alerts", body)
    _, notes, _ = await sender.ask("GET", "/alerts/db-1/notes", order="asc", **BY_ALIAS)
    assert [(note["note"], note["owner"]) for note in notes["data"]] == [
        ("seen on db1 first", "deploy"),
        ("again", "deploy"),
    ]


async def test_an_alert_is_changed_in_every_way(house: House) -> None:
    sender = await open_one(house, tags=["a"], details={"k": "v"}, actions=["restart"])
    changes: tuple[tuple[str, str, Any, dict[str, str]], ...] = (
        ("POST", "tags", {"tags": ["b", "c", "a"], "user": "u", "note": "with a note"}, {}),
        ("DELETE", "tags", None, {"tags": "a,c"}),
        ("POST", "details", {"details": {"n": 5, "k": "w"}}, {}),
        ("DELETE", "details", None, {"keys": "n"}),
        ("PUT", "message", {"message": "db is down"}, {}),
        ("PUT", "description", {"description": "look"}, {}),
        ("PUT", "priority", {"priority": "P1"}, {}),
        ("POST", "actions/restart", {"user": "u"}, {}),
        ("POST", "notes", {"note": "seen"}, {}),
    )
    for method, path, body, query in changes:
        told = await sender.do(method, f"/alerts/db-1/{path}", body, **BY_ALIAS, **query)
        assert told["status"] == "Done", path
    alert = await sender.alert()
    assert (alert.tags, alert.labels, alert.title) == (["b"], {"k": "w"}, "db is down")
    assert (alert.description, alert.priority) == ("look", Priority.P1)
    for path, body in (
        ("message", {"message": "db is down"}),
        ("message", {"message": ""}),
        ("tags", {"tags": ["b"]}),
    ):
        told = await sender.do(
            "PUT" if path == "message" else "POST", f"/alerts/db-1/{path}", body, **BY_ALIAS
        )
        assert (told["status"], told["success"]) == ("Nothing had to be done", True)
    assert (await sender.alert()).title == "db is down"
    told = await sender.do("POST", "/alerts/db-1/actions/explode", {}, **BY_ALIAS)
    assert not told["success"]

    _, notes, _ = await sender.ask("GET", f"/alerts/{alert.uid}/notes", order="asc")
    assert [(note["note"], note["owner"]) for note in notes["data"]] == [
        ("with a note", "u"),
        ("seen", "ops"),
    ]
    _, first, _ = await sender.ask(
        "GET", f"/alerts/{alert.id}/logs", identifierType="tiny", limit="4", order="asc"
    )
    assert [line["log"] for line in first["data"]] == [
        "Alert created by 127.0.0.1", "u added the tags b, c", "u: with a note", "ops removed the tags a, c",
    ]  # fmt: skip
    last = first["data"][-1]["offset"]
    assert f"offset={last}" in first["paging"]["next"]
    query = {"identifierType": "tiny", "order": "asc", "offset": last, "limit": "100"}
    _, rest, _ = await sender.ask("GET", f"/alerts/{alert.id}/logs", **query)
    assert [line["log"] for line in rest["data"]][-2:] == ["u asked for the action restart", "ops: seen"]
    assert "next" not in rest["paging"]
    _, back, _ = await sender.ask("GET", f"/alerts/{alert.id}/logs", **{**query, "direction": "prev"})
    assert [line["log"] for line in back["data"]][-1] == "Alert created by 127.0.0.1"


async def test_its_life_goes_on_as_in_chat(house: House) -> None:
    sender = await open_one(house)
    kate = await house.add_person("Kate", "kate@example.com")
    told = await sender.do("POST", "/alerts/db-1/acknowledge", {"user": "kate@example.com"}, **BY_ALIAS)
    assert told["success"]
    assert (await sender.alert()).owner_id == kate.id
    _, shown, _ = await sender.ask("GET", "/alerts/db-1", **BY_ALIAS)
    assert (shown["data"]["owner"], shown["data"]["report"]["acknowledgedBy"]) == ("kate@example.com",) * 2
    assert (await house.rows(Escalation))[0].state is EscalationState.ACKNOWLEDGED
    assert (await sender.do("POST", "/alerts/db-1/acknowledge", {}, **BY_ALIAS))[
        "status"
    ] == "Nothing had to be done"
    assert (await sender.do("POST", "/alerts/db-1/unacknowledge", {}, **BY_ALIAS))["success"]
    assert (await sender.do("POST", "/alerts/db-1/unacknowledge", {}, **BY_ALIAS))["success"] is False

    until = (START + timedelta(hours=2)).isoformat()
    assert (await sender.do("POST", "/alerts/db-1/snooze", {"endTime": until}, **BY_ALIAS))["success"]
    _, shown, _ = await sender.ask("GET", "/alerts/db-1", **BY_ALIAS)
    assert (shown["data"]["snoozed"], shown["data"]["snoozedUntil"]) == (True, "2026-11-23T05:00:00.000Z")
    for wrong in ("yesterday", START.isoformat(), (START + timedelta(days=8)).isoformat(), ""):
        status, answer, _ = await sender.ask("POST", "/alerts/db-1/snooze", {"endTime": wrong}, **BY_ALIAS)
        assert (status, list(answer["errors"])) == (422, ["endTime"])

    assert (await sender.do("POST", "/alerts/db-1/assign", {"owner": {"username": "kate"}}, **BY_ALIAS))[
        "success"
    ]
    assert not (await sender.alert()).snoozed_until
    told = await sender.do("POST", "/alerts/db-1/assign", {"owner": {"username": "nobody"}}, **BY_ALIAS)
    assert told["status"] == "Whoever or whatever was named does not exist"
    _, recipients, _ = await sender.ask("GET", "/alerts/db-1/recipients", **BY_ALIAS)
    assert {one["user"]["username"] for one in recipients["data"]} >= {
        house.owner.email or house.owner.handle
    }

    assert (await sender.do("POST", "/alerts/db-1/close", {"source": "am"}, **BY_ALIAS))["success"]
    told = await sender.do("POST", "/alerts/db-1/acknowledge", {}, **BY_ALIAS)
    assert (told["status"], told["success"], told["alias"]) == ("Alert is closed", False, "db-1")
    # The alias is free again.
    told = await sender.do("POST", "/alerts", {"message": "db down again", "alias": "db-1"})
    assert (told["status"], told["alertId"]) == ("Created alert", (await sender.alert()).uid)
    assert [alert.status for alert in await house.rows(Alert)] == [AlertStatus.CLOSED, AlertStatus.OPEN]


@pytest.mark.parametrize(("priority", "subject"), [("P1", "incident:1"), ("P5", "alert:1")])
async def test_whoever_is_called_in_is_paged(house: House, priority: str, subject: str) -> None:
    """For the alert, or for the incident that it belongs to."""
    database = await house.add_second_team("Database", "Dora", "db")
    kate = await house.add_person("Kate", "kate@example.com")
    sender = await open_one(house, priority=priority)
    assert not await house.pages(database)
    for path, body in (
        ("teams", {"team": {"name": "Database"}}),
        ("responders", {"responder": {"type": "user", "username": "kate@example.com"}}),
    ):
        assert (await sender.do("POST", f"/alerts/db-1/{path}", body, **BY_ALIAS))["status"] == "Done"
        assert (await sender.do("POST", f"/alerts/db-1/{path}", body, **BY_ALIAS))[
            "status"
        ] == "Nothing had to be done"
    assert [page.subject for page in await house.pages(database)] == [subject]
    assert [page.subject for page in await house.pages(kate)] == [subject]
    body = {"responder": {"type": "pigeon", "name": "x"}}
    status, answer, _ = await sender.ask("POST", "/alerts/db-1/responders", body, **BY_ALIAS)
    assert (status, list(answer["errors"])) == (422, ["responder.type"])
    _, shown, _ = await sender.ask("GET", "/alerts/db-1", **BY_ALIAS)
    assert [one["type"] for one in shown["data"]["responders"]] == ["team", "team", "user"]
    # Acknowledging stops all of it.
    await sender.do("POST", "/alerts/db-1/acknowledge", {"user": "Dora"}, **BY_ALIAS)
    assert {one.state for one in await house.rows(Escalation)} == {EscalationState.ACKNOWLEDGED}


@pytest.mark.parametrize("priority", ["P5", "P1"])
async def test_whoever_is_called_in_later_comes_beside_the_team(house: House, priority: str) -> None:
    """Also when somebody has acknowledged; and when paging starts again, the team is paged as before."""
    kate = await house.add_person("Kate", "kate@example.com")
    sender = await open_one(house, priority=priority)
    await house.at("01:00")
    await house.command("/alert ack 1")
    await house.at("02:00")
    body = {"responder": {"type": "user", "username": "kate@example.com"}}
    await sender.do("POST", "/alerts/db-1/responders", body, **BY_ALIAS)
    assert [page.state for page in await house.pages(kate)] == [PageState.SENT]
    before = len(await house.pages(house.owner))
    await house.at("03:00")
    await house.command("/alert unack 1")
    assert len(await house.pages(house.owner)) == before + 1


async def test_responders_of_a_new_alert_are_paged_once_however_often_it_is_sent(house: House) -> None:
    database = await house.add_second_team("Database", "Dora", "db")
    sender = await make_sender(house)
    body = {
        "message": "db down",
        "alias": "db-1",
        "note": "from the job",
        "user": "deploy",
        "responders": [
            {"type": "team", "name": "First team", "id": "", "username": ""},
            {"type": "escalation", "name": "Database policy"},
            {"type": "user", "username": "not-here@example.com"},
        ],
        "visibleTo": [{"type": "user", "username": "x"}],
        "IdentifierType": "",
    }
    for status in ("Created alert", "Alert was open; its count was raised"):
        assert (await sender.do("POST", "/alerts", body))["status"] == status
    assert len(await house.pages(database)) == 1
    alert = await sender.alert()
    assert (alert.count, [one["type"] for one in alert.responders]) == (2, ["team", "policy"])
    notes = [(note.kind, note.actor_name) for note in await house.rows(AlertNote)]
    assert notes.count(("note", "deploy")) == 1


async def test_an_escalation_goes_on_to_its_next_step(house: House) -> None:
    database = await house.add_second_team("Database", "Dora", "db")
    sender = await open_one(house)
    body = {"escalation": {"name": "Database policy"}}
    assert (await sender.do("POST", "/alerts/db-1/escalate", body, **BY_ALIAS))["success"]
    assert len(await house.pages(database)) == 1
    told = await sender.do("POST", "/alerts/db-1/escalate", body, **BY_ALIAS)
    assert (told["success"], told["status"]) == (False, "It was refused")
    told = await sender.do("POST", "/alerts/db-1/escalate", {"escalation": {"name": "none"}}, **BY_ALIAS)
    assert told["status"] == "Whoever or whatever was named does not exist"


async def test_files_stand_beside_an_alert(house: House) -> None:
    sender = await open_one(house)
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("file", b"\x00log\xff" * 1000, filename="../error.log", content_type="text/plain")
    form.add_field("user", "u")
    headers = {"Authorization": f"GenieKey {sender.key}"}
    url = f"{house.url}/v2/alerts/db-1/attachments?alertIdentifierType=alias"
    async with house.http.post(url, data=form, headers=headers) as response:
        assert response.status == 201, await response.text()
        number = (await response.json())["data"]["id"]
    _, listed, _ = await sender.ask("GET", "/alerts/db-1/attachments", alertIdentifierType="alias")
    assert listed["data"] == [{"id": number, "name": "error.log"}]
    _, shown, _ = await sender.ask("GET", f"/alerts/db-1/attachments/{number}", alertIdentifierType="alias")
    path = shown["data"]["url"].partition("/v2/")[2]
    async with house.http.get(f"{house.url}/v2/{path}", headers=headers) as response:
        assert await response.read() == b"\x00log\xff" * 1000
        assert response.headers["Content-Disposition"].startswith("attachment")
    async with house.http.get(f"{house.url}/v2/{path}") as response:
        assert response.status == 401
    status, _, _ = await sender.ask(
        "DELETE", f"/alerts/db-1/attachments/{number}", alertIdentifierType="alias"
    )
    assert status == 200
    status, _, _ = await sender.ask("GET", f"/alerts/db-1/attachments/{number}", alertIdentifierType="alias")
    assert status == 404
    form = aiohttp.FormData()
    form.add_field("file", io.BytesIO(b"x" * (11 * 1024 * 1024)), filename="large.bin")
    async with house.http.post(url, data=form, headers=headers) as response:
        assert response.status == 413
    status, _, _ = await sender.ask(
        "POST", "/alerts/db-1/attachments", {"file": "x"}, alertIdentifierType="alias"
    )
    assert status == 400


async def test_what_is_too_long_is_cut_and_what_is_wrong_is_named(house: House) -> None:
    sender = await make_sender(house)
    await sender.do("POST", "/alerts", {
        "message": "m" * 200, "description": "d" * 20_000, "entity": "e" * 600, "alias": "a" * 600,
        "tags": [f"{number}" + "t" * 60 for number in range(30)], "actions": ["x" * 60] * 20,
        "details": {"big": "v" * 9_000, "after": "x"}, "note": "n" * 30_000, "source": "s" * 200,
    })  # fmt: skip
    alert = await sender.alert()
    assert (len(alert.title), len(alert.description), len(alert.entity), len(alert.alias)) == (
        130,
        15_000,
        512,
        512,
    )
    assert (len(alert.tags), {len(tag) for tag in alert.tags}, [len(one) for one in alert.actions]) == (
        20,
        {50},
        [50],
    )
    assert sum(len(name) + len(value) for name, value in alert.labels.items()) <= 8_000
    for body, field in (
        ({}, "message"),
        ({"message": ""}, "message"),
        ({"message": {"a": 1}}, "message"),
        ({"message": "x", "tags": {"a": 1}}, "tags"),
        ({"message": "x", "details": [1]}, "details"),
        ({"message": "x", "responders": "me"}, "responders"),
        ({"message": "x", "responders": [{"name": "x"}]}, "responders[0].type"),
    ):
        status, answer, _ = await sender.ask("POST", "/alerts", body)
        assert (status, list(answer["errors"])) == (422, [field]), body
        assert answer["message"] == "Request body is not processable. Please check the errors."
    for raw in (b"{", b"[]", b"\xff"):
        status, answer, headers = await sender.ask("POST", "/alerts", raw)
        assert (status, sorted(answer)) == (400, ["message", "requestId", "took"])
        answered = [name.title() for name in headers]
        assert {"X-Request-Id", "X-Response-Time", "X-Ratelimit-State", "X-Ratelimit-Reason"} <= set(answered)
    assert len(await house.rows(Alert)) == 1


@pytest.mark.parametrize(
    ("body", "title", "priority"),
    [
        ({"message": "Disk full", "priority": "critical"}, "Disk full", "P1"),
        ({"message": "Disk full", "priority": "warning"}, "Disk full", "P3"),
        ({"message": "Disk full", "priority": "P9"}, "Disk full", "P3"),
        ({"message": "Disk full", "priority": " p2 "}, "Disk full", "P2"),
        ({"message": "", "details": {"alertname": "DiskFull"}, "description": "db"}, "DiskFull", "P3"),
        ({"message": " ", "description": "\n The disk is full\nreally"}, "The disk is full", "P3"),
        ({"alias": "9f2c", "entity": "db1"}, "db1", "P3"),
        ({"message": None, "alias": "9f2c"}, "9f2c", "P3"),
    ],
)
async def test_what_a_template_filled_in_wrongly_costs_no_alert(
    sqlite_house: House, body: dict[str, Any], title: str, priority: str
) -> None:
    """Alertmanager fills message and priority from labels of the group, and gives up on what was refused."""
    sender = await make_sender(sqlite_house)
    assert (await sender.do("POST", "/alerts", body))["success"]
    alert = await sender.alert()
    assert (alert.title, alert.priority.value) == (title, priority)
    wrong = {"priority": "critical"}
    status, answer, _ = await sender.ask("PUT", f"/alerts/{alert.uid}/priority", wrong)
    assert (status, list(answer["errors"])) == (422, ["priority"])


async def test_a_new_alert_that_can_not_be_read_is_kept_for_whoever_sets_the_sender_up(
    sqlite_house: House,
) -> None:
    sender = await make_sender(sqlite_house)
    url, wrong = f"{sqlite_house.url}/v2/alerts", {"message": "x", "tags": {"a": 1}}
    for _ in range(2):
        async with sqlite_house.http.post(url, json=wrong, params={"apiKey": sender.key}) as response:
            assert response.status == 422
    (row,) = await sqlite_house.rows(RawPayload)
    assert (row.outcome, json.loads(row.body)) == ("refused field.not_list", wrong)
    assert sender.key not in f"{row.query} {row.headers} {row.body}"


@pytest.mark.parametrize("prefix", ["/v2", "/jsm/ops/integration/v2"])
async def test_both_addresses_serve_everything(sqlite_house: House, prefix: str) -> None:
    sender = await make_sender(sqlite_house)
    sender.prefix = prefix
    told = await sender.do("POST", "/alerts", {"message": "x", "alias": "with/slash"})
    assert told["alias"] == "with/slash"
    _, shown, _ = await sender.ask("GET", "/alerts/with/slash", **BY_ALIAS)
    assert shown["data"]["alias"] == "with/slash"
    _, shown, _ = await sender.ask("GET", "/alerts/with%2Fslash", **BY_ALIAS)
    assert shown["data"]["alias"] == "with/slash"
    assert (await sender.do("POST", "/alerts/with/slash/close", {}, **BY_ALIAS))["success"]
    _, limits, _ = await sender.ask("GET", "/request-limits/")
    assert {one["domain"] for one in limits["data"]["rateLimits"]} >= {"search", "configuration"}
    status, _, headers = await sender.ask("GET", "/alerts/requests/6f6d8c2e-2b0e-4c4e-8a57-2c7d1a5c0f11")
    assert (status, headers["X-Opsgenie-Errortype"]) == (404, "RequestNotProcessed")


async def test_keys_open_what_they_are_for(house: House) -> None:
    await house.add_second_team("Database", "Dora", "db")
    (team,) = await house.rows(Team, Team.slug == "database")
    anybody = await make_sender(house, "all")
    ours = await make_sender(house, "of the team", team)
    await anybody.do("POST", "/alerts", {"message": "first", "alias": "first"})
    await ours.do("POST", "/alerts", {"message": "ours", "alias": "ours"})
    _, listed, _ = await ours.ask("GET", "/alerts")
    assert [alert["alias"] for alert in listed["data"]] == ["ours"]
    assert (await ours.ask("GET", "/alerts/first", **BY_ALIAS))[0] == 404
    assert (await ours.do("POST", "/alerts/first/close", {}, **BY_ALIAS))["status"] == "Alert does not exist"
    assert (await anybody.ask("GET", "/alerts/count"))[1]["data"] == {"count": 2}
    reader = Sender(house, await house.key(Scope.READ.value))
    assert (await reader.ask("GET", "/alerts/count"))[1]["data"] == {"count": 2}
    assert (await reader.ask("POST", "/alerts/first/close", {}, **BY_ALIAS))[0] == 403
    writer = Sender(house, await house.key(Scope.WRITE.value))
    assert (await writer.do("POST", "/alerts/first/close", {}, **BY_ALIAS))["success"]
    assert (await writer.ask("POST", "/alerts", {"message": "x"}))[0] == 403
    for key in ("", "nonsense", "ü"):
        for method, path in (("GET", "/alerts"), ("POST", "/alerts"), ("POST", "/alerts/first/close")):
            assert (await anybody.ask(method, path, {} if method == "POST" else None, key=key))[0] == 401


async def test_a_private_incident_hides_its_alert_but_its_sender_may_end_it(house: House) -> None:
    sender, other = await open_one(house), await make_sender(house, "other")
    await house.command("/incident private INC-1 yes")

    assert (await house.rows(Incident))[0].private
    for one in (sender, other):
        assert (await one.ask("GET", "/alerts/db-1", **BY_ALIAS))[0] == 404
        assert (await one.ask("GET", "/alerts"))[1]["data"] == []
        assert (await one.ask("GET", "/alerts/count", query="message: db"))[1]["data"] == {"count": 0}
        assert (await one.ask("GET", "/alerts/1/logs", identifierType="tiny"))[0] == 404
    told = await other.do("POST", "/alerts/db-1/close", {"user": house.owner.handle}, **BY_ALIAS)
    assert told["status"] == "Alert does not exist"
    assert (await sender.do("POST", "/alerts/db-1/close", {}, **BY_ALIAS))["success"]
    admin = Sender(house, await house.key(Scope.ADMIN.value))
    assert (await admin.ask("GET", "/alerts/db-1", **BY_ALIAS))[1]["data"]["status"] == "closed"


async def test_a_renewed_key_works_and_the_one_before_does_not(sqlite_house: House) -> None:
    from bot.catalog.integrations import renew_key

    sender = await open_one(sqlite_house)
    _, key = await sqlite_house.parts.work.run(lambda unit: renew_key(unit, "ops"))
    assert (await sender.ask("POST", "/alerts", {"message": "late"}))[0] == 401
    assert (await sender.ask("POST", "/alerts", {"message": "new"}, key=key))[0] == 202
    assert [alert.title for alert in await sqlite_house.rows(Alert)] == ["db down", "new"]
    assert all(page.state is not PageState.FAILED for page in await sqlite_house.rows(Page))
