"""Everything that can be said has its words, and everything that can be queued has somebody who does it."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import bot.alerts.events
import bot.incidents.events
import bot.paging.events
from bot.chat.templates import HERE, Templates
from bot.deliveries.table import list_deliverers
from bot.flow.discovery import discover
from bot.reactions.table import REACTIONS

ROOT = Path(__file__).resolve().parents[2]
SENTENCES = (HERE / "timeline/sentences.md.jinja").read_text()
PROBLEMS = {"Problem", "Invalid", "Malformed", "Unknown", "Refused"} | {
    "Unauthenticated",
    "Forbidden",
    "TooLarge",
    "TooMany",
    "Unavailable",
}


@cache
def read_calls() -> tuple[tuple[Path, ast.Call], ...]:
    """Every call in the product's own code."""
    paths = [path for folder in ("bot", "commands", "handlers") for path in (ROOT / folder).rglob("*.py")]
    return tuple(
        (path, node)
        for path in sorted(paths)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    )


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def text_at(call: ast.Call, place: int) -> str | None:
    found = call.args[place] if len(call.args) > place else None
    return found.value if isinstance(found, ast.Constant) and isinstance(found.value, str) else None


def macros(name: str) -> set[str]:
    return set(re.findall(r"{% macro (\w+)\(d\)", (HERE / f"{name}.md.jinja").read_text()))


def test_every_problem_has_a_sentence() -> None:
    known = macros("errors/sentences")
    codes = {text_at(call, 0): path for path, call in read_calls() if name_of(call) in PROBLEMS}
    missing = {
        code: path
        for code, path in codes.items()
        if code and code.replace(".", "_").replace("-", "_") not in known
    }
    assert not missing


def test_every_reply_has_its_template() -> None:
    wanted = {text_at(call, 0) for _, call in read_calls() if name_of(call) == "Reply"} - {None}
    assert wanted
    assert [name for name in sorted(wanted) if not (HERE / f"replies/{name}.md.jinja").exists()] == []  # type: ignore[type-var]


def test_every_event_of_an_incident_has_its_sentence() -> None:
    known = macros("timeline/sentences")

    names = {
        re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
        for kind, reactions in REACTIONS.items()
        if any(reaction.__name__ == "keep_in_timeline" for reaction in reactions)
    }
    assert names
    assert names - known == set()


def test_every_event_has_its_reactions() -> None:
    for module in (bot.alerts.events, bot.incidents.events, bot.paging.events):
        for name, kind in vars(module).items():
            if isinstance(kind, type) and kind.__module__ == module.__name__ and not kind.__subclasses__():
                assert kind in REACTIONS, f"nothing follows from {name}"


def test_every_message_in_a_room_has_its_template() -> None:
    said = {text_at(call, 2) for _, call in read_calls() if name_of(call) == "say"}
    said |= {
        kind.__name__ and re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
        for kind, reactions in REACTIONS.items()
        if any(reaction.__name__ == "say_in_room" for reaction in reactions)
    }
    said |= {f"ops_{text_at(call, 1)}" for _, call in read_calls() if name_of(call) == "say_to_ops"}
    missing = [name for name in said - {None} if not (HERE / f"posts/{name}.md.jinja").exists()]
    assert missing == []


def test_every_timer_that_is_planned_has_its_handler() -> None:
    planned = {text_at(call, 0) for _, call in read_calls() if name_of(call) == "plan"} - {None}
    handled = {timer[0] for timer in discover("handlers.timers", "TIMER")}  # type: ignore[index]
    assert planned
    assert planned <= handled


def test_every_row_that_is_queued_has_its_deliverer() -> None:
    queued = {text_at(call, 1) for _, call in read_calls() if name_of(call) == "put"} - {None}
    assert queued
    assert queued <= set(list_deliverers(None))  # type: ignore[arg-type]


@pytest.mark.parametrize("path", sorted(HERE.rglob("*.jinja")), ids=lambda path: str(path.relative_to(HERE)))
def test_every_template_can_be_read(path: Path) -> None:
    templates = Templates()
    environment = templates.html if path.name.endswith(".html.jinja") else templates.markup
    environment.parse(path.read_text())


def test_files_stay_small_and_have_plain_names() -> None:
    for folder in ("bot", "commands", "handlers", "storage", "migrations"):
        for path in (ROOT / folder).rglob("*.py"):
            if "versions" in path.parts:
                continue
            assert len(path.read_text().splitlines()) <= 400, f"{path} is more than one thing"
            assert path.stem not in ("utils", "helpers", "common", "manager", "misc"), f"{path} says nothing"
