"""The media type that we ship, run by Zabbix's own zabbix_js against a Tocsin that runs: problem, update, acknowledgement,
recovery, and what Zabbix is told when it is refused."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from handlers.webhooks.zabbix import BLANK
from storage.models import Alert, AlertNote
from storage.words import AlertStatus, Priority
from tests.handlers.sender_cases import load
from tests.house import House
from tests.programs import list_libraries, need

MEDIA = Path(__file__).resolve().parents[2] / "deploy/zabbix/media_tocsin.yaml"
OWN = {"url", "HTTPProxy"}
"""The parameters that are not sent."""


def read_media() -> dict[str, Any]:
    media: dict[str, Any] = yaml.safe_load(MEDIA.read_text())["zabbix_export"]["media_types"][0]
    return media


class Zabbix:
    """What a Zabbix server does when it notifies: it fills the macros in and runs the script."""

    def __init__(self, url: str, folder: Path) -> None:
        self.program, self.url, self.folder = need("zabbix_js"), url, folder
        self.media = read_media()

    async def notify(self, case: str, **macros: str) -> tuple[int, str]:
        """Send a body as the media type makes it; returns the exit status and what zabbix_js said."""
        known = load(case)
        known["event_tags"] = json.dumps(known.get("event_tags", []))
        known |= {"url": self.url, **macros}
        params = {
            one["name"]: str(known.get(one["name"], one.get("value", ""))) for one in self.media["parameters"]
        }
        script, given = self.folder / "script.js", self.folder / "params.json"
        script.write_text(self.media["script"])
        given.write_text(json.dumps(params))
        process = await asyncio.create_subprocess_exec(
            *(str(part) for part in (self.program, "-s", script, "-i", given, "-t", "20")),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "LD_LIBRARY_PATH": list_libraries()},
        )
        said, _ = await asyncio.wait_for(process.communicate(), 30)
        return process.returncode or 0, said.decode().strip()


async def test_a_problem_lives_its_life(sqlite_house: House, tmp_path: Path) -> None:
    zabbix = Zabbix(await sqlite_house.add_sender("zabbix"), tmp_path)

    async def look() -> Alert:
        await sqlite_house.settle()
        (alert,) = await sqlite_house.rows(Alert)
        assert isinstance(alert, Alert)
        return alert

    assert await zabbix.notify("zabbix/disk.1-problem.json") == (0, "OK")
    alert = await look()
    assert (alert.status, alert.priority, alert.count) == (AlertStatus.OPEN, Priority.P3, 1)
    assert alert.title == "Disk space is low (used > 90%) on db1"
    assert alert.tags == ["service:shop", "scope:capacity", "nightly"]
    assert [link["title"] for link in alert.links] == ["Problem in Zabbix", "Runbook"]
    assert (await zabbix.notify("zabbix/disk.3-commented.json"))[0] == 0
    assert (await look()).count == 1
    notes = await sqlite_house.rows(AlertNote)
    assert [(note.text, note.actor_name) for note in notes if note.kind == "note"] == [
        ("Half of it are dumps.", "Kate Example (kate)")
    ]
    assert (await zabbix.notify("zabbix/disk.5-severity.json"))[0] == 0
    assert (await look()).count == 2
    assert (await zabbix.notify("zabbix/disk.2-acknowledged.json"))[0] == 0
    assert (await look()).acknowledged_at is not None
    assert (await zabbix.notify("zabbix/disk.6-recovery.json"))[0] == 0
    assert (await look()).status is AlertStatus.CLOSED


async def test_another_problem_of_odd_words_is_another_alert(sqlite_house: House, tmp_path: Path) -> None:
    zabbix = Zabbix(await sqlite_house.add_sender("zabbix"), tmp_path)
    name = 'Log says "it\'s\tbroken" \\ {MACRO} ünïcode 🔥\nsecond line'
    assert (
        await zabbix.notify("zabbix/disk.1-problem.json", event_name=name, event_tags="{EVENT.TAGSJSON}")
    )[0] == 0
    assert (await zabbix.notify("zabbix/same-trigger-on-another-host.1-problem.json"))[0] == 0
    first, second = await sqlite_house.rows(Alert)
    assert first.title == " ".join(f"{name} on db1".split())
    assert second.entity == "db2"


async def test_zabbix_hears_why_it_is_refused_and_sends_again(sqlite_house: House, tmp_path: Path) -> None:
    url = await sqlite_house.add_sender("zabbix")
    status, said = await Zabbix(f"{url}x", tmp_path).notify("zabbix/disk.1-problem.json")
    assert status != 0
    assert "Tocsin: it answered 401: This webhook key is unknown" in said
    status, said = await Zabbix(url, tmp_path).notify("zabbix/disk.1-problem.json", event_value="7")
    assert (status != 0, "it answered 400: event_value should be one of 0, 1" in said) == (True, True)
    status, said = await Zabbix("", tmp_path).notify("zabbix/disk.1-problem.json")
    assert (status != 0, "Send to" in said) == (True, True)
    assert url.rpartition("/")[2] not in said
    assert await sqlite_house.rows(Alert) == []


def test_the_media_type_sends_the_fields_that_the_bodies_have() -> None:
    names = {one["name"] for one in read_media()["parameters"]}
    assert names - OWN == set(load("zabbix/disk.1-problem.json"))


@pytest.mark.parametrize("name", sorted(one["name"] for one in read_media()["parameters"]))
def test_a_macro_that_zabbix_leaves_is_taken_as_nothing(name: str) -> None:
    (value,) = [one.get("value", "") for one in read_media()["parameters"] if one["name"] == name]
    assert value == "" or BLANK.fullmatch(value)
