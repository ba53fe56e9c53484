"""CONTRIBUTING.md tells the truth: whoever writes the files that it shows has a new command and a new source that work.

In a plain tree this file copies the tree, writes the page's files into the copy, and runs the page's own tests and this
file there. In such a copy it checks that the house knows the new command and the new source everywhere.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from bot.chat.invocation import Invocation
from bot.flow.unit import Actor
from handlers.webhooks.receive import list_sources
from tests.house import House

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "CONTRIBUTING.md"
FILE = re.compile(r"^\*\*`(?P<path>[\w./-]+)`\*\*\n\n```\w+\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
HOUSE = ("bot", "commands", "handlers", "migrations", "storage", "templates", "tests")
ONE_FILES = ("app.py", "app_chat.py", "app_records.py", "app_senders.py", "pyproject.toml", "CONTRIBUTING.md")
COMMAND = "incident team"
SOURCE = "backup"


def read_files() -> dict[str, str]:
    """The files that the page shows, by path."""
    return {found["path"]: found["text"] for found in FILE.finditer(PAGE.read_text(encoding="utf-8"))}


def follow(folder: Path) -> None:
    """Copy the tree, and do what the page says."""
    for name in HOUSE:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ONE_FILES:
        shutil.copy(ROOT / name, folder / name)
    for path, text in read_files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def run(folder: Path, *command: str) -> None:
    """Run a Python module in the copy; fails with what it printed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TOCSIN_"))}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"


if not all((ROOT / path).exists() for path in read_files()):

    def test_the_page_shows_a_command_and_a_source_with_their_tests() -> None:
        paths = list(read_files())
        for beginning in (
            "commands/",
            "templates/replies/",
            "handlers/webhooks/",
            "tests/payloads/",
            "tests/",
        ):
            assert any(path.startswith(beginning) for path in paths), beginning

    def test_what_the_page_adds_is_not_there_yet() -> None:
        there = [path for path in read_files() if (ROOT / path).exists()]
        assert not there, "choose another example for CONTRIBUTING.md: this one exists"

    def test_following_the_page_gives_a_command_and_a_source_that_work(tmp_path: Path) -> None:
        follow(tmp_path)
        tests = [path for path in read_files() if Path(path).name.startswith("test_")]
        here = str(Path(__file__).resolve().relative_to(ROOT))
        run(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", here, *tests)

    def test_what_the_page_shows_passes_the_checks(tmp_path: Path) -> None:
        follow(tmp_path)
        added = [path for path in read_files() if path.endswith(".py")]
        run(tmp_path, "-m", "ruff", "check", "--no-cache", *added)
        run(tmp_path, "-m", "ruff", "format", "--no-cache", "--check", *added)
        run(tmp_path, "-c", "from importlinter.cli import lint_imports_command as lint; lint(['--no-cache'])")

else:

    async def test_the_registry_and_the_help_know_the_command(sqlite_house: House) -> None:
        command = sqlite_house.parts.registry.commands[COMMAND]
        assert command.usage == "/incident team <which team>"
        assert command.usage in await sqlite_house.ask("/incident help")

    async def test_the_completion_offers_the_command_and_its_values(sqlite_house: House) -> None:
        call = Invocation("", Actor("owner", sqlite_house.owner.id, "room"), "room")
        complete = sqlite_house.parts.registry.complete
        assert [one.text for one in await complete("/incident te", call)] == ["/incident team "]
        assert [one.text for one in await complete("/incident team ", call)] == ["/incident team first-team "]

    async def test_the_command_answers_in_its_words_and_opens_its_form(sqlite_house: House) -> None:
        await sqlite_house.command("/incident declare Checkout returns errors")
        known = await sqlite_house.ask("/incident team first-team", incident="INC-1")
        assert known == "First team works on INC-1 already."
        form = (await sqlite_house.command("/incident team", incident="INC-1")).form
        assert form is not None
        assert [field.label for field in form.fields] == ["Which team"]

    async def test_the_api_runs_the_command(sqlite_house: House) -> None:
        await sqlite_house.command("/incident declare Checkout returns errors")
        body = {"text": "/incident team first-team", "incident": "INC-1"}
        headers = {"Authorization": f"Bearer {await sqlite_house.key('write')}"}
        async with sqlite_house.http.post(
            f"{sqlite_house.url}/api/v1/commands", json=body, headers=headers
        ) as response:
            answer = await response.json()
        assert answer["reply"] == "First team works on INC-1 already."

    async def test_the_webhook_turns_its_example_into_an_alert(sqlite_house: House) -> None:
        assert SOURCE in list_sources()
        (path,) = [path for path in read_files() if path.startswith("tests/payloads/")]
        status, answer = await sqlite_house.send(
            json.loads((ROOT / path).read_text(encoding="utf-8")), SOURCE
        )
        assert (status, answer["alerts"][0]["outcome"]) == (202, "opened")
        assert "Backup orders-nightly failed" in await sqlite_house.ask("/alert list")
