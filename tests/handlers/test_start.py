"""What stops a start, told in a sentence."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

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
