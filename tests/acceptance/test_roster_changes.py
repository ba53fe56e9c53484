"""Schedules, policies and teams that people edit: who hears that shifts move, and what each change leaves behind."""

from pathlib import Path
from typing import Any

import pytest

from bot.catalog.apply import apply_config
from bot.catalog.drafts import EntryWrong
from bot.catalog.edit_policies import POLICIES
from bot.catalog.edit_schedules import SCHEDULES
from bot.catalog.edit_teams import TEAMS
from bot.catalog.file import read_config
from bot.errors import Refused
from bot.flow.unit import Actor, Unit
from bot.oncall.answers import list_on_call
from bot.oncall.moves import name_moves
from bot.oncall.roster_changes import watch_rosters
from storage.models import AuditEntry, Member, PolicyStep, Rotation, Schedule, Service, Team, User
from tests.acceptance.test_shift_notices import list_told
from tests.house import House

WORLD = """
users:
  kate: {name: Kate Moreau, role: owner}
  sam: {name: Sam Okafor}
  ana: {name: Ana Lima}
teams:
  payments: {name: Payments, members: [kate, sam], policy: payments}
  spare: {name: Spare}
schedules:
  filed:
    name: Filed
    rotations: [{starts: "2026-11-02T09:00", participants: [kate, sam]}]
policies:
  payments: {name: Payments, steps: [{page: ["schedule:filed"]}]}
"""
WEEKLY = {"kind": "weekly", "starts": "2026-11-16T09:00", "participants": ["kate", "sam"]}
ENTRY: dict[str, Any] = {"name": "Night watch", "rotations": [WEEKLY]}


async def set_up(house: House, tmp_path: Path, world: str = WORLD) -> None:
    path = tmp_path / "tocsin.yaml"
    path.write_text(world)

    async def run(unit: Unit) -> None:
        async with watch_rosters(unit, tell_new=False):
            await apply_config(unit, read_config(path, {}))

    await house.parts.work.run(run)


async def make(house: House, entry: dict[str, Any] = ENTRY) -> None:
    async def run(unit: Unit) -> None:
        async with watch_rosters(unit):
            await SCHEDULES.create(unit, entry)

    await house.parts.work.run(run)
    await house.settle()


async def change(house: House, entry: dict[str, Any], by: str = "", slug: str = "night-watch") -> list[Any]:
    users = {user.handle: user for user in await house.rows(User)}

    async def run(unit: Unit) -> list[Any]:
        row = await SCHEDULES.get(unit, slug)
        async with watch_rosters(unit) as moved:
            await SCHEDULES.change(unit, row, entry)
        return await name_moves(unit, moved.of(row))

    actor = Actor(users[by].name, users[by].id) if by else Actor("A program")
    return await house.parts.work.run(run, actor)


async def list_moved(house: House) -> dict[str, list[str]]:
    """What was said to whom about moved shifts, by handle."""
    await house.settle()
    said = {user.handle: await list_told(house, user) for user in await house.rows(User)}
    moved = {who: [one for one in told if "not what they were" in one] for who, told in said.items()}
    return {who: told for who, told in moved.items() if told}


def list_new(now: dict[str, list[str]], before: dict[str, list[str]]) -> dict[str, list[str]]:
    """What was said since."""
    new = {who: told[len(before.get(who, [])) :] for who, told in now.items()}
    return {who: told for who, told in new.items() if told}


async def test_whose_shifts_move_hears_of_it(house: House, tmp_path: Path) -> None:
    """At 03:00 on Monday 23 November the week of Kate is about to end; Ana comes into the second place."""
    await set_up(house, tmp_path)
    await make(house)
    rotation = {**WEEKLY, "participants": ["kate", "ana", "sam"]}
    before = await list_moved(house)
    assert sorted(before) == ["kate", "sam"], "who is on call in a new schedule hears of it"
    moves = await change(house, {**ENTRY, "rotations": [rotation]}, by="kate")
    assert [(one.leaving, one.coming, one.is_gap) for one in moves][:2] == [
        (("Sam Okafor",), ("Ana Lima",), False),
        (("Kate Moreau",), ("Sam Okafor",), False),
    ]
    told = list_new(await list_moved(house), before)
    assert sorted(told) == ["ana", "sam"], "whoever did it knows"
    (words,) = told["ana"]
    assert words.startswith("**Your shifts in Night watch are not what they were**, by Kate Moreau:")
    assert "you are on call, instead of Sam Okafor." in words


async def test_what_changes_at_once_is_told_and_holds(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path)
    await make(house)
    before = await list_moved(house)
    await change(house, {**ENTRY, "rotations": [{**WEEKLY, "participants": ["ana"]}]}, by="sam")

    async def ask(unit: Unit) -> list[str]:
        return [user.handle for one in await list_on_call(unit, unit.now) for user in one.people]

    assert (await house.parts.work.look(ask))[-1] == "ana"
    assert sorted(list_new(await list_moved(house), before)) == ["ana", "kate"]


async def test_a_preview_keeps_and_says_nothing(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path)
    await make(house)

    async def run(unit: Unit) -> int:
        row = await SCHEDULES.get(unit, "night-watch")
        async with watch_rosters(unit) as moved:
            await SCHEDULES.change(unit, row, {**ENTRY, "rotations": [{**WEEKLY, "participants": ["ana"]}]})
        return len(moved.of(row))

    before = await list_moved(house)
    assert await house.parts.work.rehearse(run) > 0
    assert await list_moved(house) == before
    assert [row.participants for row in await house.rows(Rotation, Rotation.schedule_id == 3)] == [[2, 3]]


