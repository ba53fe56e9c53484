"""What has a name has a page of its own, whatever it is called: no fixed word stands where a slug may stand."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from handlers.web import build_web
from tests.handlers.program import Program
from tests.house import House
from tests.platforms.test_room_pages import Browser, open_browser

ROTATION = {"name": "Weekly", "starts": "2026-11-16T09:00", "participants": ["kate"]}
MADE: dict[str, dict[str, Any]] = {
    "/schedules": {"entry": {"name": "First new", "zone": "UTC", "rotations": [ROTATION]}},
    "/policies": {"entry": {"name": "Second new", "steps": [{"page": ["schedule:new"]}]}},
    "/teams": {"entry": {"name": "Third new", "members": ["kate"], "policy": "new"}},
    "/rules": {"kind": "route", "rule": {"name": "Fourth new", "match": "all", "team": "new"}},
}
SHOWN = {
    "/schedules/new": "First new",
    "/schedules/new/edit": "First new",
    "/schedules/new/handoff": "First new",
    "/policies/new": "Second new",
    "/teams/new": "Third new",
    "/rules/new": "Fourth new",
    "/senders/new": "new",
}
OTHERS = re.compile(r"/v2/|\{rest\}")
"""Addresses that are Opsgenie's, and what is refused because nothing else is there."""


@pytest.fixture
async def browser(sqlite_house: House) -> AsyncIterator[Browser]:
    opened = await open_browser(sqlite_house)
    yield opened
    await opened.http.close()


async def test_what_is_called_new_has_its_pages(sqlite_house: House, browser: Browser) -> None:
    await sqlite_house.add_person("Kate")
    await sqlite_house.add_sender("generic", "new")
    api = Program(sqlite_house, await sqlite_house.key("admin"))
    for path, body in MADE.items():
        status, answer = await api.try_to("POST", path, {**body, "slug": "new"})
        assert status == 201, answer
    for path, name in SHOWN.items():
        status, text = await browser.get(path)
        assert (status, f"{name}</h1>" in text or f">{name}</a>" in text) == (200, True), path


async def test_what_has_a_name_hides_nothing_that_has_it_as_slug(
    sqlite_house: House,
) -> None:
    """Nobody is paged for another team, or looks at another schedule, because that one has a name like this one's slug."""
    api = Program(sqlite_house, await sqlite_house.key("admin"))
    for slug, name in (("old", "Nights"), ("nights", "Nights of Payments")):
        status, answer = await api.try_to("POST", "/teams", {"entry": {"name": name}, "slug": slug})
        assert status == 201, answer
    for asked, name in (
        ("nights", "Nights of Payments"),
        ("old", "Nights"),
        ("NIGHTS", "Nights of Payments"),
    ):
        assert (await api.ask(f"/teams/{asked}"))["name"] == name


async def test_no_fixed_word_of_an_address_can_be_a_name(sqlite_house: House) -> None:
    routes = [
        (route.method, route.resource.get_info())
        for route in build_web(sqlite_house.parts).router.routes()
        if route.resource is not None and not OTHERS.search(route.resource.canonical)
    ]
    named = [(method, info["pattern"]) for method, info in routes if "pattern" in info]
    fixed = [(method, info["path"]) for method, info in routes if "path" in info]
    assert len(named) > 100
    assert len(fixed) > 50
    hidden = [
        f"{method} {path} is {pattern.pattern}, too"
        for method, path in fixed
        for other, pattern in named
        if method == other and pattern.fullmatch(path)
    ]
    assert hidden == []
