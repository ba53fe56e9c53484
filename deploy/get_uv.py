"""Prints the path of a usable uv, fetching the pinned one into .tools/uv when there is none.

Called by the Makefile before anything is installed, so it needs nothing but Python 3.11: no pip, no venv, no root.
The wheel comes from the package index (PyPI, or the mirror named by UV_DEFAULT_INDEX, UV_INDEX_URL or
PIP_INDEX_URL) and must have one of the digests below. To move to another uv, change VERSION and WHEELS together.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

VERSION = "0.13.9"
OLDEST = (0, 9, 0)  # the oldest uv on PATH that reads our uv.lock
WHEELS = {
    ("linux", "x86_64", "glibc"): (
        "uv-0.13.9-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
        "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    ),
    ("linux", "x86_64", "musl"): (
        "uv-0.13.9-py3-none-musllinux_1_1_x86_64.whl",
        "2c45530751517d6c3bbc69a19473f6effe47cce047bede01ffd8af7ea7b36b25",
    ),
    # One statically linked build serves glibc and musl on this processor.
    ("linux", "aarch64", "glibc"): (
        "uv-0.13.9-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
        "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
    ),
    ("linux", "aarch64", "musl"): (
        "uv-0.13.9-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl",
        "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe",
    ),
    ("darwin", "x86_64", ""): (
        "uv-0.13.9-py3-none-macosx_10_12_x86_64.whl",
        "c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5",
    ),
    ("darwin", "aarch64", ""): (
        "uv-0.13.9-py3-none-macosx_11_0_arm64.whl",
        "66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63",
    ),
}
TOOLS = Path(__file__).resolve().parent.parent / ".tools"
SIMPLE = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"


class Refused(Exception):
    """uv can't be had; the text is one sentence for the person at the terminal."""


def main() -> int:
    """Prints the path of uv and returns 0, or says in one sentence why there is none and returns 1."""
    try:
        print(find_uv() or fetch_uv())
    except Refused as refused:
        print(f"tocsin: {refused}", file=sys.stderr)
        return 1
    return 0


def find_uv() -> Path | None:
    """Finds a uv that is recent enough and runs: first the one fetched earlier, then the one on PATH."""
    for candidate in (str(TOOLS / "uv"), shutil.which("uv")):
        if candidate and runs(candidate):
            return Path(candidate)
    return None


def runs(candidate: str) -> bool:
    """Whether this program is a working uv of at least the OLDEST version."""
    try:
        answer = subprocess.run(
            [candidate, "--version"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    seen = re.match(r"uv (\d+)\.(\d+)\.(\d+)", answer.stdout)
    return (
        answer.returncode == 0 and seen is not None and tuple(int(part) for part in seen.groups()) >= OLDEST
    )


def fetch_uv() -> Path:
    """Downloads the pinned wheel, checks its digest and unpacks the program to .tools/uv."""
    name, digest = WHEELS.get(platform_key(), ("", ""))
    if not name:
        raise Refused(
            f"no pinned uv for {platform.system()} on {platform.machine()}; install uv {VERSION} or newer "
            "yourself (https://docs.astral.sh/uv/) and run make again."
        )
    print(f"tocsin: fetching uv {VERSION}", file=sys.stderr)
    wheel = read(wheel_address(name))
    if hashlib.sha256(wheel).hexdigest() != digest:
        raise Refused(f"{name} does not have the expected SHA-256 digest, so it was thrown away.")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        program = archive.read(f"uv-{VERSION}.data/scripts/uv")
    TOOLS.mkdir(parents=True, exist_ok=True)
    target = TOOLS / "uv"
    unfinished = target.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(program)
    unfinished.chmod(0o755)
    unfinished.replace(target)
    if not runs(str(target)):
        raise Refused(
            f"the fetched uv does not run here; install uv {VERSION} or newer yourself and run make again."
        )
    return target


def platform_key() -> tuple[str, str, str]:
    """Names the system, the processor and, on Linux, the C library."""
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    system = platform.system().lower()
    if system != "linux":
        return system, machine, ""
    return system, machine, "glibc" if platform.libc_ver()[0] == "glibc" else "musl"


def index_address() -> str:
    """The package index in force, as uv and pip users set it."""
    for variable in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        # UV_DEFAULT_INDEX may carry a name: name=https://...
        if value := re.sub(r"^[\w.-]+=(?=\w+://)", "", os.environ.get(variable, "").strip()):
            return value.rstrip("/")
    return "https://pypi.org/simple"


def wheel_address(name: str) -> str:
    """Finds the wheel's address on the index, in its JSON form (PEP 691) or its HTML form (PEP 503)."""
    page = f"{index_address()}/uv/"
    body = read(page).decode("utf-8", "replace")
    if body.lstrip().startswith("{"):
        links = {file["filename"]: file["url"] for file in json.loads(body)["files"]}
    else:
        hrefs = (html.unescape(href) for href in re.findall(r"""href=["']([^"']+)["']""", body))
        links = {
            urllib.parse.unquote(urllib.parse.urlsplit(href).path.rsplit("/", 1)[-1]): href for href in hrefs
        }
    if name not in links:
        raise Refused(f"the package index at {without_password(page)} does not offer {name}.")
    return urllib.parse.urljoin(page, str(links[name]))


def read(address: str) -> bytes:
    """Reads an address, with the user and password it may carry, as bytes."""
    parts = urllib.parse.urlsplit(address)
    request = urllib.request.Request(
        without_password(address), headers={"Accept": SIMPLE, "User-Agent": "tocsin"}
    )
    if parts.username:
        pair = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            body: bytes = answer.read()
            return body
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        raise Refused(
            f"could not reach {without_password(address)} ({reason}); check the network, HTTPS_PROXY or "
            "SSL_CERT_FILE, or install uv yourself."
        ) from error


def without_password(address: str) -> str:
    """The same address without user and password, fit to be shown and logged."""
    parts = urllib.parse.urlsplit(address)
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


if __name__ == "__main__":
    sys.exit(main())
