"""Senders whose bodies lie beside the signals that they must become (see sender_cases), and bodies that are almost like
them."""

import copy
import json
import os
import re
from itertools import groupby
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from bot.alerts.signal import Action, Signal
from bot.errors import Invalid, Malformed
from bot.flow.discovery import list_modules
from handlers.webhooks.source import Hook
from storage.models import Alert
from tests.handlers.sender_cases import (
    IDENTITY,
    KINDS,
    PAYLOADS,
    SIGNALS,
    SOURCES,
    list_cases,
    list_folders,
    load,
    parse,
    read_hook,
    read_life,
    show,
    write_signals,
)
from tests.house import House

ROOT = PAYLOADS.parent.parent
JSON_CASES = list_cases("json")


def of(folder: str, cases: list[str]) -> list[str]:
    return [case for case in cases if case.startswith(f"{folder}/")]


@pytest.mark.parametrize("folder", list_folders())
def test_each_body_becomes_its_signals(folder: str) -> None:
    cases = of(folder, list_cases())
    became = {case.partition("/")[2]: [show(signal) for signal in parse(case)] for case in cases}
    path = PAYLOADS / folder / SIGNALS
    if os.environ.get("TOCSIN_WRITE_GOLDEN") == "1":
        path.write_text(write_signals(became))
    assert became == json.loads(path.read_text())


@pytest.mark.parametrize("folder", list_folders())
def test_an_alias_is_one_over_a_life_and_of_no_other_life(folder: str) -> None:
    cases = of(folder, list_cases())
    lives = [
        {signal.alias for case in life for signal in parse(case)} for _, life in groupby(cases, key=read_life)
    ]
    assert all(len(aliases) <= 1 for aliases in lives)
    named = [alias for aliases in lives for alias in aliases]
    assert len(named) == len(set(named))


def list_places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(place for key, part in inner for place in list_places(part, (*way, key)))]


def put(body: Any, way: tuple[Any, ...], value: Any) -> None:
    for key in way[:-1]:
        body = body[key]
    body[way[-1]] = value


@pytest.mark.parametrize("folder", list_folders())
@given(data=st.data())
@settings(max_examples=80)
def test_an_alias_does_not_change_with_text_value_or_time(folder: str, data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(of(folder, JSON_CASES)))
    body = load(case)
    identity = IDENTITY[folder]
    places = list_places(body)
    holding = {way[:length] for way in places if identity & set(way) for length in range(len(way) + 1)}
    leaves = [way for way in places if way and isinstance(way[-1], str) and way not in holding]
    if not leaves:
        return
    for way in data.draw(st.sets(st.sampled_from(leaves), min_size=1, max_size=4)):
        if way in list_places(body):
            put(body, way, data.draw(st.text(max_size=20)))
    try:
        changed = parse(case, body)
    except (Malformed, Invalid):
        return
    before = parse(case)
    if not (changed and before) and all(one.action is Action.NOTE for one in (*changed, *before)):
        return  # a comment without words is nothing
    assert [signal.alias for signal in changed] == [signal.alias for signal in before]


odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from([[], {}, [None], 0, "none", "{", "[]", "*", "\ud800".encode(errors="replace").decode()]),
)


@pytest.mark.parametrize("folder", list_folders())
@given(data=st.data())
@settings(max_examples=150)
def test_a_body_that_is_almost_right_is_read_or_refused(folder: str, data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(of(folder, JSON_CASES)))
    body = load(case)
    for _ in range(data.draw(st.integers(1, 3))):
        ways = [way for way in list_places(body) if way]
        if not ways:
            break
        way = data.draw(st.sampled_from(ways))
        put(body, way, copy.deepcopy(data.draw(odd)))
    check(SOURCES[folder], Hook(json.dumps(body).encode()))


def check(source: Any, hook: Hook) -> None:
    """A parser refuses, or gives signals that can be kept; nothing else."""
    try:
        found = source.parse(hook)
    except (Malformed, Invalid):
        return
    for signal in found:
        if isinstance(signal, Signal):
            assert signal.alias
            assert signal.title
            assert all(isinstance(value, str) for value in signal.labels.values())
            assert all(isinstance(tag, str) for tag in signal.tags)
            assert all(link.url.startswith("http") for link in (*signal.links, *signal.images))


texts = st.text(max_size=20)
types = st.sampled_from(
    [
        "",
        "application/json",
        "text/plain",
        KINDS[".form"],
        "multipart/form-data",
        "multipart/form-data; boundary=b",
    ]
)
parts = st.binary(max_size=60).map(
    lambda inner: b'--b\r\nContent-Disposition: form-data; name="data"\r\n\r\n' + inner + b"\r\n--b--\r\n"
)


