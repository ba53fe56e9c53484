"""What stops a start, told in a sentence."""

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot.config import NAMES

ROOT = Path(__file__).parents[2]


def test_a_port_that_is_taken_stops_the_start_with_a_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "app", "serve", "--port", port, "--data-dir", str(tmp_path)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 1
    assert f"another program listens on 127.0.0.1:{port} already" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def run(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The command line in this folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    return subprocess.run(
        [sys.executable, "-m", "app", *words],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT), **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_doctor_of_an_empty_database_says_what_is_missing(tmp_path: Path) -> None:
    assert run(tmp_path, "migrate").returncode == 0
    done = run(tmp_path, "doctor")
    assert done.returncode == 1
    assert f"SQLite answers, {tmp_path}/data/tocsin.db" in done.stdout
    assert "✗ Nobody is here yet. Add people with tocsin user add" in done.stdout
    assert f"database: {tmp_path}/data/tocsin.db (of the current folder)" in done.stderr


@pytest.mark.parametrize(
    "words",
    ["doctor", "user add Kate", "key create --name a --scope read", "integration create alertmanager"],
)
def test_what_needs_an_installation_makes_none_in_another_folder(tmp_path: Path, words: str) -> None:
    done = run(tmp_path, *words.split())
    assert (done.returncode, done.stdout) == (1, "")
    assert f"there is no database at {tmp_path}/data/tocsin.db, so nothing was done" in done.stderr
    assert "TOCSIN_DATA_DIR" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_database_that_is_named_is_not_told_of(tmp_path: Path) -> None:
    named = {"TOCSIN_DATA_DIR": str(tmp_path / "named")}
    assert run(tmp_path, "migrate", **named).returncode == 0
    done = run(tmp_path, "user", "add", "Kate", **named)
    assert done.returncode == 0
    assert "/login/" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("words", ["doctor", "migrate", "user link kate", "key list"])
@pytest.mark.parametrize("kind", ["damaged", "away"])
def test_a_database_that_does_not_answer_is_told_in_a_sentence(tmp_path: Path, words: str, kind: str) -> None:
    url = f"sqlite:///{tmp_path}/tocsin.db" if kind == "damaged" else "postgresql://a:hidden@127.0.0.1:1/b"
    (tmp_path / "tocsin.db").write_text("This is no database, but a text that somebody put here. " * 40)
    done = run(tmp_path, *words.split(), TOCSIN_DATABASE_URL=url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: the database does not answer, or takes nothing: ")
    assert "Traceback" not in done.stderr
    assert "hidden" not in done.stderr


@pytest.mark.parametrize(
    "url",
    [
        "smtp://kate:hidden#1@mail.example.org:587",
        "smtp://kate:hidden/1@mail.example.org:587",
        "smtp://kate:hidden?1@mail.example.org:587",
        "smtp://mail.example.org:hidden",
        "smtp://mail.example.org?form=hidden@example.org",
    ],
)
def test_a_mail_server_that_cannot_be_read_is_told_without_its_password(tmp_path: Path, url: str) -> None:
    done = run(tmp_path, "serve", TOCSIN_SMTP_URL=url, TOCSIN_LOG_LEVEL="loud", TOCSIN_PORT="70000")
    assert done.returncode == 1
    assert "TOCSIN_SMTP_URL must look like smtp://user:password@mail.example.org:587" in done.stderr
    assert "TOCSIN_LOG_LEVEL must be debug, info, warning or error, and is 'loud'" in done.stderr
    assert "Traceback" not in done.stderr
    assert "hidden" not in done.stderr


def test_a_folder_of_templates_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", TOCSIN_TEMPLATES_DIR="/nowhere")
    assert "TOCSIN_TEMPLATES_DIR must be a folder that is there, and is '/nowhere'" in done.stderr
    assert (done.returncode, done.stdout) == (1, "")


def test_a_port_that_is_none_stops_the_start(tmp_path: Path) -> None:
    done = run(tmp_path, "serve", "--port", "99999")
    assert "must be a number from 0 to 65535, and is '99999'" in done.stderr
    assert (done.returncode, done.stdout) == (1, "")


def test_a_misspelt_variable_is_named_with_what_was_meant_and_without_its_value(tmp_path: Path) -> None:
    wrong = {"TOCSIN_SLACK_TOKEN": "hidden", "TOCSIN_FALBACK": "hidden", "TOCSIN_SMTP_FILE": "hidden"}
    right = {"TOCSIN_KEY_PUSH": "a", "TOCSIN_SERVICE_HOST": "b", "TOCSIN_PORT_8080_TCP": "c"}
    done = run(tmp_path, "migrate", **wrong, **right)
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert {row["name"]: row["perhaps"] for row in told if row["event"] == "setting.unknown"} == {
        "TOCSIN_SLACK_TOKEN": "TOCSIN_SLACK_BOT_TOKEN",
        "TOCSIN_FALBACK": "TOCSIN_FALLBACK",
        "TOCSIN_SMTP_FILE": "TOCSIN_SMTP_URL",
    }
    assert (done.returncode, "hidden" in done.stderr) == (0, False)


def test_the_doctor_says_that_nobody_is_an_owner_and_how_to_make_one(tmp_path: Path) -> None:
    where = ("--data-dir", str(tmp_path))
    assert run(tmp_path, "user", "add", "Kate", "--role", "admin", *where).returncode == 0
    assert "✗ Nobody is an owner" in run(tmp_path, "doctor", *where).stdout
    assert run(tmp_path, "user", "add", "Sam", "--role", "owner", *where).returncode == 0
    assert "Nobody is an owner" not in run(tmp_path, "doctor", *where).stdout


def test_the_doctor_says_that_the_disk_is_full(tmp_path: Path) -> None:
    where = ("--data-dir", str(tmp_path))
    assert "MB are free" not in run(tmp_path, "doctor", *where).stdout
    code = "import bot.reports.doctor as d, app; d.LEAST_FREE = 2**70; app.main()"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    done = subprocess.run(
        [sys.executable, "-c", code, "doctor", *where],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert f"MB are free on the disk of {tmp_path}/tocsin.db. Make room" in done.stdout
    assert done.returncode == 1


def test_every_documented_variable_is_known() -> None:
    page = (ROOT / "docs/operating.md").read_text()
    assert set(re.findall(r"^\| `TOCSIN_([A-Z_]+)`", page, re.MULTILINE)) == NAMES


def test_the_documented_backup_copies_what_is_there_and_makes_nothing_of_nothing(tmp_path: Path) -> None:
    page = (ROOT / "docs/operating.md").read_text()
    line = next(row for row in page.splitlines() if "VACUUM INTO" in row).replace("python3", sys.executable)
    backup = tmp_path / "backup.db"
    assert subprocess.run(line, shell=True, cwd=tmp_path, capture_output=True, check=False).returncode
    (tmp_path / "data").mkdir()
    assert subprocess.run(line, shell=True, cwd=tmp_path, capture_output=True, check=False).returncode
    assert [path.name for path in tmp_path.rglob("*")] == ["data"]
    assert run(tmp_path, "migrate").returncode == 0
    subprocess.run(line, shell=True, cwd=tmp_path, check=True)
    assert backup.stat().st_mode & 0o077 == 0
    restored = run(tmp_path, "migrate", TOCSIN_DATABASE_URL=f"sqlite:///{backup}")
    assert "nothing to do" in restored.stdout
