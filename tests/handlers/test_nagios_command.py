"""The command that we print for Nagios, run by a real Nagios against a Tocsin that runs: a service and a host in trouble, an
acknowledgement, a recovery."""

import asyncio
import grp
import os
import pwd
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers.webhooks.icinga import SOURCE
from storage.models import Alert
from storage.words import AlertStatus, Priority
from tests.house import House
from tests.programs import need
from tests.served import wait_until

PATIENCE = 40.0
SAID = 'CRITICAL - "refused" & 100% lost; $(id) `id`'
MAIN = """
log_file={folder}/nagios.log
cfg_file={folder}/objects.cfg
object_cache_file={folder}/objects.cache
status_file={folder}/status.dat
state_retention_file={folder}/retention.dat
temp_file={folder}/temp
temp_path={folder}
check_result_path={folder}/results
command_file={folder}/command
query_socket={folder}/query
lock_file={folder}/lock
nagios_user={user}
nagios_group={group}
check_external_commands=1
interval_length=1
service_inter_check_delay_method=n
host_inter_check_delay_method=n
max_service_check_spread=1
max_host_check_spread=1
illegal_macro_output_chars=`~$&|'"<>
"""
WORLD = {
    "timeperiod always": {
        "timeperiod_name": "always",
        "alias": "always",
        **dict.fromkeys(("monday", "tuesday", "wednesday", "thursday"), "00:00-24:00"),
        **dict.fromkeys(("friday", "saturday", "sunday"), "00:00-24:00"),
    },
    "command told": {"command_name": "told", "command_line": "{folder}/told.sh"},
    "command fine": {"command_name": "fine", "command_line": "/bin/true"},
    "contact admin": {
        "contact_name": "admin",
        "service_notification_period": "always",
        "host_notification_period": "always",
        "service_notification_options": "w,u,c,r",
        "host_notification_options": "d,u,r",
        "service_notification_commands": "notify-tocsin",
        "host_notification_commands": "notify-tocsin",
    },
}
WATCHED = {
    "check_interval": "1",
    "retry_interval": "1",
    "max_check_attempts": "1",
    "contacts": "admin",
    "check_period": "always",
    "notification_period": "always",
    "notification_interval": "600",
}
THINGS = {
    "host web": {
        "host_name": "web-1",
        "display_name": "Web 1",
        "address": "192.0.2.1",
        "check_command": "fine",
    },
    "host db": {"host_name": "db-1", "address": "192.0.2.2", "check_command": "told"},
    "service http": {"host_name": "web-1", "service_description": "http", "check_command": "told"},
}


def write_object(kind: str, values: dict[str, str], folder: Path) -> str:
    lines = (f"  {name} {value.format(folder=folder)}\n" for name, value in values.items())
    return f"define {kind.partition(' ')[0]} {{\n{''.join(lines)}}}\n"


@pytest.fixture
async def nagios(sqlite_house: House, tmp_path: Path) -> AsyncIterator[Path]:
    """The folder in which it runs: `state` is what its plugin exits with, `command` takes commands."""
    program, curl = need("nagios"), need("curl")
    url = await sqlite_house.add_sender("icinga")
    _, _, second = SOURCE.paste.format(url=url).partition("\n\nNagios")
    printed = second.partition("\n")[2].replace("/usr/bin/curl", str(curl))
    objects = [write_object(kind, values, tmp_path) for kind, values in WORLD.items()]
    things = [write_object(kind, {**values, **WATCHED}, tmp_path) for kind, values in THINGS.items()]
    (tmp_path / "objects.cfg").write_text("\n".join([printed, *objects, *things]))
    me = {"user": pwd.getpwuid(os.getuid()).pw_name, "group": grp.getgrgid(os.getgid()).gr_name}
    (tmp_path / "nagios.cfg").write_text(MAIN.format(folder=tmp_path, **me))
    (tmp_path / "results").mkdir()
    (tmp_path / "said").write_text(f"{SAID}\n")
    (tmp_path / "state").write_text("0\n")
    plugin = tmp_path / "told.sh"
    plugin.write_text(f"#!/bin/sh\ncat {tmp_path}/said\nexit $(cat {tmp_path}/state)\n")
    plugin.chmod(0o755)
    with (tmp_path / "out.log").open("wb") as log:
        process = subprocess.Popen([program, tmp_path / "nagios.cfg"], stdout=log, stderr=log)
    yield tmp_path
    process.terminate()
    await asyncio.to_thread(process.wait, 20)


async def test_a_life_as_nagios_tells_it(sqlite_house: House, nagios: Path) -> None:
    async def look() -> dict[str, Alert]:
        await sqlite_house.settle()
        return {alert.alias: alert for alert in await sqlite_house.rows(Alert)}

    async def is_up() -> bool:
        return (nagios / "command").exists()

    async def are_open() -> bool:
        return len(await look()) == 2

    async def is_acknowledged() -> bool:
        return (await look())["web-1!http"].acknowledged_at is not None

    async def is_closed() -> bool:
        return (await look())["web-1!http"].status is AlertStatus.CLOSED

    await wait_until(is_up, PATIENCE, "Nagios did not start")
    await asyncio.sleep(2)  # all is well at first
    (nagios / "state").write_text("2\n")
    await wait_until(are_open, PATIENCE, "the problems did not become two alerts")
    alerts = await look()
    service, host = alerts["web-1!http"], alerts["db-1"]
    assert (service.title, service.priority) == ("http on Web 1 is CRITICAL", Priority.P1)
    assert "100% lost" in service.description
    assert (host.title, host.priority) == ("db-1 is DOWN", Priority.P1)
    with (nagios / "command").open("w") as pipe:
        pipe.write(f"[{int(time.time())}] ACKNOWLEDGE_SVC_PROBLEM;web-1;http;2;1;0;Kate;I am on it\n")
    await wait_until(is_acknowledged, PATIENCE, "the acknowledgement did not arrive")
    (nagios / "state").write_text("0\n")
    await wait_until(is_closed, PATIENCE, "the recovery did not close the alert")
    assert len(await look()) == 2
