"""What applying a configuration file does to the database: the second time nothing, and never a loss."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.access.secrets import digest
from bot.alerts.heartbeats import begin_to_listen
from bot.alerts.maintenance import follow_file
from bot.catalog.apply import apply_config
from bot.catalog.faults import ConfigWrong
from bot.catalog.file import read_config, read_example
from bot.catalog.first_start import greet
from bot.catalog.integrations import create_integration, renew_key
from bot.catalog.teams import get_team, join_team
from bot.errors import Refused
from bot.paging.settings import change_paging
from storage.models import (
    Alert,
    AuditEntry,
    ContactMethod,
    Dependency,
    Escalation,
    EscalationPolicy,
    Heartbeat,
    Integration,
    Maintenance,
    Member,
    Override,
    PolicyStep,
    Rotation,
    Rule,
    Schedule,
    Service,
    Silence,
    Team,
    User,
)
from storage.words import Combine
from tests.house import START, House

KEY = "0123456789abcdef0123456789abcdef01234567"
OTHER_KEY = KEY[::-1]
SMALL = """\
users:
  kate: {name: Kate, email: kate@example.org, role: owner}
teams:
  ops: {name: Ops, members: [kate], policy: ops}
schedules:
  ops: {name: Ops, team: ops, rotations: [{starts: 2026-11-02T09:00, participants: [kate]}]}
policies:
  ops: {name: Ops, steps: [{page: [schedule:ops]}]}
incident_rules:
  all: {name: Everything}