async def test_overrides_of_a_rotation_stay_with_it(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path)
    await make(house, {**ENTRY, "rotations": [{**WEEKLY, "name": "Weekly"}, {**WEEKLY, "name": "Second"}]})
    (before, other) = await house.rows(Rotation, Rotation.schedule_id == 3)
    await change(house, {**ENTRY, "rotations": [{**WEEKLY, "name": "Second", "length": 2}]})
    (after,) = await house.rows(Rotation, Rotation.schedule_id == 3)
    assert (after.id, after.length, len({before.id, other.id})) == (other.id, 2, 2)


async def test_each_change_can_be_undone(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path)
    await make(house)
    await change(house, {"name": "Day watch", "zone": "Europe/Paris", "rotations": [{**WEEKLY, "length": 3}]})

    async def undo(unit: Unit) -> None:
        await SCHEDULES.undo(unit, await SCHEDULES.get(unit, "night-watch"))

    await house.parts.work.run(undo)
    (row,) = await house.rows(Schedule, Schedule.slug == "night-watch")
    (rotation,) = await house.rows(Rotation, Rotation.schedule_id == row.id)
    assert (row.name, row.zone, rotation.length) == ("Night watch", "UTC", 1)
    what = [entry.what for entry in await house.rows(AuditEntry, AuditEntry.subject == f"schedule:{row.id}")]
    assert what == ["schedule.created", "schedule.changed", "schedule.undone"]


async def test_what_is_wrong_is_said_at_its_place(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path)
    wrong = {
        "name": "",
        "rotations": [{"starts": "2026-11-31T09:00", "participants": ["kat"]}, {"participants": []}],
    }
    with pytest.raises(EntryWrong) as found:
        await make(house, wrong)
    assert [fault["field"] for fault in found.value.data["faults"]] == [
        "name",
        "rotations[0].starts",
        "rotations[0].participants[0]",
        "rotations[1].starts",
        "rotations[1].participants",
    ]
    with pytest.raises(EntryWrong) as found:
        await make(house, {**ENTRY, "rotations": [{**WEEKLY, "participants": ["team:spare"]}]})
    assert found.value.data["faults"][0]["field"] == "rotations[0].participants"


async def test_the_file_keeps_what_is_its_own(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path)
    with pytest.raises(Refused) as refused:
        await change(house, ENTRY, slug="filed")
    assert refused.value.code == "edit.in_file"


async def test_what_is_used_is_not_switched_off(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path)
    await make(house)

    async def use(unit: Unit) -> None:
        await POLICIES.create(unit, {"name": "Nights", "steps": [{"page": ["schedule:night-watch"]}]})

    await house.parts.work.run(use)

    async def switch(unit: Unit) -> None:
        await SCHEDULES.switch(unit, await SCHEDULES.get(unit, "night-watch"), on=False)

    with pytest.raises(Refused) as refused:
        await house.parts.work.run(switch)
    assert refused.value.data["uses"] == ["policy nights"]


async def test_a_renamed_schedule_is_called_so_in_steps(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path)
    await make(house)

    async def use(unit: Unit) -> None:
        await POLICIES.create(unit, {"name": "Nights", "steps": [{"page": ["next:night-watch", "user:sam"]}]})

    await house.parts.work.run(use)
    await change(house, {**ENTRY, "name": "Late watch"})
    steps = await house.rows(PolicyStep)
    assert [to["name"] for to in steps[-1].recipients] == ["Late watch", "Sam Okafor"]

    async def spell(unit: Unit) -> Any:
        return (await POLICIES.read_state(unit, await POLICIES.get(unit, "nights")))["policy"]

    assert (await house.parts.work.look(spell))["steps"] == [
        {"after": "0s", "page": ["next:night-watch", "user:sam"]}
    ]


async def test_people_of_a_team_that_takes_turns(house: House, tmp_path: Path) -> None:
    """Who comes into a team that takes turns is on call with it, and hears of it."""
    await set_up(house, tmp_path)

    async def make_team(unit: Unit) -> None:
        await TEAMS.create(unit, {"name": "Nights", "members": ["kate"]})

    await house.parts.work.run(make_team)
    await make(house, {**ENTRY, "rotations": [{**WEEKLY, "participants": ["team:nights"]}]})

    before = await list_moved(house)

    async def grow(unit: Unit) -> None:
        async with watch_rosters(unit):
            await TEAMS.change(
                unit, await TEAMS.get(unit, "nights"), {"name": "Nights", "members": ["kate", "ana"]}
            )

    await house.parts.work.run(grow)
    (team,) = await house.rows(Team, Team.slug == "nights")
    assert sorted(row.user_id for row in await house.rows(Member, Member.team_id == team.id)) == [2, 4]
    assert list(list_new(await list_moved(house), before)) == ["ana"]


async def test_a_team_that_owns_something_keeps_a_policy(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path)

    async def make_team(unit: Unit) -> None:
        team = await TEAMS.create(unit, {"name": "Nights", "members": ["kate"], "policy": "payments"})
        unit.session.add(Service(slug="door", name="Door", team_id=team.id))

    await house.parts.work.run(make_team)

    async def strip(unit: Unit) -> None:
        await TEAMS.change(unit, await TEAMS.get(unit, "nights"), {"name": "Nights", "members": ["kate"]})

    with pytest.raises(EntryWrong) as found:
        await house.parts.work.run(strip)
    assert found.value.data["faults"] == [
        {"field": "policy", "reason": "service door would page nobody without one"}
    ]
