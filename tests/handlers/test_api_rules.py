"""Rules by the JSON API: made, changed, moved, tried and undone by a program that may."""

from typing import Any

import pytest

from storage.models import Alert, Rule
from tests.handlers.program import Program
from tests.house import House

QUIET = {
    "name": "Staging is quiet",
    "conditions": [{"field": "labels.env", "operation": "equals", "value": "staging"}],
    "suppress": True,
}
STAGING = {"title": "Disk full", "priority": "P1", "labels": {"env": "staging"}}


@pytest.fixture
async def api(house: House) -> Program:
    return Program(house, await house.key("admin"))


async def do(api: Program, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    got, answer = await api.try_to(method, path, body)
    assert got == status, answer
    return answer


async def test_a_rule_is_made_changed_switched_off_and_comes_back(house: House, api: Program) -> None:
    made = await do(api, "POST", "/rules", {"kind": "policy", "rule": QUIET}, 201)
    assert (made["slug"], made["place"], made["active"], made["rule"]) == ("staging-is-quiet", 1, True, QUIET)
    await house.send(STAGING)
    assert await house.pages() == []
    changed = await do(
        api,
        "PUT",
        "/rules/staging-is-quiet",
        {"rule": {**QUIET, "suppress": False}, "version": made["version"]},
    )
    assert "suppress" not in changed["rule"]
    await house.send({**STAGING, "alias": "two"})
    assert len(await house.pages()) == 1
    body = {"rule": QUIET, "version": made["version"]}
    assert (await do(api, "PUT", "/rules/staging-is-quiet", body, 409))["title"] == "edit.changed_meanwhile"
    off = await do(api, "DELETE", "/rules/staging-is-quiet")
    assert off["active"] is False
    assert (await api.ask("/rules?kind=policy"))["items"] == []
    (listed,) = (await api.ask("/rules?kind=policy&active=any"))["items"]
    assert listed == await api.ask("/rules/staging-is-quiet")
    back = await do(api, "POST", "/rules/staging-is-quiet/undo", {})
    assert back["active"] is True
    changes = (await api.ask("/rules/staging-is-quiet/changes"))["items"]
    assert [one["what"] for one in changes] == ["rule.undone", "rule.removed", "rule.changed", "rule.created"]
    first = await do(api, "POST", "/rules/staging-is-quiet/undo", {"change": changes[2]["id"]})
    assert first["rule"] == QUIET


async def test_rules_of_a_kind_are_moved(house: House, api: Program) -> None:
    for slug in ("a", "b", "c"):
        await do(api, "POST", "/rules", {"kind": "policy", "slug": slug, "rule": QUIET}, 201)
    moved = await do(api, "POST", "/rules/c/move", {"place": 1})
    assert moved["place"] == 1
    assert [one["slug"] for one in (await api.ask("/rules?kind=policy"))["items"]] == ["c", "a", "b"]
    everything = [one["kind"] for one in (await api.ask("/rules"))["items"]]
    assert everything == ["policy", "policy", "policy", "incident"]


async def test_every_fault_is_told_with_its_field(api: Program) -> None:
    wrong = {
        "name": "",
        "team": "nobody",
        "delay": 5,
        "conditions": [{"field": "title", "operation": "is", "value": "x"}],
    }
    answer = await do(api, "POST", "/rules", {"kind": "policy", "rule": wrong}, 422)
    fields = [one["field"] for one in answer["faults"]]
    assert sorted(fields) == ["conditions[0].operation", "delay", "name", "team"]
    assert answer["field"] == fields[0]
    assert "there is no team nobody" in answer["detail"]
    assert all(one["reason"] for one in answer["faults"])
    answer = await do(api, "POST", "/rules", {"kind": "policy", "slug": "Ä", "rule": QUIET}, 422)
    assert answer["field"] == "slug"
    await do(api, "POST", "/rules", {"kind": "policy", "slug": "urgent", "rule": QUIET}, 409)
    await do(api, "PUT", "/rules/nothing", {"rule": QUIET}, 404)


async def test_only_admins_change_rules(house: House, api: Program) -> None:
    await house.add_person("Kate")
    await house.add_person("Ada", role="admin")
    body = {"kind": "policy", "rule": QUIET}
    await do(api, "POST", "/rules", {**body, "as": "kate"}, 403)
    await do(api, "POST", "/rules", {**body, "as": "ada"}, 201)
    await do(api, "DELETE", "/rules/urgent?as=kate", status=403)
    changes = (await api.ask("/rules/staging-is-quiet/changes"))["items"]
    assert [one["by"] for one in changes] == ["Ada"]
    writer = Program(house, await house.key("write"))
    await do(writer, "POST", "/rules", body, 403)
    await do(writer, "POST", "/rules/test", {"integration": "generic", "payload": "{}"}, 403)
    await do(writer, "GET", "/integrations/generic/payloads", status=403)
    assert (await writer.ask("/rules/urgent"))["rule"]["name"] == "Urgent alerts open an incident"


async def test_a_rule_is_tried_before_it_is_saved(house: House, api: Program) -> None:
    await house.send({"title": "Slow", "priority": "P3", "alias": "slow"})
    await house.send(STAGING)
    count = len(await house.rows(Alert))
    kept = (await api.ask("/integrations/generic/payloads"))["items"]
    assert len(kept) == 2
    one = await api.ask(f"/integrations/generic/payloads/{kept[0]['id']}")
    assert "Disk full" in one["body"]
    change = {"kind": "policy", "rule": QUIET}
    new = '{"title": "Disk full again", "priority": "P1", "labels": {"env": "staging"}}'
    body: dict[str, Any] = {"integration": "generic", "payload": new}
    (now,) = (await do(api, "POST", "/rules/test", body))["trials"]
    assert (now["outcome"], now["held_by"], now["pages"]) == ("opens", "", [house.owner.name])
    (then,) = (await do(api, "POST", "/rules/test", {**body, "change": change}))["trials"]
    assert (then["held_by"], then["pages"]) == ("rule:staging-is-quiet", [])
    assert "The policy “Staging is quiet” keeps it from paging" in then["why"]
    body = {"integration": "generic", "kept": kept[1]["id"], "change": change}
    (old,) = (await do(api, "POST", "/rules/test", body))["trials"]
    assert (old["title"], old["outcome"]) == ("Slow", "repeats")
    replayed = await do(api, "POST", "/rules/replay", {"integration": "generic", "change": change})
    assert (replayed["count"], replayed["unreadable"]) == (2, 0)
    (different,) = replayed["differences"]
    assert different["payload"] == kept[0]["id"]
    assert "held_by" in different["changed"]
    assert [rule.slug for rule in await house.rows(Rule)] == ["urgent"]
    assert len(await house.rows(Alert)) == count


async def test_what_can_not_be_tried_is_told(house: House, api: Program) -> None:
    await house.send(STAGING)
    for more, status, field in (
        ({}, 422, "payload"),
        ({"payload": "{}", "kept": 1}, 422, "payload"),
        ({"kept": 99}, 404, "kept"),
        ({"integration": "none", "kept": 1}, 404, "integration"),
        ({"kept": 1, "change": {"kind": "route", "rule": {"name": "x"}}}, 422, "rule"),
    ):
        answer = await do(api, "POST", "/rules/test", {"integration": "generic", **more}, status)
        assert answer["field"] == field
    await do(api, "POST", "/rules/test", {"integration": "generic", "payload": "no"}, 400)


async def test_an_unsaved_change_of_a_rule_of_the_file_is_tried_but_not_saved(
    house: House, api: Program
) -> None:
    async def take(unit: Any) -> None:
        (await unit.session.get_one(Rule, 1)).origin = "file"

    await house.send(STAGING)
    await house.parts.work.run(take)
    change = {"kind": "incident", "slug": "urgent", "rule": {"name": "Never", "conditions": [
        {"field": "title", "operation": "equals", "value": "never"}]}}  # fmt: skip
    replayed = await do(api, "POST", "/rules/replay", {"integration": "generic", "change": change})
    (different,) = replayed["differences"]
    assert (different["before"]["incident"], different["after"]["incident"]) == ("INC-1", "")
    answer = await do(api, "PUT", "/rules/urgent", {"rule": change["rule"]}, 409)
    assert "is in the configuration file" in answer["detail"]


async def test_a_word_that_is_none_of_those_is_told_with_them(sqlite_house: House) -> None:
    api = Program(sqlite_house, await sqlite_house.key("admin"))
    for method, path, body, field in (
        ("POST", "/rules", {"kind": "actoin", "rule": {}}, "kind"),
        ("GET", "/rules?kind=actoin", None, "kind[0]"),
    ):
        status, problem = await api.try_to(method, path, body)
        assert (status, problem["field"]) == (422, field)
        assert "should be one of" in problem["detail"]
        assert "action, policy, route, incident" in problem["detail"]
