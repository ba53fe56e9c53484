"""Behind PgBouncer in transaction mode, where each transaction may meet another session of PostgreSQL."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from sqlalchemy.engine import make_url

from bot.flow.others import Others
from storage.ear import Ear
from storage.models import Alert, Incident
from tests.house import open_house
from tests.platforms.inbound import eventually
from tests.programs import list_libraries, need
from tests.served import Served, find_free_port


@asynccontextmanager
async def pooler(url: str, folder: Path, mode: str = "transaction") -> AsyncIterator[str]:
    """PgBouncer with two sessions of the server; the address of the database behind it."""
    server = make_url(url)
    port = find_free_port()
    place = server.query.get("host") or server.host
    settings = f"""[databases]
* = host={place} port={server.port or 5432} user={server.username}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = 2
ignore_startup_parameters = extra_float_digits
"""
    (folder / "pgbouncer.ini").write_text(settings)
    environment = {**os.environ, "LD_LIBRARY_PATH": list_libraries()}
    command = [str(need("pgbouncer")), str(folder / "pgbouncer.ini")]
    if os.geteuid() == 0:
        folder.chmod(0o755)
        command[1:1] = ["-u", "nobody"]
    with (folder / "pgbouncer.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    here = server.set(host="127.0.0.1", port=port).difference_update_query(["host"])
    address = here.render_as_string(hide_password=False)

    async def answers() -> bool:
        assert process.poll() is None, (folder / "pgbouncer.log").read_text()
        try:
            plain = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
            connection = await asyncpg.connect(plain, timeout=5, statement_cache_size=0)
        except (OSError, asyncpg.PostgresError):
            return False
        await connection.close()
        return True

    try:
        await eventually(answers)
        yield address
    finally:
        process.terminate()
        process.wait(10)


async def test_alerts_incidents_and_pages_go_their_way(postgres_url: str, tmp_path: Path) -> None:
    """With more at once than the pooler has sessions."""
    async with (
        pooler(postgres_url, tmp_path) as address,
        open_house(address, {"TOCSIN_LISTEN_URL": postgres_url}) as house,
    ):
        url = await house.add_sender("generic")
        answers = await asyncio.gather(
            *(
                house.http.post(
                    url, json={"title": f"Disk {number}", "alias": f"d{number}", "priority": "P1"}
                )
                for number in range(40)
            )
        )
        assert {answer.status for answer in answers} == {202}
        await house.send({"title": "Checkout", "alias": "c", "priority": "P1", "service": "web"})
        await house.parts.outbox.drain()
        assert len(await house.rows(Alert)) == 41
        assert len(await house.rows(Incident)) >= 1
        assert await house.pages()
        await house.command("/incident declare The database is slow")
        assert [one.title for one in await house.rows(Incident)][-1] == "The database is slow"


async def test_replicas_hear_each_other_by_the_address_of_the_server_only(
    postgres_url: str, tmp_path: Path
) -> None:
    async with (
        pooler(postgres_url, tmp_path) as address,
        open_house(address, {"TOCSIN_LISTEN_URL": postgres_url}) as house,
    ):
        beside = house.parts.others
        assert beside is not None
        beside.start()
        through = Others(house.parts.work, Ear(address))
        through.start()
        await eventually(lambda: through.problem == "replicas.deaf")
        assert beside.problem == ""
        await through.stop()
        await beside.stop()


async def test_it_starts_and_migrates_behind_a_pooler(empty_postgres_url: str, tmp_path: Path) -> None:
    async with pooler(empty_postgres_url, tmp_path) as address:
        served = Served(address, tmp_path, {"TOCSIN_LISTEN_URL": empty_postgres_url})
        await served.start()
        code, _ = await served.stop()
        await served.database.close()
        assert code == 0, served.read_log()
