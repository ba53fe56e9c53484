"""Rules that people edit: what is written comes back, every fault is told at its place, each change can be undone."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalog.drafts import EntryWrong, Names, entry_of, read_draft, spell_duration
from bot.catalog.edit_rules import RULES, Draft
from bot.catalog.kinds import read_duration
from bot.errors import Refused, Unknown
from bot.flow.unit import Actor, Unit
from storage.models import AuditEntry, Rule
from storage.questions.rules import list_rules
from storage.words import RuleKind
from tests.house import House

WORDS = ("kate", "web", "data")
IDS = {
    word: {name: number for number, name in enumerate(WORDS, 1)}
    for word in ("user", "team", "policy", "schedule", "service", "integration")
}
NAMES = Names(IDS, {word: {number: name for name, number in ids.items()} for word, ids in IDS.items()})
NAMED = st.sampled_from(WORDS)
TEMPLATES = st.sampled_from(
    ["{{ title }}", "late: {{ service }}", "plain", '{{ labels.zone | default("eu") }}']
)
DURATIONS = st.integers(1, 30 * 86_400).map(spell_duration)
CLOCKS = st.tuples(st.integers(0, 23), st.integers(0, 59)).map(lambda one: f"{one[0]:02}:{one[1]:02}")
CONDITIONS = st.sampled_from(
    [
        {"field": "priority", "operation": "at_least", "value": "P2"},
        {"field": "labels.region", "operation": "equals", "value": "eu", "not": True},
        {"field": "payload.a.b", "operation": "one_of", "value": "a, b"},
        {"field": "tags", "operation": "is_empty"},
    ]
)
DAYS = st.lists(st.sampled_from(["mon", "tue", "sat"]), unique=True, min_size=1)
HOURS = st.fixed_dictionaries(
    {
        "zone": st.sampled_from(["UTC", "Europe/Paris"]),
        "windows": st.lists(
            st.fixed_dictionaries({"from": CLOCKS, "until": CLOCKS}, optional={"days": DAYS}), min_size=1
        ),
    }
)
COMMON = {
    "match": st.just("any"),
    "conditions": st.lists(CONDITIONS, min_size=1, max_size=3),
    "hours": HOURS,
}
LABELS = st.dictionaries(st.sampled_from(["zone", "after"]), TEMPLATES, min_size=1)
PRIORITIES = st.sampled_from(["P1", "p4", "{{ labels.prio }}"])
TEXTS = dict.fromkeys(("title", "description", "entity", "source", "service"), TEMPLATES)
TEXTS["priority"] = PRIORITIES
MANY = st.lists(NAMED, min_size=1, unique=True)
ENTRIES: dict[RuleKind, st.SearchStrategy[dict[str, Any]]] = {
    RuleKind.ACTION: st.fixed_dictionaries(
        {"name": st.just("One"), "integration": NAMED, "do": st.sampled_from(["create", "close", "ignore"])},
        optional={
            **COMMON,
            **TEXTS,
            **dict.fromkeys(("alias", "team", "user", "note"), TEMPLATES),
            "tags": st.lists(TEMPLATES, min_size=1),
            "labels": LABELS,
            "without": st.just(["tags", "images"]),
        },
    ),
    RuleKind.POLICY: st.fixed_dictionaries(
        {"name": st.just("One")},
        optional={
            **COMMON,
            **TEXTS,
            "team": NAMED,
            "integration": NAMED,
            "tags": st.lists(TEMPLATES, min_size=1),
            "labels": LABELS,
            "responders": st.just(["user:kate", "team:web", "schedule:data", "policy:web"]),
            "suppress": st.just(True),
            "delay": DURATIONS,
            "delay_until": st.fixed_dictionaries({"time": CLOCKS, "zone": st.just("Europe/Paris")}),
            "count": st.integers(2, 10_000),
            "flap": st.fixed_dictionaries(
                {"times": st.integers(2, 9), "within": DURATIONS, "hold": DURATIONS}
            ),
            "close_after": DURATIONS,
            "restart": st.fixed_dictionaries({"after": DURATIONS, "times": st.integers(1, 9)}),
            "continue": st.just(True),
        },
    ),
    RuleKind.ROUTE: st.one_of(
        st.fixed_dictionaries(
            {"name": st.just("One"), "policy": NAMED},
            optional={**COMMON, "of_team": NAMED, "integration": NAMED},
        ),
        st.fixed_dictionaries(
            {"name": st.just("One"), "team": NAMED}, optional={**COMMON, "nobody": st.just(True)}
        ),
    ),
    RuleKind.INCIDENT: st.fixed_dictionaries(
        {
            "name": st.just("One"),
            "group_by": st.just(["service", "labels.zone"]),
            "title": st.just("{{ title }}"),
        },
        optional={
            **COMMON,
            "team": NAMED,
            "related": st.just(True),
            "alerts": st.integers(2, 10_000),
            "within": DURATIONS,
            "summary": TEMPLATES,
            "priority": st.sampled_from(["P1", "P5"]),
            "teams": MANY,
            "services": MANY,
            "private": st.just(True),
        },
    ).filter(lambda entry: "alerts" in entry or "within" not in entry),
}
ROUTE = {"name": "All to us", "team": "first-team"}


def make_rule(kind: RuleKind, entry: object) -> Rule:
    return Rule(slug="one", **read_draft(kind, entry, NAMES))


@pytest.mark.parametrize("kind", list(RuleKind))
def test_what_is_written_comes_back_as_it_was(kind: RuleKind) -> None:
    @settings(max_examples=40)
    @given(ENTRIES[kind])
    def comes_back(entry: dict[str, Any]) -> None:
        assert entry_of(make_rule(kind, entry), NAMES) == entry

    comes_back()


@given(st.integers(0, 30 * 86_400))
def test_a_length_of_time_is_read_as_it_is_spelled(seconds: int) -> None:
    assert read_duration(spell_duration(seconds)) == seconds


def test_numbers_and_booleans_may_be_those_of_json() -> None:
    condition = {"field": "payload.n", "operation": "equals", "value": 5, "not": False}
    said = {"name": "One", "suppress": True, "count": 3, "conditions": [condition]}
    condition = {**condition, "value": "5", "not": "no"}
    typed = {"name": "One", "suppress": "yes", "count": "3", "conditions": [condition]}
    assert read_draft(RuleKind.POLICY, said, NAMES) == read_draft(RuleKind.POLICY, typed, NAMES)


@pytest.mark.parametrize(
    ("kind", "entry", "places"),
    [
        (
            RuleKind.POLICY,
            {
                "conditions": [
                    {"field": "titel", "operation": "equals", "value": "x"},
                    {"field": "title", "operation": "matches", "value": "("},
                ],
                "delay": 300,
                "flap": {"times": 1, "within": "1h", "hold": "10m"},
                "labels": {"a": "{{ x"},
                "team": "nowhere",
                "colour": "red",
            },
            ["colour", "conditions[0].field", "conditions[1].value", "delay", "flap.times", "labels.a", "name", "team"],
        ),
        (RuleKind.ROUTE, {"name": "One"}, ["rule"]),
        (RuleKind.ROUTE, {"name": "One", "of_team": "web", "team": "data"}, ["team"]),
        (RuleKind.ACTION, {"name": "a\0b", "integration": "web", "title": "\0"}, ["name", "title"]),
        (RuleKind.ACTION, [1], ["rule"]),
        (RuleKind.ACTION, None, ["rule"]),
        (RuleKind.ACTION, {"name": [[[[[[[[[[1]]]]]]]]]]}, ["name[0][0]"]),
    ],
)  # fmt: skip
def test_all_faults_are_told_at_once_each_at_its_place(
    kind: RuleKind, entry: object, places: list[str]
) -> None:
    with pytest.raises(EntryWrong) as wrong:
        read_draft(kind, entry, NAMES)
    assert sorted(one["field"] for one in wrong.value.data["faults"]) == places
    assert all(one["reason"] for one in wrong.value.data["faults"])


async def places(house: House, kind: RuleKind = RuleKind.ROUTE) -> list[str]:
    async with house.parts.work.database.read() as session:
        return [row.slug for row in await list_rules(session, kind) if row.active]


async def create(house: House, slug: str, place: int | None = None) -> None:
    await house.parts.work.run(
        lambda unit: RULES.create(unit, Draft(RuleKind.ROUTE, {**ROUTE, "name": slug}, slug, place))
    )


async def test_a_change_is_audited_and_undone_again_and_again(house: House) -> None:
    work, actor = house.parts.work, Actor("Kate", house.owner.id)
    await create(house, "one")

    async def change(unit: Unit) -> None:
        rule = await RULES.get(unit, "one")
        await RULES.change(unit, rule, {"name": "At night", "nobody": True})

    await work.run(change, actor)
    (entry,) = await house.rows(AuditEntry, AuditEntry.what == "rule.changed")
    assert (entry.actor_name, entry.text) == ("Kate", "At night")
    assert entry.data["before"]["rule"] == {"name": "one", "team": "first-team"}
    assert entry.data["after"]["rule"] == {"name": "At night", "nobody": True}
    names = []
    for _ in range(3):
        await work.run(lambda unit: _undo(unit, "one"))
        names.append((await house.rows(Rule, Rule.slug == "one"))[0].name)
    assert names == ["one", "At night", "one"]
    (rule,) = await house.rows(Rule, Rule.slug == "one")
    assert rule.then == {"team": 1}


async def _undo(unit: Unit, slug: str, number: int | None = None) -> None:
    await RULES.undo(unit, await RULES.get(unit, slug), number)


async def test_switching_off_moving_and_creating_can_be_undone(house: House) -> None:
    work = house.parts.work
    for slug in ("one", "two", "three"):
        await create(house, slug)
    await create(house, "first", 1)
    assert await places(house) == ["first", "one", "two", "three"]

    async def move(unit: Unit) -> None:
        await RULES.move(unit, await RULES.get(unit, "three"), 2)

    async def switch_off(unit: Unit) -> None:
        await RULES.switch(unit, await RULES.get(unit, "one"), False)

    await work.run(move)
    assert await places(house) == ["first", "three", "one", "two"]
    await work.run(switch_off)
    assert await places(house) == ["first", "three", "two"]
    await work.run(lambda unit: _undo(unit, "one"))
    assert await places(house) == ["first", "three", "one", "two"]
    await work.run(lambda unit: _undo(unit, "three"))
    assert await places(house) == ["first", "one", "two", "three"]
    created = (await work.look(lambda unit: _first_change(unit, "two"))).id
    await work.run(lambda unit: _undo(unit, "two", created))
    assert await places(house) == ["first", "one", "three"]


async def _first_change(unit: Unit, slug: str) -> AuditEntry:
    return list(await RULES.list_changes(unit, await RULES.get(unit, slug)))[-1]


async def test_a_rule_of_the_file_is_changed_in_the_file(house: House) -> None:
    await create(house, "one")

    async def take(unit: Unit) -> None:
        (await RULES.get(unit, "one")).origin = "file"

    await house.parts.work.run(take)
    for change in (
        lambda unit, rule: RULES.change(unit, rule, ROUTE),
        lambda unit, rule: RULES.switch(unit, rule, False),
        lambda unit, rule: RULES.move(unit, rule, 1),
        RULES.undo,
    ):

        async def do(unit: Unit, change: Any = change) -> None:
            await change(unit, await RULES.get(unit, "one"))

        with pytest.raises(Refused, match=r"edit\.in_file"):
            await house.parts.work.run(do)


async def test_a_rule_stands_between_those_of_the_file(house: House) -> None:
    async def add(unit: Unit) -> None:
        for number in (1, 2, 3):
            unit.session.add(
                Rule(slug=f"f{number}", name="F", kind=RuleKind.ROUTE, position=number * 1000, origin="file")
            )

    await house.parts.work.run(add)
    await create(house, "last")
    await create(house, "second", 2)
    await create(house, "third", 3)
    assert await places(house) == ["f1", "second", "third", "f2", "f3", "last"]
    rows = await house.rows(Rule, Rule.origin == "file")
    assert [row.position for row in rows] == [1000, 2000, 3000]


async def test_what_others_changed_meanwhile_is_not_lost(house: House) -> None:
    await create(house, "one")

    async def change(unit: Unit) -> None:
        await RULES.change(unit, await RULES.get(unit, "one"), {**ROUTE, "name": "Mine"}, version=0)

    with pytest.raises(Refused, match=r"edit\.changed_meanwhile"):
        await house.parts.work.run(change)


async def test_undoing_needs_a_change_of_this_rule(house: House) -> None:
    await create(house, "one")
    with pytest.raises(Unknown, match=r"edit\.no_change"):
        await house.parts.work.run(lambda unit: _undo(unit, "one", 999))
    with pytest.raises(Unknown, match=r"edit\.no_change"):
        await house.parts.work.run(lambda unit: _undo(unit, "urgent"))
    with pytest.raises(Refused, match=r"edit\.slug_taken"):
        await create(house, "one")