"""
NAMED = (User, Team, Service, Schedule, EscalationPolicy, Rule, Integration, Heartbeat, Maintenance)


@pytest.fixture
def apply(house: House, tmp_path: Path):
    async def run(text: str, environment: dict[str, str] | None = None) -> int:
        path = tmp_path / "tocsin.yaml"
        path.write_text(text)
        config = read_config(path, environment or {})
        return await house.parts.work.run(lambda unit: apply_config(unit, config))

    return run


async def active(house: House, model: Any) -> dict[str, Any]:
    name = "handle" if model is User else "slug"
    return {getattr(row, name): row for row in await house.rows(model) if row.active}


async def audited(house: House) -> list[tuple[str, str]]:
    return [(row.what, row.text) for row in await house.rows(AuditEntry)]


async def snapshot(house: House) -> list[dict[str, Any]]:
    models = (*NAMED, Member, Dependency, Rotation, PolicyStep, AuditEntry)
    return [
        {name: value for name, value in vars(row).items() if name != "_sa_instance_state"}
        for model in models
        for row in await house.rows(model)
    ]


async def test_a_file_replaces_the_small_world_of_the_first_start(house: House, apply):
    await apply(read_example())
    found = {model.__tablename__: set(await active(house, model)) for model in NAMED}
    assert found == {
        "user": {"kate", "sam", "ines"},
        "team": {"payments"},
        "service": {"checkout", "database"},
        "schedule": {"payments"},
        "escalation_policy": {"payments"},
        "rule": {"urgent", "storm", "databases", "staging", "flapping", "maintenance-mode"},
        "integration": {"prometheus", "checks", "old-monitor", "heartbeats"},
        "heartbeat": {"backup"},
        "maintenance": {"backup-window"},
    }
    everyone = await house.rows(User)
    assert [(user.origin, user.active) for user in everyone[:1]] == [("seed", False)]


async def test_everything_that_the_file_says_is_there(house: House, apply):
    await apply(read_example())
    users, teams = await active(house, User), await active(house, Team)
    services, schedules = await active(house, Service), await active(house, Schedule)
    policy = (await active(house, EscalationPolicy))["payments"]
    payments = teams["payments"]
    assert payments.policy_id == policy.id
    assert {
        (row.team_id, row.user_id) for row in await house.rows(Member, Member.team_id == payments.id)
    } == {
        (payments.id, users["kate"].id),
        (payments.id, users["sam"].id),
    }
    assert (users["sam"].zone, users["ines"].zone, users["kate"].role) == ("Africa/Lagos", "UTC", "owner")
    assert (services["checkout"].tier, services["checkout"].team_id) == (1, payments.id)
    assert [(row.service_id, row.needs_id) for row in await house.rows(Dependency)] == [
        (services["checkout"].id, services["database"].id)
    ]
    schedule = schedules["payments"]
    [rotation] = await house.rows(Rotation, Rotation.schedule_id == schedule.id)
    assert (schedule.zone, schedule.team_id) == ("Europe/Paris", payments.id)
    assert (rotation.name, rotation.kind, rotation.length, rotation.starts, rotation.participants) == (
        "Weekly", "weekly", 1, "2026-11-02T09:00", [users["kate"].id, users["sam"].id],
    )  # fmt: skip
    assert (policy.repeat, policy.repeat_after) == (2, 300)
    steps = await house.rows(PolicyStep, PolicyStep.policy_id == policy.id)
    assert [(step.position, step.delay, step.condition, step.recipients) for step in steps] == [
        (1, 0, "not_acknowledged", [{"type": "schedule", "id": schedule.id, "name": "Payments on-call"}]),
        (2, 300, "not_acknowledged", [{"type": "team", "id": payments.id, "name": "Payments"}]),
        (3, 1800, "not_closed", [{"type": "user", "id": users["kate"].id, "name": "Kate Moreau"}]),
    ]
    rule = (await active(house, Rule))["urgent"]
    assert rule.conditions[1] == {
        "field": "labels.environment", "operation": "one_of", "value": "staging, test", "not": True
    }  # fmt: skip
    checks = (await active(house, Integration))["checks"]
    assert (checks.source, checks.team_id, checks.settings["mapping"]["title"]) == (
        "generic",
        payments.id,
        "check.name",
    )


async def test_the_same_file_again_changes_nothing(house: House, apply):
    text = read_example().replace("# key_env", "key_env")
    environment = {"TOCSIN_KEY_PROMETHEUS": KEY}
    assert await apply(text, environment) > 0
    before = await snapshot(house)
    assert await apply(text, environment) == 0
    assert await snapshot(house) == before


async def test_two_replicas_that_start_together_apply_it_once(house: House, apply):
    counts = await asyncio.gather(apply(read_example()), apply(read_example()))
    assert min(counts) == 0
    whats = [entry for entry in await audited(house) if entry == ("team.created", "Payments")]
    assert len(whats) == 1


async def test_each_difference_is_one_entry_in_the_audit_log(house: House, apply):
    await apply(SMALL)
    first = await audited(house)
    assert ("user.added", "Kate") in first
    assert ("team.created", "Ops") in first
    assert ("team.removed", "First team") in first
    changed = SMALL.replace("name: Ops, members: [kate]", "name: Operations, members: []").replace(
        "all:", "every:"
    )
    assert await apply(changed) == 3
    rows = (await house.rows(AuditEntry))[len(first) :]
    assert [(row.what, row.text, row.data) for row in rows] == [
        ("rule.created", "Everything", {}),
        ("team.changed", "Operations", {"changed": ["members", "name"]}),
        ("rule.removed", "Everything", {}),
    ]


async def test_what_is_gone_is_switched_off_and_comes_back_as_it_was(house: House, apply):
    await apply(read_example())
    before = {slug: row.id for slug, row in (await active(house, Service)).items()}
    await apply(SMALL)
    assert await active(house, Service) == {}
    assert set(await active(house, User)) == {"kate"}
    await apply(read_example())
    assert {slug: row.id for slug, row in (await active(house, Service)).items()} == before


async def test_what_people_made_stays_and_what_has_the_same_slug_is_adopted(house: House, apply):
    def make(unit: Any) -> Any:
        unit.session.add_all([Team(slug="ops", name="Old name"), Team(slug="guild", name="Guild")])
        return unit.session.flush()

    await house.parts.work.run(make)
    await house.parts.work.run(lambda unit: create_integration(unit, "generic", "By hand"))
    old = {row.slug: row.id for row in await house.rows(Team)}
    await apply(SMALL)
    teams = await active(house, Team)
    assert set(teams) == {"ops", "guild"}
    assert (teams["ops"].id, teams["ops"].name, teams["ops"].origin) == (old["ops"], "Ops", "file")
    assert teams["guild"].origin == "room"
    assert "by-hand" in await active(house, Integration)


async def test_what_belonged_to_a_team_that_is_gone_belongs_to_no_team(house: House, apply):
    async def make(unit: Any) -> None:
        team = await get_team(unit, "first-team")
        await create_integration(unit, "generic", "By hand", team)

    await house.parts.work.run(make)
    await apply(SMALL)
    assert (await active(house, Integration))["by-hand"].team_id is None


async def test_what_the_file_leaves_out_about_a_person_stays_as_they_set_it(house: House, apply):
    await apply(SMALL)

    async def change(unit: Any) -> None:
        kate = (await unit.session.scalars(select(User).where(User.handle == "kate"))).one()
        kate.zone, kate.email = "Europe/Paris", "kate@elsewhere.org"

    await house.parts.work.run(change)
    await apply(SMALL)
    kate = (await active(house, User))["kate"]
    assert (kate.zone, kate.email) == ("Europe/Paris", "kate@example.org")


async def test_overrides_and_escalations_under_way_are_left_alone(house: House, apply):
    await apply(SMALL)
    kate, ops = (await active(house, User))["kate"], (await active(house, Schedule))["ops"]

    def override(unit: Any) -> Any:
        unit.session.add(
            Override(
                schedule_id=ops.id,
                user_id=kate.id,
                starts_at=START,
                ends_at=START.replace(hour=9),
                created_at=START,
            )
        )
        return unit.session.flush()

    await house.parts.work.run(override)
    await house.send({"title": "Disk full", "team": "ops"})
    [escalation] = await house.rows(Escalation)
    steps = escalation.steps
    await apply(
        SMALL.replace("[{page: [schedule:ops]}]", "[{after: 5m, page: [user:kate]}]").replace("T09", "T10")
    )
    [escalation] = await house.rows(Escalation)
    assert escalation.steps == steps
    assert len(await house.rows(Override)) == 1
    [alert] = await house.rows(Alert)
    assert alert.status == "open"
    [step] = await house.rows(PolicyStep, PolicyStep.policy_id == escalation.policy_id)
    assert step.delay == 300
    [rotation] = await house.rows(Rotation, Rotation.schedule_id == ops.id)
    assert rotation.starts == "2026-11-02T10:00"


async def test_an_alert_pages_whom_the_file_names(house: House, apply):
    await apply(SMALL)
    await house.send({"title": "Disk full"})
    kate = (await active(house, User))["kate"]
    assert {page.user_id for page in await house.pages()} == {kate.id}


# Keys of integrations

SENDERS = SMALL + """\
integrations:
  one: {name: One, source: generic, key_env: KEY_ONE}
  two: {name: Two, source: generic, key_env: KEY_TWO}
