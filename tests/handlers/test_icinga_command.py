"""The notification command that we print, run by a real Icinga 2 against a Tocsin that runs: problem, acknowledgement,
recovery, of a service and of a host, with what plugins say."""

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from handlers.webhooks.icinga import SOURCE
from storage.models import Alert, AlertNote
from storage.words import AlertStatus, Priority
from tests.house import House
from tests.programs import list_libraries, need
from tests.served import wait_until

PATIENCE = 40.0
SAID = 'CRITICAL - "refused" & 100% lost; $(id) `id`'
START = """
for folder in /var/cache /var/lib /var/log /var/spool /run; do mount -t tmpfs none $folder; done
mkdir -p /var/cache/icinga2 /var/lib/icinga2/api/packages /var/lib/icinga2/api/zones /var/lib/icinga2/api/zones-stage
mkdir -p /var/lib/icinga2/certs /var/log/icinga2/crash /run/icinga2 /var/spool/icinga2
exec "$0" "$@"
"""
"""Icinga writes to folders of the machine; here it has them for itself, and no rights."""
WORLD = """
object CheckerComponent "checker" {{}}
object NotificationComponent "notification" {{}}
object ExternalCommandListener "command" {{ command_path = "{folder}/command" }}
object User "icingaadmin" {{}}
object CheckCommand "fine" {{ command = [ "/bin/true" ] }}
object CheckCommand "told" {{ command = [ "/bin/sh", "-c", "cat {folder}/said; exit `cat {folder}/state`" ] }}
object HostGroup "web" {{}}
object HostGroup "linux" {{}}
object Host "web-1" {{
  check_command = "fine"
  display_name = "Web 1"
  address = "192.0.2.1"
  groups = [ "web", "linux" ]
}}
object Service "http" {{
  host_name = "web-1"
  check_command = "told"
  check_interval = 1s
  retry_interval = 1s
  max_check_attempts = 1
  notes_url = "https://wiki.example.org/http"
  vars.tocsin_priority = "P2"
}}
object Host "db-1" {{
  check_command = "told"
  check_interval = 1s
  retry_interval = 1s
  max_check_attempts = 1
}}
"""


@dataclass
class Icinga:
    folder: Path

    def tell(self, state: int) -> None:
        (self.folder / "state").write_text(f"{state}\n")

    def command(self, words: str) -> None:
        with (self.folder / "command").open("w") as pipe:
            pipe.write(f"[{int(time.time())}] {words}\n")


@pytest.fixture
async def icinga(sqlite_house: House, tmp_path: Path) -> AsyncIterator[Icinga]:
    program, curl = need("icinga"), need("curl")
    url = await sqlite_house.add_sender("icinga")
    first, _, _ = SOURCE.paste.format(url=url).partition("\n\nNagios")
    printed = first.partition("\n")[2].replace("/usr/bin/curl", str(curl))
    (tmp_path / "icinga2.conf").write_text(WORLD.format(folder=tmp_path) + printed)
    (tmp_path / "said").write_text(f"{SAID}\n")
    running = Icinga(tmp_path)
    running.tell(0)
    command = ["unshare", "--map-root-user", "--mount", "sh", "-ec", START, str(program)]
    environment = {
        **os.environ,
        "ICINGA2_USER": "root",
        "ICINGA2_GROUP": "root",
        "LD_LIBRARY_PATH": list_libraries(),
    }
    with (tmp_path / "icinga.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "daemon", "-c", str(tmp_path / "icinga2.conf")],
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
    yield running
    process.terminate()
    await asyncio.to_thread(process.wait, 20)


async def test_a_life_as_icinga_tells_it(sqlite_house: House, icinga: Icinga) -> None:
    async def look() -> dict[str, Alert]:
        await sqlite_house.settle()
        return {alert.alias: alert for alert in await sqlite_house.rows(Alert)}

    async def is_up() -> bool:
        return (icinga.folder / "command").exists()

    async def are_open() -> bool:
        return len(await look()) == 2

    async def is_acknowledged() -> bool:
        return (await look())["web-1!http"].acknowledged_at is not None

    async def is_noted() -> bool:
        await sqlite_house.settle()
        return "The cable is loose" in [note.text for note in await sqlite_house.rows(AlertNote)]

    async def are_closed() -> bool:
        return {alert.status for alert in (await look()).values()} == {AlertStatus.CLOSED}

    await wait_until(is_up, PATIENCE, "Icinga did not start")
    await asyncio.sleep(2)  # all is well at first
    icinga.tell(2)
    await wait_until(are_open, PATIENCE, "the problems did not become two alerts")
    alerts = await look()
    service, host = alerts["web-1!http"], alerts["db-1"]
    assert (service.title, service.priority) == ("http on Web 1 is CRITICAL", Priority.P2)
    assert (service.description, service.tags) == (SAID, ["web", "linux"])
    assert [link["title"] for link in service.links] == ["Notes"]
    assert (host.title, host.priority, host.description) == ("db-1 is DOWN", Priority.P1, SAID)
    icinga.command("ACKNOWLEDGE_SVC_PROBLEM;web-1;http;2;1;0;Kate;I am on it")
    await wait_until(is_acknowledged, PATIENCE, "the acknowledgement did not arrive")
    assert (await look())["db-1"].acknowledged_at is None
    icinga.command("SEND_CUSTOM_SVC_NOTIFICATION;web-1;http;0;Kate;The cable is loose")
    await wait_until(is_noted, PATIENCE, "the custom notification is no note on the alert")
    icinga.tell(0)
    await wait_until(are_closed, PATIENCE, "the recoveries did not close the alerts")
    assert len(await look()) == 2
