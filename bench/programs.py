"""Starts what is measured, and what it is measured against, each in its own process and folder; stops and removes it all."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL

TOCSIN = Path(sys.executable).with_name("tocsin")
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Served:
    """A program that answers on a port of the loopback interface."""

    port: int
    pid: int
    folder: Path
    database_url: str = ""

    def cli(self, *words: str) -> str:
        """Run the command line beside it; what it prints."""
        return run_cli(self.database_url, self.port, *words)


def run_cli(database_url: str, port: int, *words: str) -> str:
    environment = build_environment(database_url, port)
    done = subprocess.run([TOCSIN, *words], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"tocsin {' '.join(words)}: {done.stderr[-2000:]}")
    return done.stdout


def build_environment(database_url: str, port: int) -> dict[str, str]:
    """Ours, and nothing of Tocsin's that the caller's shell may have set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    return {**kept, "TOCSIN_DATABASE_URL": database_url, "TOCSIN_PORT": str(port)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def started(
    command: list[str | Path], port: int, path: str, environment: dict[str, str], folder: Path
) -> Iterator[int]:
    """Run a program until it answers on its port; its process id. It is stopped in the end."""
    with (folder / f"log-{port}").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=ROOT)
        try:
            wait_for(port, path, process)
            yield process.pid
        except Exception as error:
            error.add_note((folder / f"log-{port}").read_text(errors="replace")[-2000:])
            raise
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(8)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(port: int, path: str, process: subprocess.Popen[bytes], patience: float = 30.0) -> None:
    """Return as soon as a GET is answered with success."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the program ended with {process.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.005)
    raise TimeoutError(f"nothing answered on port {port}")


@contextmanager
def tocsin(
    database_url: str | None = None,
    environment: Mapping[str, str] | None = None,
    world: Callable[[Path], Mapping[str, str]] | None = None,
) -> Iterator[Served]:
    """`tocsin serve` with the small world of a first start, or in one that writes its files into a folder and says what
    environment makes Tocsin read them: on a SQLite file of its own, or on the database given."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        folder = Path(name)
        url = database_url or f"sqlite:///{folder / 'tocsin.db'}"
        variables = {
            **build_environment(url, port),
            **(environment or {}),
            **(world(folder) if world else {}),
        }
        with started([TOCSIN, "serve"], port, "/healthz", variables, folder) as pid:
            yield Served(port, pid, folder, url)


@contextmanager
def parse_only() -> Iterator[Served]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name:
        command: list[str | Path] = [sys.executable, "-m", "bench.parse_only", "--port", str(port)]
        with started(command, port, "/healthz", dict(os.environ), Path(name)) as pid:
            yield Served(port, pid, Path(name))


@contextmanager
def alertmanager(program: Path) -> Iterator[Served]:
    """A real Alertmanager that tells nobody: alerts are kept in memory."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        config = folder / "alertmanager.yml"
        config.write_text("route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n")
        command: list[str | Path] = [
            stack.enter_context(_with_its_templates(program, folder)),
            f"--config.file={config}",
            f"--storage.path={folder}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
            "--log.level=error",
        ]
        with started(command, port, "/-/ready", dict(os.environ), folder) as pid:
            yield Served(port, pid, folder)


@contextmanager
def _with_its_templates(program: Path, folder: Path) -> Iterator[Path]:
    """Debian's build reads its templates from a fixed place. Where it was only unpacked, run a copy that reads them from a
    link whose path has the same length."""
    fixed = Path("/usr/share/prometheus/alertmanager")
    unpacked = program.parents[1] / "share/prometheus/alertmanager"
    if fixed.exists() or not unpacked.exists():
        yield program
        return
    link = Path(f"/tmp/tocsin-bench-{uuid.uuid4().hex}"[: len(str(fixed))])
    copy = folder / "alertmanager"
    copy.write_bytes(program.read_bytes().replace(str(fixed).encode(), str(link).encode()))
    copy.chmod(0o755)
    link.symlink_to(unpacked.resolve())
    try:
        yield copy
    finally:
        link.unlink()


@contextmanager
def postgresql() -> Iterator[str]:
    """A real PostgreSQL server that flushes every commit; the URL of its first database.

    TOCSIN_BENCH_DATABASE_URL uses a server that is there instead: its database must be empty and is left filled.
    """
    if given := os.environ.get("TOCSIN_BENCH_DATABASE_URL"):
        yield given
        return
    from tests import databases

    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="tocsin-bench-postgres-"))
        stack.callback(databases.remove_server, folder)
        folder.chmod(0o755)
        programs, data = databases.find_programs(folder), folder / "data"
        for part in ("run", "data"):
            (folder / part).mkdir(mode=0o700)
            if os.geteuid() == 0:
                os.chown(folder / part, 65534, 65534)
        databases.run_once(folder, programs / "initdb", f"--pgdata={data}", *databases.INITDB)
        options = (
            f"-c listen_addresses='' -c unix_socket_directories={folder / 'run'} -c shared_buffers=128MB"
        )
        start = ("start", "--wait", "--silent", f"--pgdata={data}", f"--log={data / 'server.log'}")
        databases.run_once(folder, programs / "pg_ctl", *start, f"--options={options}")
        url = URL.create(
            "postgresql+asyncpg", "postgres", database="postgres", query={"host": str(folder / "run")}
        )
        yield url.render_as_string(hide_password=False)


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """A new empty database on this server, dropped in the end."""
    from tests import databases

    with databases.fresh_database(server, "template0") as url:
        yield url
