"""Programs that the Python package index has, each in an environment of its own under .tools/python, never in ours.

What belongs to a program is named in deploy/python/<name>.in. Every package of it is pinned with its digests in
deploy/python/<name>.txt, which `uv pip compile` writes from it (--universal --python-version 3.11 --generate-hashes
--no-header --no-annotate). The index is the one that uv is told to use (UV_DEFAULT_INDEX, else PyPI).
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from deploy import get_uv

PINNED = Path(__file__).with_name("python")
ENVIRONMENTS = Path(__file__).resolve().parent.parent / ".tools/python"


class Unavailable(Exception):
    """A program can't be had here; the text is one sentence."""


def find_programs(name: str) -> Path | None:
    """The folder with the programs of an environment that was made from what is pinned now."""
    home = ENVIRONMENTS / name
    stamp = home / ".pinned"
    made_of = stamp.read_text() if stamp.exists() else ""
    return home / "bin" if made_of == _digest(name) else None


def fetch_programs(name: str) -> Path:
    """Make the environment unless it is there; the folder with its programs. Raises Unavailable."""
    if found := find_programs(name):
        return found
    try:
        uv = get_uv.find_uv() or get_uv.fetch_uv()
    except get_uv.Refused as refused:
        raise Unavailable(str(refused)) from refused
    print(f"tocsin: fetching {name} from the Python package index", file=sys.stderr)
    home = ENVIRONMENTS / name
    shutil.rmtree(home, ignore_errors=True)
    home.parent.mkdir(parents=True, exist_ok=True)
    _run(name, uv, "venv", "--quiet", "--no-project", "--python", sys.executable, home)
    what = ("--require-hashes", "--link-mode", "copy", "--requirements", PINNED / f"{name}.txt")
    _run(name, uv, "pip", "install", "--quiet", "--python", home / "bin/python", *what)
    (home / ".pinned").write_text(_digest(name))
    return home / "bin"


def _digest(name: str) -> str:
    return hashlib.sha256((PINNED / f"{name}.txt").read_bytes()).hexdigest()


def _run(name: str, *command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = [word.strip() for word in (done.stderr.strip() or "no word").splitlines()]
        raise Unavailable(f"{name} was not installed ({'; '.join(words[:2])}).")
