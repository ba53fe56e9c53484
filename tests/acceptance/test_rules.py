"""Rules as timetables: what senders say becomes what people asked for, and `why` tells it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from bot.catalog.apply import apply_config
from bot.catalog.file import read_config
from bot.catalog.integrations import find_integration
from bot.chat.markup import render_text
from bot.flow.unit import Unit
from handlers.webhooks.kept import Replay, replay_kept
from storage.models import Alert, AlertNote, Incident, Rule, User
from storage.words import AlertStatus, Priority
from tests.house import House

KEY = "0123456789abcdef0123456789abcdef01234567"
WORLD: dict[str, Any] = {
    "users": {
        "kate": {"name": "Kate", "role": "owner"},
        "sam": {"name": "Sam"},
        "dana": {"name": "Dana"},
    },
    "teams": {
        "web": {"name": "Web", "members": ["kate"], "policy": "web"},
        "data": {"name": "Data", "members": ["dana"], "policy": "data"},
    },
    "policies": {
        "web": {"name": "Web", "steps": [{"page": ["user:kate"]}]},
        "data": {"name": "Data", "steps": [{"page": ["user:dana"]}]},
        "night": {"name": "Night", "steps": [{"page": ["user:sam"]}]},
    },
    "services": {
        "shop": {"name": "Shop", "team": "web", "needs": ["db"]},
        "db": {"name": "Database", "team": "data"},
    },
    "integrations": {"checks": {"name": "Checks", "source": "generic", "team": "web", "key_env": "KEY"}},
}


async def set_up(house: House, tmp_path: Path, **sections: Any) -> None:
    """The small world, with these rules."""
    path = tmp_path / "tocsin.yaml"
    path.write_text(yaml.safe_dump({**WORLD, **sections}, sort_keys=False))
    config = read_config(path, {"KEY": KEY})
    await house.parts.work.run(lambda unit: apply_config(unit, config))
    house.hooks["generic"] = f"{house.url}/hooks/generic/{KEY}"


async def paged(house: House) -> list[str]:
    """The handles of those who were paged, in order."""
    people = await house.rows(house.owner.__class__)
    names = {user.id: user.handle for user in people}
    return [names[page.user_id] for page in await house.pages()]


async def test_actions_make_of_messages_what_they_say(house: House, tmp_path: Path) -> None:
    def when(state: str) -> list[dict[str, str]]:
        return [{"field": "payload.NewStateValue", "operation": "equals", "value": state}]

    common = {"integration": "checks", "alias": "{{ Region }} - {{ AlarmName }}"}
    await set_up(
        house,
        tmp_path,
        actions={
            "drop": {
                "name": "Drop tests",
                "integration": "checks",
                "do": "ignore",
                "conditions": [{"field": "payload.AlarmName", "operation": "starts_with", "value": "test"}],
            },
            "close": {**common, "name": "Close", "do": "close", "conditions": when("OK")},
            "note": {
                **common,
                "name": "Note",
                "do": "note",
                "note": "still {{ NewStateValue }}",
                "conditions": when("HM"),
            },
            "create": {
                **common,
                "name": "Create",
                "title": "Cloudwatch {{NewStateValue}}: {{AlarmName.toUpperCase()}} on {{Region}}",
                "description": "{{ Nowhere }}",
                "priority": "{{ AlarmName.extract(/-(p\\d)$/).toUpperCase() }}",
                "tags": ["{{ Region }}"],
                "conditions": when("ALARM"),
            },
        },
    )
    alarm = {
        "title": "x",
        "AlarmName": "cpu-p2",
        "Region": "eu-1",
        "NewStateValue": "ALARM",
        "description": "old",
    }
    assert (await house.send(alarm))[1]["alerts"][0]["outcome"] == "opened"
    (alert,) = await house.rows(Alert)
    assert (alert.title, alert.alias, alert.priority) == (
        "Cloudwatch ALARM: CPU-P2 on eu-1",
        "eu-1 - cpu-p2",
        Priority.P2,
    )
    assert alert.tags == ["eu-1"]
    assert alert.description == "old"
    why = await house.ask("/alert why 1")
    assert "“Drop tests” does not match: payload.AlarmName starts with “test”" in why
    assert "The template for description of the action “Create” is wrong" in why
    assert "'Nowhere' is undefined" in why
    outcomes = [
        (await house.send({**alarm, **more}))[1]["alerts"][0]["outcome"]
        for more in (
            {"AlarmName": "test-p1"},
            {"title": "another text"},
            {"NewStateValue": "HM"},
            {"NewStateValue": "OK"},
        )
    ]
    assert outcomes == ["ignored", "repeated", "noted", "closed"]
    (alert,) = await house.rows(Alert)
    assert (alert.status, alert.count) == (AlertStatus.CLOSED, 2)
    assert "still HM" in [note.text for note in await house.rows(AlertNote)]


async def test_an_action_that_says_nothing_of_what_to_do_keeps_no_alert_from_its_end(
    house: House, tmp_path: Path
) -> None:
    action = {
        "name": "Titles",
        "integration": "checks",
        "title": "{{ host }}: {{ title }}",
        "alias": "{{ host }}",
        "priority": "{{ labels.prio }}",
    }
    await set_up(house, tmp_path, actions={"titles": action})
    message = {"title": "Disk full", "alias": "x", "host": "db1"}
    for status, outcome in (
        ("down", "opened"),
        ("ack", "acknowledged"),
        ("down", "repeated"),
        ("ok", "closed"),
    ):
        assert (await house.send({**message, "status": status}))[1]["alerts"][0]["outcome"] == outcome
    (alert,) = await house.rows(Alert)
    assert (alert.title, alert.alias, alert.status) == ("db1: Disk full", "db1", AlertStatus.CLOSED)
    why = await house.ask("/alert why 1")
    assert "The action “Titles” matches: what the sender said counts (trigger)" in why
    assert "wrong, what the sender said is used: there is no `prio` in it" in why


async def test_without_a_matching_action_what_the_sender_said_counts(
    sqlite_house: House, tmp_path: Path
) -> None:
    house = sqlite_house
    never = [{"field": "title", "operation": "equals", "value": "never"}]
    await set_up(
        house,
        tmp_path,
        actions={"a": {"name": "A", "integration": "checks", "do": "ignore", "conditions": never}},
    )
    await house.send({"title": "Disk full"})
    assert await paged(house) == ["kate"]
    assert "No action of the sender matches" in await house.ask("/alert why 1")


async def test_a_delayed_alert_pages_later_and_only_if_it_is_still_open(house: House, tmp_path: Path) -> None:
    await set_up(
        house,
        tmp_path,
        alert_policies={"wait": {"name": "Wait a bit", "delay": "5m", "title": "late: {{ title }}"}},
    )
    await house.send({"title": "One", "alias": "one"})
    await house.send({"title": "Two", "alias": "two"})
    await house.send({"alias": "two", "status": "resolved"})
    await house.at("04:59")
    assert await paged(house) == []
    await house.at("05:01")
    assert await paged(house) == ["kate"]
    one, two = await house.rows(Alert)
    assert (one.title, one.held_by, two.held_by) == ("late: One", "", "rule:wait")
    why = await house.ask("/alert why 1")
    assert "“Wait a bit” lets it wait until Mon 23 Nov 2026, 03:05 UTC" in why
    assert "Held back by that policy: it pages nobody" in why
    assert "What held it back ended" in why


async def test_until_when_is_told_by_the_clocks_of_who_asks(sqlite_house: House, tmp_path: Path) -> None:
    wait = {"name": "Wait a bit", "delay": "5m"}
    await set_up(sqlite_house, tmp_path, alert_policies={"wait": wait})
    await sqlite_house.send({"title": "One"})
    kate = next(user for user in await sqlite_house.rows(User) if user.handle == "kate")

    async def move(unit: Unit) -> None:
        (await unit.session.get_one(User, kate.id)).zone = "Asia/Tokyo"

    await sqlite_house.parts.work.run(move)
    kate = next(user for user in await sqlite_house.rows(User) if user.handle == "kate")
    reply = await sqlite_house.command("/alert why 1", kate)
    assert "lets it wait until Mon 23 Nov 2026, 12:05 JST" in render_text(reply.text)


async def test_suppressed_counted_and_flapping_alerts(house: House, tmp_path: Path) -> None:
    def on(name: str) -> list[dict[str, str]]:
        return [{"field": "title", "operation": "contains", "value": name}]

    await set_up(
        house,
        tmp_path,
        alert_policies={
            "never": {"name": "Never", "suppress": True, "conditions": on("quiet")},
            "three": {"name": "Third time", "count": 3, "conditions": on("often")},
            "flap": {
                "name": "Flapping",
                "flap": {"times": 3, "within": "1h", "hold": "10m"},
                "conditions": on("link"),
            },
        },
    )
    await house.send({"title": "quiet"})
    for _ in range(2):
        await house.send({"title": "often"})
    assert await paged(house) == []
    await house.send({"title": "often"})
    assert await paged(house) == ["kate"]
    for _ in range(2):
        await house.send({"title": "link"})
        await house.send({"title": "link", "status": "resolved"})
    assert await paged(house) == ["kate"] * 3
    await house.send({"title": "link"})
    await house.at("09:00")
    assert await paged(house) == ["kate"] * 3
    assert "It has come 3 times lately" in await house.ask("/alert why 5")
    await house.at("10:01")
    assert await paged(house) == ["kate"] * 4


async def test_alerts_close_and_restart_by_themselves(house: House, tmp_path: Path) -> None:
    await set_up(
        house,
        tmp_path,
        alert_policies={
            "keep": {
                "name": "Keep at it",
                "close_after": "3h",
                "restart": {"after": "1h", "times": 5},
            }
        },
    )
    await house.send({"title": "Disk"})
    await house.command("/alert ack 1", by=house.owner)
    await house.at("59:00")
    assert await paged(house) == ["kate"]
    await house.at("01:00:01")
    await house.at("02:00:02")
    assert await paged(house) == ["kate"] * 3
    await house.at("05:00:00")
    (alert,) = await house.rows(Alert)
    assert alert.status is AlertStatus.CLOSED
    assert await paged(house) == ["kate"] * 3


async def test_routing_by_rule_by_hour_and_by_responders(house: House, tmp_path: Path) -> None:
    def of(name: str) -> list[dict[str, str]]:
        return [{"field": "labels.kind", "operation": "equals", "value": name}]

    await set_up(
        house,
        tmp_path,
        alert_policies={
            "both": {"name": "Both", "responders": ["user:sam", "team:data"], "conditions": of("both")},
        },
        routing_rules={
            "db": {"name": "Databases", "team": "data", "conditions": of("db")},
            "hush": {"name": "Hush", "nobody": True, "conditions": of("hush")},
            "night": {
                "name": "At night",
                "of_team": "web",
                "policy": "night",
                "hours": {"windows": [{"from": "00:00", "until": "00:00"}]},
            },
            "never": {
                "name": "Never now",
                "of_team": "data",
                "nobody": True,
                "hours": {"windows": [NOT_NOW]},
            },
        },
    )
    for kind in ("db", "hush", "plain", "both"):
        await house.send({"title": kind, "labels": {"kind": kind}})
    assert await paged(house) == ["dana", "sam", "dana", "sam"]
    assert "by the rule “Databases”" in await house.ask("/alert why 1")
    assert "“Never now” does not hold at this hour" in await house.ask("/alert why 1")
    assert "“Hush” pages nobody" in await house.ask("/alert why 2")
    assert "chooses the escalation policy “Night”" in await house.ask("/alert why 3")


async def test_responders_of_a_rule_are_called_once_also_into_an_incident(
    house: House, tmp_path: Path
) -> None:
    """One person behind two responders, and a storm of alerts that each name them, is one page."""
    await set_up(
        house,
        tmp_path,
        schedules={
            "data": {
                "name": "Data",
                "rotations": [{"starts": "2026-11-02T09:00", "participants": ["sam"]}],
            }
        },
        alert_policies={"both": {"name": "Both", "responders": ["user:sam", "schedule:data"]}},
        incident_rules={
            "web": {
                "name": "Web",
                "conditions": [{"field": "service", "operation": "equals", "value": "shop"}],
            }
        },
    )
    await house.send({"title": "alone"})
    assert await paged(house) == ["sam"]
    for number in range(3):
        await house.send({"title": f"Shop {number}", "service": "shop"})
    assert await paged(house) == ["sam", "kate", "sam"]
    assert [page.subject for page in await house.pages()] == ["alert:1", "incident:1", "incident:1"]


NOT_NOW = {"from": "12:00", "until": "12:01"}


async def test_incident_rules_group_by_related_services_and_by_storm(house: House, tmp_path: Path) -> None:
    await set_up(
        house,
        tmp_path,
        incident_rules={
            "related": {
                "name": "Services",
                "related": True,
                "teams": ["data"],
                "conditions": [{"field": "service", "operation": "is_empty", "not": True}],
                "title": "{{ service }} is in trouble",
            },
            "storm": {
                "name": "Storm",
                "alerts": 4,
                "group_by": ["integration"],
                "title": "Many alerts",
                "priority": "P2",
            },
        },
    )
    await house.send({"title": "Slow", "service": "shop"})
    await house.send({"title": "Replica lags", "service": "db", "priority": "P1"})
    (incident,) = await house.rows(Incident)
    assert (incident.title, incident.priority) == ("shop is in trouble", Priority.P1)
    for number in range(6):
        await house.send({"title": f"Host {number} down"})
    _, storm = await house.rows(Incident)
    assert (storm.title, storm.priority) == ("Many alerts", Priority.P2)
    inside = [alert.incident_id for alert in await house.rows(Alert)]
    assert inside == [1, 1, None, None, None, 2, 2, 2]
    assert "this is no storm: 3 of 4 alerts" in await house.ask("/alert why 5")
    rules = {rule.slug: rule for rule in await house.rows(Rule)}
    assert rules["storm"].last_matched_at is not None


async def test_a_sender_that_names_what_nobody_knows(sqlite_house: House, tmp_path: Path) -> None:
    await set_up(sqlite_house, tmp_path)
    await sqlite_house.send({"title": "x", "service": "sho", "team": "blue"})
    why = await sqlite_house.ask("/alert why 1")
    assert "names the service “sho”, which is not known here" in why
    assert "names the team “blue”, which is not known here" in why


async def test_what_rules_would_do_is_told_and_not_done(house: House, tmp_path: Path) -> None:
    """By hand, as `tocsin rules replay` does it: rules that are not in force yet, on the messages that were kept."""
    await set_up(house, tmp_path)
    for title in ("Disk full on db1", "CPU hot on web1"):
        await house.send({"title": title, "priority": "P1"})
    path = tmp_path / "tocsin.yaml"
    on_db = [{"field": "title", "operation": "matches", "value": "db[0-9]"}]
    rules = {"routing_rules": {"db": {"name": "DB", "team": "data", "conditions": on_db}}}
    path.write_text(yaml.safe_dump({**WORLD, **rules}))

    async def replay(unit: Unit) -> Replay:
        sender = await find_integration(unit, "checks")

        async def change() -> None:
            await apply_config(unit, read_config(path, {"KEY": KEY}))

        return await replay_kept(unit, sender, 50, change)

    found = await house.parts.work.rehearse(replay)
    assert (found.count, found.unreadable) == (2, 0)
    (one,) = found.differences
    assert one.changed == {"team": ("Web", "Data"), "pages": (("Kate",), ("Dana",))}
    assert [rule.slug for rule in await house.rows(Rule, Rule.active)] == []
    said = house.parts.templates.render_plain("cli/replay", replayed=found, integration=Rule(name="Checks"))
    assert "team: Web -> Data" in said


def test_the_command_line_tries_a_message(tmp_path: Path) -> None:
    """On a fresh data folder: what would happen, why, and that nothing did."""

    def run(*arguments: str) -> str:
        program = Path(sys.executable).with_name("tocsin")
        environment = {**os.environ, "TOCSIN_DATA_DIR": str(tmp_path)}
        done = subprocess.run(
            [program, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )
        return done.stdout + done.stderr

    run("integration", "create", "generic", "--name", "Checks")
    (tmp_path / "message.json").write_text('{"title": "Disk full", "priority": "P1", "service": "web"}')
    for _ in range(2):
        said = run("rules", "test", "checks", "message.json")
        assert "Would open an alert" in said
        assert "Routed to nobody: there is no team" in said
        assert "pages     nobody" in said
    (tmp_path / "message.json").write_text('{"name": 5')
    assert "JSON" in run("rules", "test", "checks", "message.json")
    assert "There is no integration nope" in run("rules", "test", "nope", "message.json")
    assert "0 kept messages of Checks" in run("rules", "replay", "checks")
