"""Schedules, policies and teams by the JSON API: made, looked at before they are saved, changed and undone by a program."""

from typing import Any

import pytest

from storage.models import Page, Rotation, Team
from tests.handlers.program import Program
from tests.house import House

ROTATION = {
    "name": "Weekly",
    "kind": "weekly",
    "length": 1,
    "starts": "2026-11-16T09:00",
    "participants": ["kate", "sam"],
}
NIGHTS = {"name": "Nights", "zone": "Europe/Paris", "rotations": [ROTATION]}


@pytest.fixture
async def api(house: House) -> Program:
    for name in ("Kate", "Sam", "Ines"):
        await house.add_person(name)
    return Program(house, await house.key("admin"))


async def do(api: Program, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    got, answer = await api.try_to(method, path, body)
    assert got == status, answer
    return answer


def names(move: dict[str, Any]) -> tuple[list[str], list[str]]:
    return [one["handle"] for one in move["leaving"]], [one["handle"] for one in move["coming"]]


async def test_a_schedule_is_looked_at_made_changed_and_comes_back(house: House, api: Program) -> None:
    seen = await do(api, "POST", "/schedules/preview", {"entry": NIGHTS})
    assert names(seen["moves"][0]) == ([], ["kate"])
    await do(api, "GET", "/schedules/nights", status=404)
    made = await do(api, "POST", "/schedules", {"entry": NIGHTS}, 201)
    assert made["now"] == await api.ask("/schedules/nights/entry")
    assert made["now"]["entry"] == NIGHTS
    longer = {**NIGHTS, "rotations": [{**ROTATION, "participants": ["kate", "ines", "nobody"]}]}
    seen = await do(api, "POST", "/schedules/preview", {"entry": longer, "slug": "nights"})
    assert [names(one) for one in seen["moves"][:2]] == [(["sam"], ["ines"]), (["kate"], [])]
    assert [one["is_gap"] for one in seen["moves"][:2]] == [False, True]
    assert (await api.ask("/schedules/nights/entry"))["version"] == made["now"]["version"]
    changed = await do(api, "PUT", "/schedules/nights", {"entry": longer, "version": made["now"]["version"]})
    assert changed["moves"] == seen["moves"]
    late = {"entry": NIGHTS, "version": made["now"]["version"]}
    assert (await do(api, "PUT", "/schedules/nights", late, 409))["title"] == "edit.changed_meanwhile"
    back = await do(api, "POST", "/schedules/nights/undo", {})
    assert back["now"]["entry"] == NIGHTS
    off = await do(api, "DELETE", "/schedules/nights")
    assert off["now"]["active"] is False
    assert all(one["is_gap"] for one in off["moves"])
    assert [one["what"] for one in (await api.ask("/schedules/nights/changes"))["items"]] == [
        "schedule.removed",
        "schedule.undone",
        "schedule.changed",
        "schedule.created",
    ]


async def test_all_faults_come_at_once(api: Program) -> None:
    entry = {
        "name": "Nights",
        "zone": "Paris",
        "rotations": [{**ROTATION, "participants": ["kat"], "length": 0}],
    }
    answer = await do(api, "POST", "/schedules", {"entry": entry}, 422)
    assert [one["field"] for one in answer["faults"]] == [
        "zone",
        "rotations[0].length",
        "rotations[0].participants[0]",
    ]
    assert (await do(api, "POST", "/schedules", {"entry": []}, 422))["field"] == "entry"
    await do(api, "PUT", "/schedules/none", {"entry": NIGHTS}, 404)


async def test_a_new_policy_pages_as_it_says(house: House, api: Program) -> None:
    policy = {
        "name": "Loud",
        "steps": [{"after": "0s", "page": ["user:ines"]}, {"after": "5m", "page": ["user:sam"]}],
    }
    made = await do(api, "POST", "/policies", {"entry": policy}, 201)
    assert made["now"]["entry"] == policy
    team = await api.ask("/teams/first-team/entry")
    await do(
        api,
        "PUT",
        "/teams/first-team",
        {"entry": {**team["entry"], "policy": "loud"}, "as": house.owner.handle},
    )
    await house.send({"title": "Disk full", "priority": "P1"})
    await house.at("05:00")
    ines, sam = house.people["Ines"], house.people["Sam"]
    assert [page.user_id for page in await house.rows(Page)] == [ines.id, sam.id]
    refused = await do(api, "DELETE", "/policies/loud", status=409)
    assert refused["title"] == "edit.in_use"
    assert "team first-team" in refused["detail"]
    (listed,) = (await api.ask("/policies?limit=1&order=oldest"))["items"]
    assert listed["slug"] == "default"


async def test_whoever_comes_into_a_team_that_takes_turns_is_on_call(house: House, api: Program) -> None:
    await do(api, "POST", "/teams", {"entry": {"name": "Watch", "members": ["kate"]}}, 201)
    entry = {**NIGHTS, "rotations": [{**ROTATION, "participants": ["team:watch"]}]}
    await do(api, "POST", "/schedules", {"entry": entry}, 201)
    more = {"name": "Watch", "members": ["kate", "ines"]}
    seen = await do(api, "POST", "/teams/preview", {"entry": more, "slug": "watch"})
    assert [names(one) for one in seen["moves"]] == [([], ["ines"])]
    changed = await do(api, "PUT", "/teams/watch", {"entry": more})
    assert changed["moves"][0]["schedule"]["slug"] == "nights"
    gone = await do(api, "DELETE", "/teams/watch", status=409)
    assert gone["title"] == "edit.in_use"
    assert len(await house.rows(Team, Team.slug == "watch")) == 1


async def test_only_admins_and_keys_for_it_change_anything(house: House, api: Program) -> None:
    await do(api, "POST", "/schedules", {"entry": NIGHTS, "as": "kate"}, 403)
    reader = Program(house, await house.key("read"))
    assert (await reader.try_to("POST", "/schedules", {"entry": NIGHTS}))[0] == 403
    assert (await reader.try_to("POST", "/schedules/preview", {"entry": NIGHTS}))[0] == 403
    assert (await reader.try_to("GET", "/schedules/primary/entry"))[0] == 200
    assert len(await house.rows(Rotation)) == 1