"""  # fmt: skip


async def test_a_key_from_the_environment_opens_its_webhook(house: House, apply):
    await apply(SENDERS, {"KEY_ONE": KEY, "KEY_TWO": OTHER_KEY})
    house.hooks["generic"] = f"{house.url}/hooks/generic/{KEY}"
    status, _ = await house.send({"title": "Disk full"})
    assert status == 202
    one = (await active(house, Integration))["one"]
    assert one.digest == digest(KEY)
    assert [alert.integration_id for alert in await house.rows(Alert)] == [one.id]
    assert KEY not in str(await snapshot(house))


async def test_a_secret_that_a_sender_signs_with_is_named_and_never_kept(house: House, apply, tmp_path: Path):
    (tmp_path / "signed.txt").write_text("what-only-they-know")
    entry = (
        "  one: {name: One, source: sentry, key_env: KEY_ONE, secret_file: signed.txt, secret_env: [MORE]}\n"
    )
    await apply(SMALL + "integrations:\n" + entry, {"KEY_ONE": KEY, "MORE": "also-secret"})
    one = (await active(house, Integration))["one"]
    assert one.settings["secret_file"] == [str(tmp_path / "signed.txt")]
    assert one.settings["secret_env"] == ["MORE"]
    assert not {"what-only-they-know", "also-secret"} & set(re.findall(r"[\w-]+", str(await snapshot(house))))
    house.hooks["sentry"] = f"{house.url}/hooks/sentry/{KEY}"
    assert (await house.send({}, "sentry"))[0] == 401


async def test_keys_may_change_places_and_move_to_another_slug(house: House, apply):
    await apply(SENDERS, {"KEY_ONE": KEY, "KEY_TWO": OTHER_KEY})
    await apply(SENDERS, {"KEY_ONE": OTHER_KEY, "KEY_TWO": KEY})
    found = await active(house, Integration)
    assert (found["one"].digest, found["two"].digest) == (digest(OTHER_KEY), digest(KEY))
    await apply(SENDERS.replace("one:", "uno:"), {"KEY_ONE": OTHER_KEY, "KEY_TWO": KEY})
    found = await active(house, Integration)
    assert set(found) == {"uno", "two"}
    assert found["uno"].digest == digest(OTHER_KEY)


async def test_without_a_key_the_command_makes_one_that_the_next_start_keeps(house: House, apply):
    text = SENDERS.replace(", key_env: KEY_ONE", "")
    await apply(text, {"KEY_TWO": KEY})
    _, key = await house.parts.work.run(lambda unit: renew_key(unit, "one"))
    assert await apply(text, {"KEY_TWO": KEY}) == 0
    assert (await active(house, Integration))["one"].digest == digest(key)


async def test_a_key_from_the_environment_is_not_renewed_by_the_command(house: House, apply):
    await apply(SENDERS, {"KEY_ONE": KEY, "KEY_TWO": OTHER_KEY})
    with pytest.raises(Refused) as refused:
        await house.parts.work.run(lambda unit: renew_key(unit, "one"))
    assert refused.value.data["source"] == "KEY_ONE"


# The first sign-in


async def test_the_owner_of_the_file_gets_a_link_and_no_test_sender(house: House, apply):
    await apply(SMALL)
    welcome = await house.parts.work.run(greet)
    assert welcome is not None
    assert (welcome.source, welcome.key) == ("", "")
    assert await active(house, Integration) == {}


async def test_nobody_is_greeted_once_an_owner_has_signed_in(house: House, apply):
    await apply(SMALL.replace("teams:", "  sam: {name: Sam, role: owner}\nteams:"))

    async def sign_in(unit: Any) -> None:
        kate = (await unit.session.scalars(select(User).where(User.handle == "kate"))).one()
        kate.welcomed = True

    await house.parts.work.run(sign_in)
    assert await house.parts.work.run(greet) is None


async def test_people_whom_teams_of_the_room_have_stay_in_them(house: House, apply):
    await apply(SMALL)

    async def make(unit: Any) -> None:
        guild = Team(slug="guild", name="Guild")
        unit.session.add(guild)
        await unit.session.flush()
        kate = (await unit.session.scalars(select(User).where(User.handle == "kate"))).one()
        await join_team(unit, guild, kate)

    await house.parts.work.run(make)
    assert await apply(SMALL) == 0
    guild = (await active(house, Team))["guild"]
    assert len(await house.rows(Member, Member.team_id == guild.id)) == 1


async def test_a_heartbeat_of_the_file_pings_with_its_key_and_is_silent_without_its_line(house: House, apply):
    beat = "heartbeats:\n  backup: {name: Backup, every: 30s, team: ops, priority: P1, key_env: BACKUP}\n"
    await apply(SMALL + beat, {"BACKUP": KEY})
    assert await apply(SMALL + beat, {"BACKUP": KEY}) == 0
    await house.parts.work.run(begin_to_listen)
    async with house.http.get(f"{house.url}/heartbeats/{KEY}") as response:
        assert response.status == 200
    await house.at("00:36")
    (alert,) = await house.rows(Alert)
    assert (alert.alias, alert.priority, alert.status) == ("heartbeat:backup", "P1", "open")
    await apply(SMALL)
    await house.parts.work.run(begin_to_listen)
    await house.at("01:30")
    (alert,) = await house.rows(Alert)
    assert alert.status == "closed"
    assert not (await house.rows(Heartbeat))[0].active


async def test_a_heartbeat_that_is_too_fast_is_a_fault(apply):
    with pytest.raises(ConfigWrong, match="at most every `30s`"):
        await apply(SMALL + "heartbeats:\n  backup: {name: Backup, every: 5s}\n")


WORLD = SMALL + "services:\n  web: {name: Web, team: ops}\n"
UPGRADE = "maintenance:\n  upgrade: {name: Upgrade, starts: 2026-11-23T04:00, length: 1h, services: [web]}\n"
NIGHTLY = UPGRADE.replace("services:", "repeat: daily, until: 2026-11-30, services:")
SLOW = {"title": "Web is slow", "alias": "slow", "priority": "P5", "service": "web"}


@pytest.fixture
def start(house: House, apply):
    """As at a start of Tocsin, where what the file says takes effect."""

    async def run(text: str) -> int:
        count = await apply(text)
        await house.parts.work.run(follow_file)
        await house.settle()
        return int(count)

    return run


async def held(house: House) -> list[str]:
    return [row.held_by for row in await house.rows(Alert)]


async def windows(house: House) -> list[tuple[str, str]]:
    rows = [row for row in await house.rows(Silence) if row.ends_at > row.starts_at]
    return [(f"{row.starts_at:%d %H:%M}", f"{row.ends_at:%d %H:%M}") for row in rows]


async def test_maintenance_of_the_file_begins_and_ends_by_itself(house: House, start):
    await start(WORLD + NIGHTLY)
    assert await start(WORLD + NIGHTLY) == 0
    await house.at("1:10:00")
    await house.send(SLOW)
    assert await held(house) == ["maintenance:1"]
    assert await start(WORLD + NIGHTLY) == 0
    assert "Maintenance 1 service=web, until" in await house.ask("/tocsin silences")
    assert await windows(house) == [("23 04:00", "23 05:00")]
    await house.at("2:00:01")
    assert await held(house) == [""]
    await house.at("200:00:00")
    assert len(await windows(house)) == 8
    assert (await house.rows(Maintenance))[0].ended_at is not None
    assert await start(WORLD + NIGHTLY) == 0
    assert len(await windows(house)) == 8
    assert ("maintenance.created", "Upgrade") in await audited(house)


async def test_what_the_file_changes_about_maintenance_that_is_on_counts_at_once(house: House, start):
    await start(WORLD + UPGRADE)
    await house.at("1:10:00")
    await house.send(SLOW)
    assert await start(WORLD + UPGRADE.replace("1h", "2h")) == 1
    assert await windows(house) == [("23 04:00", "23 06:00")]
    await start(WORLD + UPGRADE.replace("length: 1h, services: [web]", "length: 2h, teams: [ops]"))
    assert await held(house) == ["maintenance:1"]
    await start(WORLD)
    assert await held(house) == [""]
    assert (await house.rows(Maintenance))[0].active is False
    assert ("maintenance.removed", "Upgrade") in await audited(house)
    await start(WORLD + UPGRADE.replace("1h", "3h"))
    await house.at("2:30:00")
    assert (await windows(house))[-1] == ("23 04:00", "23 07:00")
    await house.send({**SLOW, "alias": "slower"})
    assert await held(house) == ["", "maintenance:1"]


async def test_one_that_the_file_puts_off_ends_and_begins_again(house: House, start):
    await start(WORLD + UPGRADE)
    await house.at("1:10:00")
    await house.send(SLOW)
    await start(WORLD + UPGRADE.replace("04:00", "06:00"))
    assert await held(house) == [""]
    await house.at("3:10:00")
    await house.send({**SLOW, "alias": "slower"})
    assert await held(house) == ["", "maintenance:1"]


async def test_people_end_a_window_of_the_file_and_nothing_else_of_it(house: House, start):
    await start(WORLD + NIGHTLY)
    for line in ("/tocsin end-maintenance 1 whole:yes", "/tocsin end-maintenance 1"):
        assert ("configuration file" in await house.ask(line)) is line.endswith("yes")
    await house.at("1:10:00")
    await house.send(SLOW)
    assert "it comes again" in await house.ask("/tocsin end-maintenance 1")
    assert await held(house) == [""]
    await start(WORLD + NIGHTLY)
    await start(WORLD + NIGHTLY.replace("Upgrade", "Nightly"))
    assert await held(house) == [""]
    assert await windows(house) == [("23 04:00", "23 04:10"), ("24 04:00", "24 05:00")]


async def test_one_that_was_over_before_the_file_was_read_never_begins(house: House, start):
    text = WORLD + UPGRADE.replace("04:00", "01:00")
    assert await start(text) > 0
    assert (await windows(house), (await house.rows(Maintenance))[0].ended_at) == ([], START)
    assert await start(text) == 0
    await house.send(SLOW)
    assert await held(house) == [""]


async def test_rules_of_a_mailbox_in_the_file_read_its_mail(house: House, apply):
    rules = "{alias: 'subject:^\\S+ (\\w+)', priority: 'body:Severity: (\\w+)', resolved: 'subject:(?i)back to normal'}"
    mailbox = f"{{name: Monitor, source: email, team: ops, key_env: MAIL, mapping: {rules}}}"
    await apply(SMALL + f"integrations:\n  monitor: {mailbox}\n", {"MAIL": KEY})
    for subject in ("FAIL db1 is down", "INFO db1 is back to normal"):
        mail = f"From: m@example.org\r\nSubject: {subject}\r\n\r\nSeverity: critical\r\n"
        async with house.http.post(f"{house.url}/hooks/email/{KEY}", data=mail.encode()) as response:
            assert response.status == 202, await response.text()
        await house.settle()
    (alert,) = await house.rows(Alert)
    assert (alert.alias, alert.priority, alert.status) == ("db1", "P1", "closed")


async def test_a_rotation_stays_the_same_one_with_its_overrides_as_long_as_it_is_there(house: House, apply):
    nights = "{name: Nights, starts: 2026-11-02T09:00, participants: [team:ops, nobody], "
    nights += "hours: [{from: '18:00', until: '09:00'}]}"
    days = "{name: Days, starts: 2026-11-02T09:00, participants: [kate]}"

    def write(*rotations: str) -> str:
        return re.sub(
            r"^schedules:\n.*\n",
            f"schedules:\n  ops: {{name: Ops, combine: layers, rotations: [{', '.join(rotations)}]}}\n",
            SMALL,
            flags=re.MULTILINE,
        )

    await apply(write(nights, days))
    kate, ops = (await active(house, User))["kate"], (await active(house, Schedule))["ops"]
    team = (await active(house, Team))["ops"]
    first, second = await house.rows(Rotation, Rotation.schedule_id == ops.id)
    assert (first.participants, first.hours) == (
        [{"team": team.id}, None],
        [{"days": [], "from": "18:00", "until": "09:00"}],
    )
    assert ops.combine is Combine.LAYERS

    async def override(unit: Any) -> None:
        for rotation in (first, second):
            unit.session.add(
                Override(
                    schedule_id=ops.id,
                    rotation_id=rotation.id,
                    user_id=kate.id,
                    starts_at=START,
                    ends_at=START.replace(hour=9),
                    created_at=START,
                )
            )

    await house.parts.work.run(override)
    await apply(write(days.replace("T09", "T10"), nights.replace("Nights", "Evenings")))
    rows = {row.id: row for row in await house.rows(Rotation, Rotation.schedule_id == ops.id)}
    assert (rows[second.id].starts, rows[second.id].position) == ("2026-11-02T10:00", 0)
    assert (rows[first.id].name, rows[first.id].position) == ("Evenings", 1)
    assert len(await house.rows(Override)) == 2
    await apply(write(days))
    assert [row.rotation_id for row in await house.rows(Override)] == [second.id]
    assert await apply(write(days)) == 0


PAGED = SMALL.replace(
    "role: owner}",
    """role: owner, contacts: [{kind: email, address: k@home.example.org, label: home}],
    rules: [{priorities: [P1], hours: [{days: [sat], from: "20:00"}], steps: [{by: email}, {after: 5m, by: [home]}]}],
    quiet_hours: {hours: [{from: "22:00", until: "07:00"}]}}""",
)


async def test_how_people_are_paged_is_applied_counts_as_verified_and_goes_with_the_file(house: House, apply):
    assert await apply(PAGED) > 0
    kate = (await active(house, User))["kate"]
    window = {"days": ["sat"], "from": "20:00", "until": "00:00"}
    steps = [{"after": 0, "by": ["email"]}, {"after": 300, "by": ["home"]}]
    night = {"days": [], "from": "22:00", "until": "07:00"}
    assert kate.paging == {
        "rules": [{"priorities": ["P1"], "windows": [window], "steps": steps}],
        "quiet": {"windows": [night], "p1": False},
        "origin": "file",
    }
    (contact,) = await house.rows(ContactMethod)
    assert (contact.label, contact.active, contact.origin) == ("home", True, "file")
    assert contact.verified_at is not None
    assert await apply(PAGED) == 0
    assert await apply(SMALL) == 1
    assert (await active(house, User))["kate"].paging == {}
    assert [row.active for row in await house.rows(ContactMethod)] == [False]
    assert await apply(PAGED) == 1
    assert [row.active for row in await house.rows(ContactMethod)] == [True]


async def test_what_people_set_themselves_stays_when_the_file_says_nothing_of_it(house: House, apply):
    await apply(SMALL)
    wishes = {"rules": [{"priorities": [], "windows": [], "steps": [{"after": 0, "by": ["email"]}]}]}

    async def wish(unit):
        kate = await unit.session.get_one(User, (await active(house, User))["kate"].id)
        await change_paging(unit, kate, wishes)
        unit.session.add(
            ContactMethod(
                user_id=kate.id, kind="email", address="k@other.org", label="mine", created_at=unit.now
            )
        )

    house.parts.work.installation = replace(house.parts.work.installation, methods=("room", "email"))
    await house.parts.work.run(wish)
    assert await apply(SMALL) == 0
    assert (await active(house, User))["kate"].paging == wishes
    await apply(PAGED)
    assert {row.label: row.active for row in await house.rows(ContactMethod)} == {"mine": True, "home": True}
    with pytest.raises(Refused):
        await house.parts.work.run(wish)
