"""What the documents say is so: links lead somewhere, and every list of doors equals the doors that are there.

A test that fails prints the right text.
"""

import json
import re
import tomllib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import pytest
from prometheus_client import REGISTRY

import app
import handlers.web  # noqa: F401  loads every metric that the server has
from bot.alerts import signal
from bot.catalog.senders import FIELDS
from bot.chat.registry import Command
from bot.flow.discovery import discover, list_modules
from bot.oncall.plan import Plan, Rotation, Slot
from bot.oncall.shifts import find_change
from handlers.api.document import list_operations
from handlers.api.operation import PREFIX
from handlers.webhooks.generic import NAMES, OVER, SEEN
from handlers.webhooks.receive import list_sources
from storage.models import Alert, Incident
from storage.words import IncidentStatus, RotationKind
from tests.house import House

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\]\((?!https?://|mailto:)(?P<target>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
FENCE = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]+`")
PICTURE = re.compile(r"(?:src|srcset)=\"(?P<target>[^\"]+)\"")
HEADING = re.compile(r"^#+ (?P<words>.+)$", re.MULTILINE)
VARIABLE = re.compile(r"TOCSIN_[A-Z_]+")
FOLDERS = (
    "bench",
    "bot",
    "commands",
    "deploy",
    "docs",
    "handlers",
    "migrations",
    "storage",
    "templates",
    "tests",
)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def read_prose(path: Path) -> str:
    """A page without its code blocks."""
    return FENCE.sub("", read(path))


def make_anchor(heading: str) -> str:
    """As GitHub makes them."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def list_rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the tables under a heading, without their head."""
    section = re.split(r"^#+ ", text.partition(heading)[2], maxsplit=1, flags=re.MULTILINE)[0]
    rows = [line.strip("| \n").split(" | ") for line in section.splitlines() if line.startswith("|")]
    assert rows, f"there is no table under {heading}"
    return [[cell.strip() for cell in row] for row in rows if not row[0].startswith("---")][1:]


# Links and places


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for link in LINK.finditer(CODE.sub("", read_prose(page))):
        target = (page.parent / link["target"]).resolve() if link["target"] else page
        assert target.exists(), f"{link[0]} leads nowhere"
        if link["anchor"]:
            anchors = {make_anchor(found["words"]) for found in HEADING.finditer(read_prose(target))}
            assert link["anchor"] in anchors, f"{link[0]}: {target.name} has {sorted(anchors)}"
    for picture in PICTURE.finditer(read(page)):
        assert (page.parent / picture["target"]).exists(), f"{picture[0]} is missing"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_that_pages_name_exist(page: Path) -> None:
    if page.name in ("CHANGELOG.md", "CONTRIBUTING.md"):
        return  # history, and files that the reader is to write
    for name in re.findall(r"`((?:\w[\w.-]*/)+[\w.-]*|\w+\.(?:py|toml))`", read_prose(page)):
        if name.partition("/")[0] in FOLDERS or "/" not in name:
            assert (ROOT / name).exists() or list(ROOT.rglob(name)), f"{page.name} names {name}"


def test_the_readme_leads_to_every_page() -> None:
    readme = read(ROOT / "README.md")
    for page in [*DOCS.glob("*.md"), *ROOT.glob("*.md")]:
        assert page.name == "README.md" or f"]({page.relative_to(ROOT)}" in readme, page.name


def test_the_pages_stand_for_themselves() -> None:
    for page in PAGES:
        assert "/work/" not in read(page), page.name


# The house


def test_the_architecture_page_draws_the_layers_that_are_enforced() -> None:
    contracts = tomllib.loads(read(ROOT / "pyproject.toml"))["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["id"] == "house")
    enforced = [re.sub(r"[()]", "", layer).replace(" : ", ", ") for layer in layers]
    drawn = next(
        found["text"]
        for found in FENCE.finditer(read(DOCS / "architecture.md"))
        if "handlers" in found["text"]
    )
    assert drawn.splitlines() == ["app", *enforced]


def test_the_architecture_page_names_every_folder_of_the_house() -> None:
    page = read(DOCS / "architecture.md")
    for parent in ("bot", "handlers", "storage", ""):
        for folder in sorted((ROOT / parent).glob("*/__init__.py")):
            name = str(folder.parent.relative_to(ROOT))
            assert f"`{name}/" in page, f"`{name}/` is missing"


# The command line, make, the environment


def list_command_line(group: click.Group, prefix: str = "tocsin") -> Iterable[str]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from list_command_line(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def list_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):.*## ", read(ROOT / "Makefile"), re.MULTILINE))


def test_the_readme_lists_the_command_line_as_it_is() -> None:
    rows = list_rows(read(ROOT / "README.md"), "### Command line")
    listed = [re.sub(r" (<|--|\[).*", "", row[0].strip("`")) for row in rows]
    assert sorted(listed) == sorted(list_command_line(app.main))


def test_the_readme_lists_the_targets_of_make() -> None:
    rows = list_rows(read(ROOT / "README.md"), "### make")
    assert {row[0].strip("`").removeprefix("make ") for row in rows} == list_targets()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_shell_lines_name_what_exists(page: Path) -> None:
    known = list(list_command_line(app.main))
    for block in FENCE.finditer(read(page)):
        if block["kind"] not in ("sh", "console"):
            continue
        for line in block["text"].splitlines():
            for target in re.findall(r"(?:^|\s)make ([a-z]+)", line.partition("#")[0]):
                assert target in list_targets(), line
            if line.startswith("tocsin "):
                assert any(line.startswith(command) for command in known), line
                check_options(line)


def check_options(line: str) -> None:
    """Every option that a line gives is one of its command."""
    command: click.Command = app.main
    for word in line.split()[1:]:
        if isinstance(command, click.Group) and word in command.commands:
            command = command.commands[word]
    options = {name for parameter in command.params for name in parameter.opts}
    for option in re.findall(r"\s(--[a-z-]+)", line.partition(" #")[0]):
        assert option in options, f"{line}: {command.name} has {sorted(options)}"


def test_the_environment_is_listed_as_it_is_read() -> None:
    listed = {row[0].strip("`") for row in list_rows(read(DOCS / "operating.md"), "## Environment")}
    assert listed == set(VARIABLE.findall(read(ROOT / "bot/config.py") + read(ROOT / "bot/channels.py")))


def test_no_page_names_a_variable_that_nobody_reads() -> None:
    known = set(VARIABLE.findall(read(ROOT / "bot/config.py") + read(ROOT / "bot/channels.py")))
    known |= {name for path in (ROOT / "tests").rglob("*.py") for name in VARIABLE.findall(read(path))}
    for page in PAGES:
        named = {name for name in VARIABLE.findall(read(page)) if not name.startswith("TOCSIN_KEY_")}
        assert named <= known, f"{page.name} names {sorted(named - known)}"


def test_every_metric_is_listed() -> None:
    list_modules("handlers")
    list_modules("bot")
    known = {
        f"{metric.name}_total" if metric.type == "counter" else metric.name
        for metric in REGISTRY.collect()
        if metric.name.startswith("tocsin_")
    }
    listed = {row[0].strip("`") for row in list_rows(read(DOCS / "operating.md"), "### Metrics")}
    assert listed == known


# Commands, senders, paging, the API


def write_commands() -> str:
    """The lists of docs/commands.md."""
    found = [command for command in discover("commands", "COMMAND") if isinstance(command, Command)]
    parts = []
    for group, commands in groupby(
        sorted(found, key=lambda one: one.path), lambda one: one.path.split(" ")[0]
    ):
        parts.append(f"## /{group}\n\n| type | to | least role |\n|---|---|---|")
        parts.append("\n".join(f"| `{one.usage}` | {one.summary} | {one.needs} |" for one in commands) + "\n")
    return "\n".join(parts)


def test_every_command_is_listed_as_it_is() -> None:
    right = write_commands()
    assert right in read(DOCS / "commands.md"), f"docs/commands.md should end with:\n\n{right}"


def test_every_source_has_a_section_and_its_fields() -> None:
    page = read(DOCS / "alerts.md")
    for name in list_sources():
        assert f"\n## {name}\n" in page
    rows = list_rows(page, "## generic")
    assert [row[0].strip("`") for row in rows] == [name for name in FIELDS if name != "list"]
    for row in rows:
        assert re.findall(r"`(\w+)`", row[1])[: len(NAMES[row[0].strip("`")])] == list(
            NAMES[row[0].strip("`")]
        )
    for word in (*OVER, *SEEN, *signal.SEVERITIES):
        assert re.search(rf"\b{word}\b", page), word


def test_the_examples_of_changing_clocks_are_what_the_rotation_does() -> None:
    for kind, length, first, following, wall, _ in list_rows(
        read(DOCS / "oncall.md"), "## When the clocks change"
    ):
        starts, slots = datetime.fromisoformat(first), (Slot((1,)), Slot((2,)))
        plan = Plan("Europe/Paris", (Rotation(1, RotationKind(kind), int(length), starts, slots),))
        handoff = find_change(plan, starts.replace(tzinfo=ZoneInfo("Europe/Paris")), timedelta(days=30))
        assert handoff is not None
        at = handoff.at
        assert at == datetime.fromisoformat(following).replace(tzinfo=UTC), first
        assert f"{at.astimezone(ZoneInfo('Europe/Paris')):%H:%M}" == wall


async def test_the_tour_can_be_walked(sqlite_house: House) -> None:
    blocks = [found["text"] for found in FENCE.finditer(read(DOCS / "tour.md"))]
    body = next(line.split("'")[1] for block in blocks for line in block.splitlines() if "-d '" in line)
    for _ in range(2):
        assert (await sqlite_house.send(json.loads(body)))[0] == 202
    (alert,) = await sqlite_house.rows(Alert)
    assert alert.count == 2
    lines = [line for block in blocks for line in block.splitlines() if line.startswith("/")]
    assert len(lines) > 8
    for line in lines:
        reply = await sqlite_house.command(line, incident="INC-1")
        assert not reply.failed, f"{line}: {reply.text}"
        assert reply.form is None, f"{line} asks for more"
    (incident,) = await sqlite_house.rows(Incident)
    assert incident.status is IncidentStatus.CLOSED


def test_the_api_page_lists_every_operation() -> None:
    served = {f"{one.method} {PREFIX}{one.path}" for one in list_operations()}
    listed = set(re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /api/[^`]*)`", read(DOCS / "api.md")))
    assert listed == served


def test_the_changelog_has_a_place_for_what_comes() -> None:
    assert "\n## Unreleased\n" in read(ROOT / "CHANGELOG.md")


def test_decisions_are_numbered_without_a_gap_and_say_three_things() -> None:
    pages = sorted((DOCS / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        for part in ("**Context.**", "**Decision.**", "**Consequences.**"):
            assert part in read(page), f"{page.name} lacks {part}"