@given(body=st.binary(max_size=200) | parts, kind=types, query=st.dictionaries(texts, texts, max_size=3))
@settings(max_examples=200)
def test_no_bytes_of_any_type_break_a_parser(body: bytes, kind: str, query: dict[str, str]) -> None:
    for source in sorted(SOURCES):
        note(source)
        check(SOURCES[source], Hook(body, {"Content-Type": kind}, query))


@pytest.mark.parametrize("folder", list_folders())
@given(data=st.data())
@settings(max_examples=80)
def test_no_flipped_bytes_break_a_parser(folder: str, data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(of(folder, list_cases())))
    hook = read_hook(case)
    content = bytearray(hook.body)
    for _ in range(data.draw(st.integers(1, 4)) if content else 0):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    check(
        SOURCES[folder],
        Hook(bytes(content), hook.headers, hook.query),
    )


@pytest.mark.parametrize("folder", [folder for folder in list_folders() if SOURCES[folder].posted])
async def test_lives_go_through_the_door(sqlite_house: House, folder: str) -> None:
    """Each body, sent as its sender sends it, is taken, and opens at most one alert for its life."""
    url = await sqlite_house.add_sender(folder)
    cases = of(folder, list_cases())
    for case in cases:
        hook = read_hook(case)
        async with sqlite_house.http.post(
            url, data=hook.body, headers=dict(hook.headers), params=dict(hook.query)
        ) as response:
            assert response.status == 202, await response.text()
            answer = await response.json()
        assert [one["alias"] for one in answer["alerts"]] == [signal.alias for signal in parse(case)]
    opened = {signal.alias for case in cases for signal in parse(case) if signal.action.value == "trigger"}
    assert {alert.alias for alert in await sqlite_house.rows(Alert)} == opened


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_what_people_paste_holds_the_url(name: str) -> None:
    url, paste = SOURCES[name].show("https://tocsin.example.org", "int_key")
    assert url in paste


def list_templates() -> list[Any]:
    return [module for module in list_modules("handlers.webhooks") if hasattr(module, "TEMPLATE")]


@pytest.mark.parametrize("module", list_templates())
def test_what_people_paste_holds_the_template_and_so_does_its_page(module: Any) -> None:
    pasted = module.SOURCE.paste.format(url="https://tocsin.example.org/hooks/x/y")
    assert module.TEMPLATE in pasted
    assert "https://tocsin.example.org/hooks/x/y" in pasted
    assert f"\n{module.TEMPLATE}\n" in (ROOT / "docs/alerts.md").read_text()


@pytest.mark.parametrize("module", [one for one in list_templates() if one.TEMPLATE.startswith("{")])
def test_a_template_makes_the_fields_that_its_bodies_have(module: Any) -> None:
    """A placeholder without quotes around it is a value of its own."""
    filled = json.loads(re.sub(r": (\{\w+\}|\*\w+\*)(,?)$", r": null\2", module.TEMPLATE, flags=re.MULTILINE))
    bodies = [load(case) for case in JSON_CASES if case.startswith(f"{module.SOURCE.name}/")]
    assert any(list_names(body) == list_names(filled) for body in bodies)


def list_names(value: Any) -> set[tuple[Any, ...]]:
    """The ways to all fields of objects, not of what is in lists."""
    return {way for way in list_places(value) if all(isinstance(key, str) for key in way)}


@pytest.mark.parametrize(
    ("mapping", "body"),
    [
        ({}, '{"title": "Checkout is slow", "priority": "P2", "service": "web"}'),
        (
            {"list": "checks", "title": "check.name", "alias": "check.id", "priority": "'P2'"},
            '{"checks": [{"check": {"name": "Checkout is slow"}, "service": "web"}]}',
        ),
        ({"title": "join(': ', [host, name])"}, None),
        ({"title": "a", "service": "a.b"}, '{"a": "Checkout is slow", "priority": "P2"}'),
    ],
)
def test_what_people_paste_is_read_by_the_mapping_of_their_sender(
    mapping: dict[str, str], body: str | None
) -> None:
    settings = {"mapping": mapping}
    _, paste = SOURCES["generic"].show("https://tocsin.example.org", "int_key", settings=settings)
    pasted = paste.rpartition("-d ")[2]
    assert pasted == ("@body.json" if body is None else f"'{body}'")
    if body is not None:
        (signal,) = SOURCES["generic"].parse(Hook(body.encode(), settings=settings))
        assert signal.title == "Checkout is slow"


@pytest.mark.parametrize("name", ["github", "sentry", "sns"])
def test_what_people_paste_says_how_tocsin_hears_of_the_secret_or_the_topic(name: str) -> None:
    _, paste = SOURCES[name].show("https://tocsin.example.org", "int_key", sender="my-sender")
    assert "tocsin integration trust my-sender --" in paste
    told = {"secret_env": ["SECRET"]}
    _, paste = SOURCES[name].show("https://tocsin.example.org", "int_key", sender="me", settings=told)
    assert ("integration trust" in paste) is (name == "sns")
