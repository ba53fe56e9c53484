"""Silences and maintenance by the JSON API: as the commands do it, with their errors, rights and audit."""

from datetime import timedelta
from typing import Any

import pytest

from storage.models import Alert, AuditEntry, Escalation, Maintenance, Silence
from storage.words import EscalationState
from tests.handlers.program import Program
from tests.house import START, House

WEB = {"name": "service", "value": "web"}


def at(**later: float) -> str:
    return (START + timedelta(**later)).isoformat()


@pytest.fixture
async def api(house: House) -> Program:
    return Program(house, await house.key("write"))


async def said(house: House, about: str) -> list[str]:
    return [row.what for row in await house.rows(AuditEntry) if row.what.startswith(about)]


# Silences


async def test_a_silence_is_made_changed_and_ended(house: House, api: Program) -> None:
    await house.send({"title": "Disk is full", "alias": "disk", "priority": "P5", "labels": {"kind": "disk"}})
    body = {"matchers": [{"name": "kind", "value": "d.*k", "operation": "matches"}], "ends_at": at(hours=1)}
    status, made = await api.try_to("POST", "/silences", {**body, "comment": "db2 is replaced"})
    assert (status, made["number"], made["state"], made["held"]) == (201, 1, "active", 1)
    assert (made["what"], made["by"], made["person"]) == ("kind=~d.*k", "test write", None)
    assert made["matchers"] == body["matchers"]
    assert (made["incidents"], made["more"]) == ([], False)
    assert (await house.rows(Alert))[0].held_by == "silence:1"
    status, changed = await api.try_to("PUT", "/silences/1", {"ends_at": at(hours=5)})
    assert (status, changed["ends_at"], changed["comment"]) == (
        200,
        "2026-11-23T08:00:00Z",
        "db2 is replaced",
    )
    await house.at("2:00:00")
    assert (await house.rows(Alert))[0].held_by == "silence:1"
    status, ended = await api.try_to("DELETE", "/silences/1")
    assert (status, ended["state"], ended["ended_by"]) == (200, "over", "test write")
    assert (await house.rows(Alert))[0].held_by == ""
    assert await said(house, "silence") == ["silence.created", "silence.changed", "silence.ended"]
    status, problem = await api.try_to("DELETE", "/silences/1")
    assert (status, problem["type"]) == (409, "urn:tocsin:problem:silence.over")


async def test_silences_are_listed_by_their_state(house: House, api: Program) -> None:
    for ends, starts in (({"hours": 1}, None), ({"hours": 3}, at(hours=2)), ({"hours": 4}, None)):
        body: dict[str, Any] = {"matchers": [WEB], "ends_at": at(**ends)}
        await api.try_to("POST", "/silences", {**body, "starts_at": starts} if starts else body)
    await api.try_to("DELETE", "/silences/3")
    await house.ask("/tocsin maintenance 1h service=web")
    assert [one["number"] for one in (await api.ask("/silences"))["items"]] == [3, 2, 1]
    for state, number in (("over", 3), ("pending", 2), ("active", 1)):
        assert [one["number"] for one in (await api.ask(f"/silences?state={state}"))["items"]] == [number]
    both = await api.ask("/silences?state=active&state=pending&limit=1&order=oldest")
    assert [one["number"] for one in both["items"]] == [1]
    assert both["next"] is not None
    assert (await api.ask("/silences/2"))["starts_at"] == "2026-11-23T05:00:00Z"
    window = (await house.rows(Silence))[-1]
    assert (await api.try_to("GET", f"/silences/{window.id}"))[0] == 404


async def test_a_silence_names_the_incidents_that_go_on_paging(house: House, api: Program) -> None:
    await house.send({"title": "Checkout is slow", "priority": "P1", "service": "web"})
    _, made = await api.try_to("POST", "/silences", {"matchers": [WEB], "ends_at": at(hours=1)})
    assert (made["incidents"], made["held"]) == (["INC-1"], 0)
    assert [one.state for one in await house.rows(Escalation)] == [EscalationState.RUNNING]


