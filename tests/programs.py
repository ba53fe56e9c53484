"""Finds the programs some tests talk to: on PATH, or where `make programs` put them.

A test calls `need("prometheus")` and gets a path. It skips when the program is absent, and fails instead when
TOCSIN_TEST_ALL=1, so that nothing is skipped where everything should run.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from deploy import python_programs

TOOLS = Path(__file__).resolve().parent.parent / ".tools"
OPENSSL = TOOLS / "debian/usr/bin/openssl"


def find_prometheus() -> Path | None:
    """Finds Prometheus."""
    return find_program("prometheus", TOOLS / "debian/usr/bin/prometheus")


def find_alertmanager() -> Path | None:
    """Finds Alertmanager, which Debian calls prometheus-alertmanager."""
    return find_program("prometheus-alertmanager", TOOLS / "debian/usr/bin/prometheus-alertmanager")


def find_zabbix_js() -> Path | None:
    """Finds the program that runs the script of a Zabbix media type; what it needs beside it is in list_libraries."""
    return find_program("zabbix_js", TOOLS / "debian/usr/bin/zabbix_js")


def find_icinga() -> Path | None:
    """Finds Icinga 2: its program itself where it was fetched, the script that starts it where it is installed."""
    fetched = next((TOOLS / "debian").glob("usr/lib/*/icinga2/sbin/icinga2"), None)
    return fetched or find_program("icinga2", TOOLS / "none")


def find_nagios() -> Path | None:
    """Finds Nagios, which Debian calls nagios4."""
    return find_program("nagios4", TOOLS / "debian/usr/sbin/nagios4")


def find_pgbouncer() -> Path | None:
    """Finds PgBouncer."""
    return find_program("pgbouncer", TOOLS / "debian/usr/sbin/pgbouncer")


def find_curl() -> Path | None:
    """Finds curl."""
    return find_program("curl", TOOLS / "debian/usr/bin/curl")


def list_libraries() -> str:
    """Where the libraries of fetched programs are, for LD_LIBRARY_PATH."""
    return ":".join(str(path) for path in sorted((TOOLS / "debian").glob("**/lib/*-linux-gnu")))


def find_amtool() -> Path | None:
    """Finds Alertmanager's command line."""
    return find_program("amtool", TOOLS / "debian/usr/bin/amtool")


def find_chromium() -> Path | None:
    """Finds Chromium or Google Chrome, for playwright's executable_path; start it with --no-sandbox as root."""
    fetched = TOOLS / "chromium"
    if fetched.exists():  # first, because /usr/bin/chromium can be Ubuntu's stand-in for a snap
        return fetched
    on_path = (shutil.which(name) for name in ("chromium", "google-chrome-stable", "google-chrome"))
    return next((Path(path) for path in on_path if path), None)


def find_axe() -> Path | None:
    """Finds axe-core's script, to be injected into a page."""
    script = TOOLS / "axe.min.js"
    return script if script.exists() else None


def find_node() -> Path | None:
    """Finds Node.js."""
    return find_program("node", TOOLS / "debian/usr/bin/node")


def find_emulate() -> Path | None:
    """Finds the emulator of Slack that others have written, a script for Node.js."""
    script = TOOLS / "node_modules/emulate/dist/index.js"
    return script if script.exists() else None


def find_moto() -> Path | None:
    """Finds moto's proxy, an Amazon that others have built; its certificates are made by openssl."""
    programs = python_programs.find_programs("moto")
    return programs / "moto_proxy" if programs and find_program("openssl", OPENSSL) else None


def find_helm() -> Path | None:
    """Finds Helm, which renders templates as Argo CD does."""
    return find_program("helm", TOOLS / "helm")


def need(name: str) -> Path:
    """Finds a program by its name in FINDERS; skips the test, or fails it, when it is absent."""
    found = FINDERS[name]()
    if found is not None:
        return found
    sentence = f"{name} is not here; `make programs` fetches it."
    if os.environ.get("TOCSIN_TEST_ALL") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence)


def find_program(name: str, fetched: Path) -> Path | None:
    """Finds a program by its name on PATH, or else where it was fetched to."""
    if on_path := shutil.which(name):
        return Path(on_path)
    return fetched if fetched.exists() else None


FINDERS = {
    "pgbouncer": find_pgbouncer,
    "prometheus": find_prometheus,
    "alertmanager": find_alertmanager,
    "zabbix_js": find_zabbix_js,
    "icinga": find_icinga,
    "nagios": find_nagios,
    "curl": find_curl,
    "amtool": find_amtool,
    "chromium": find_chromium,
    "axe": find_axe,
    "node": find_node,
    "emulate": find_emulate,
    "moto": find_moto,
    "helm": find_helm,
}