async def test_it_is_done_in_a_persons_name_with_their_rights(house: House, api: Program) -> None:
    kate = await house.add_person("Kate")
    await house.add_person("Mark", team="", role="stakeholder")
    body = {"matchers": [WEB], "ends_at": at(hours=1)}
    _, made = await api.try_to("POST", "/silences", {**body, "as": "kate"})
    assert (made["by"], made["person"]["handle"]) == ("Kate", "kate")
    assert (await house.rows(Silence))[0].creator_id == kate.id
    assert (await api.try_to("POST", "/silences", {**body, "as": "mark"}))[0] == 403
    assert (await api.try_to("DELETE", "/silences/1?as=mark"))[0] == 403
    assert (await api.try_to("DELETE", "/silences/1?as=kate"))[1]["ended_by"] == "Kate"
    reader = Program(house, await house.key("read"))
    assert (await reader.try_to("POST", "/silences", body))[0] == 403
    assert len((await reader.ask("/silences"))["items"]) == 1


@pytest.mark.parametrize(
    ("wrong", "status", "problem", "field"),
    [
        ({"matchers": []}, 422, "field.wrong", "matchers"),
        ({"matchers": [{"name": "service", "value": "nowhere"}]}, 404, "service.unknown", "matchers"),
        ({"matchers": [{"name": "a", "value": "(", "operation": "matches"}]}, 422, "filter.pattern", "matchers"),
        ({"matchers": [{"name": "a", "value": "b", "operation": "is_not"}]}, 422, "matcher.everything", "matchers"),
        ({"ends_at": "2026-11-23T02:00:00Z"}, 422, "time.past", "ends_at"),
        ({"ends_at": "2029-11-23T02:00:00Z"}, 422, "silence.too_long", "ends_at"),
        ({"starts_at": "2029-11-23T02:00:00Z", "ends_at": "2029-11-23T03:00:00Z"}, 422, "silence.too_far", "starts_at"),
        ({"ends_at": "2026-11-23T05:00:00"}, 422, "field.wrong", "ends_at"),
        ({"integration": "nobody"}, 404, "integration.unknown", "integration"),
        ({"as": "nobody"}, 404, "user.unknown", "as"),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_silence_is_named(
    sqlite_house: House, wrong: dict[str, Any], status: int, problem: str, field: str
) -> None:
    api = Program(sqlite_house, await sqlite_house.key("write"))
    told = await api.try_to("POST", "/silences", {"matchers": [WEB], "ends_at": at(hours=1), **wrong})
    assert (told[0], told[1]["type"], told[1]["field"]) == (status, f"urn:tocsin:problem:{problem}", field)
    assert await sqlite_house.rows(Silence) == []


# Maintenance

UPGRADE = {"name": "upgrade", "length": 3600, "targets": [WEB]}


async def test_maintenance_is_planned_listed_and_ended_each_way(house: House, api: Program) -> None:
    daily = {"repeat": "daily", "until": at(days=9), "starts_at": at(hours=1), "zone": "Europe/Paris"}
    status, made = await api.try_to("POST", "/maintenance", {**UPGRADE, **daily})
    assert (status, made["number"], made["state"], made["what"]) == (201, 1, "planned", "service=web")
    assert (made["repeat"], made["zone"], made["origin"]) == ("FREQ=DAILY", "Europe/Paris", "room")
    assert made["window"] == {
        "starts_at": "2026-11-23T04:00:00Z",
        "ends_at": "2026-11-23T05:00:00Z",
        "held": 0,
    }
    status, problem = await api.try_to("DELETE", "/maintenance/1")
    assert (status, problem["type"]) == (409, "urn:tocsin:problem:maintenance.not_on")
    await house.at("1:10:00")
    await house.send({"title": "Web is slow", "priority": "P1", "service": "web"})
    shown = await api.ask("/maintenance/1")
    assert (shown["state"], shown["window"]["held"]) == ("on", 1)
    status, ended = await api.try_to("DELETE", "/maintenance/1")
    assert (status, ended["state"], ended["window"]["starts_at"]) == (200, "planned", "2026-11-24T04:00:00Z")
    assert (await house.rows(Alert))[0].held_by == ""
    assert [one["number"] for one in (await api.ask("/maintenance"))["items"]] == [1]
    status, ended = await api.try_to("DELETE", "/maintenance/1?whole=true")
    assert (status, ended["state"], ended["window"]) == (200, "over", None)
    assert (await api.ask("/maintenance"))["items"] == []
    assert len((await api.ask("/maintenance?active=any"))["items"]) == 1
    await house.at("60:00:00")
    assert [row.ended_at is not None for row in await house.rows(Maintenance)] == [True]
    assert await said(house, "maintenance") == [
        "maintenance.planned",
        "maintenance.window_ended",
        "maintenance.ended",
    ]


async def test_a_window_that_is_on_goes_on_when_it_is_changed(house: House, api: Program) -> None:
    await api.try_to("POST", "/maintenance", UPGRADE)
    await house.send({"title": "Web is slow", "alias": "web", "priority": "P5", "service": "web"})
    await house.send({"title": "Disk is full", "alias": "disk", "priority": "P5"})
    status, changed = await api.try_to("PUT", "/maintenance/1", {**UPGRADE, "length": 7200})
    assert (status, changed["window"]["ends_at"]) == (200, "2026-11-23T05:00:00Z")
    await house.at("1:30:00")
    assert [row.held_by for row in await house.rows(Alert)] == ["maintenance:1", ""]
    generic = {"name": "integration", "value": "generic"}
    _, changed = await api.try_to("PUT", "/maintenance/1", {**UPGRADE, "length": 7200, "targets": [generic]})
    assert (changed["name"], changed["what"], changed["state"]) == ("upgrade", "integration=generic", "on")
    assert [row.held_by for row in await house.rows(Alert)] == ["maintenance:1", "maintenance:1"]
    team = {"name": "team", "value": "first-team"}
    await api.try_to("PUT", "/maintenance/1", {**UPGRADE, "length": 7200, "targets": [team]})
    assert len([row for row in await house.rows(Silence) if row.ends_at > row.starts_at]) == 1
    _, over = await api.try_to("PUT", "/maintenance/1", {**UPGRADE, "length": 600})
    assert over["state"] == "over"
    assert [row.held_by for row in await house.rows(Alert)] == ["", ""]
    assert (await api.try_to("PUT", "/maintenance/1", UPGRADE))[0] == 409


async def test_one_that_is_planned_is_moved(house: House, api: Program) -> None:
    await api.try_to("POST", "/maintenance", {**UPGRADE, "starts_at": at(hours=1)})
    _, moved = await api.try_to(
        "PUT", "/maintenance/1", {**UPGRADE, "starts_at": at(hours=3), "name": "later"}
    )
    assert (moved["state"], moved["window"]["starts_at"]) == ("planned", "2026-11-23T06:00:00Z")
    await house.at("2:00:00")
    await house.send({"title": "Web is slow", "priority": "P5", "service": "web"})
    assert [row.held_by for row in await house.rows(Alert)] == [""]
    await house.at("3:00:01")
    assert (await api.ask("/maintenance/1"))["state"] == "on"
    assert [row.held_by for row in await house.rows(Alert)] == ["maintenance:1"]
    await house.at("4:00:01")
    assert (await api.ask("/maintenance/1"))["state"] == "over"


@pytest.mark.parametrize(
    ("wrong", "status", "problem", "field"),
    [
        ({"targets": []}, 422, "maintenance.what", "targets"),
        ({"everything": True}, 422, "maintenance.what", "targets"),
        ({"targets": [{"name": "severity", "value": "x"}]}, 422, "maintenance.target", "targets"),
        ({"targets": [{"name": "team", "value": "nobody"}]}, 404, "team.unknown", "targets"),
        ({"length": 59}, 422, "field.wrong", "length"),
        ({"repeat": "often"}, 422, "maintenance.rule", "repeat"),
        ({"repeat": "weekly"}, 422, "maintenance.until", "until"),
        ({"repeat": "weekly", "until": at(days=900)}, 422, "maintenance.until", "until"),
        ({"repeat": "FREQ=WEEKLY;BYDAY=SU", "until": at(days=2)}, 422, "maintenance.never", "repeat"),
        ({"zone": "Mars/Olympus"}, 422, "user.bad_zone", "zone"),
        ({"name": ""}, 422, "field.wrong", "name"),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_maintenance_is_named(
    sqlite_house: House, wrong: dict[str, Any], status: int, problem: str, field: str
) -> None:
    api = Program(sqlite_house, await sqlite_house.key("write"))
    told = await api.try_to("POST", "/maintenance", {**UPGRADE, **wrong})
    assert (told[0], told[1]["type"], told[1]["field"]) == (status, f"urn:tocsin:problem:{problem}", field)
    assert await sqlite_house.rows(Maintenance) == []
