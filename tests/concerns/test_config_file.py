"""What a configuration file may say, and how its faults are told: each with its line, all at once."""

import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.access.people import make_handle
from bot.catalog.faults import ConfigWrong
from bot.catalog.file import read_config, read_example
from bot.catalog.kinds import Recipient, is_handle, read_duration
from bot.catalog.senders import FIELDS, list_source_names
from handlers.webhooks.generic import NAMES
from handlers.webhooks.receive import list_sources
from storage.words import RotationKind, StepCondition, UserRole

WORLD = """\
users:
  kate: {name: Kate, email: kate@example.org, role: owner}
  sam: {name: Sam}
teams:
  payments: {name: Payments, members: [kate, sam], policy: primary}
services:
  checkout: {name: Checkout, team: payments}
schedules:
  primary: {name: Primary, rotations: [{starts: 2026-11-02T09:00, participants: [kate, nobody]}]}
policies:
  primary: {name: Primary, steps: [{page: [schedule:primary]}]}
"""
ROTATIONS = "[{starts: 2026-11-02T09:00, participants: [kate, nobody]}]"
TURNS = "schedules.primary.rotations[0]"
USERS_ONLY = "users:\n  kate: {name: Kate, role: owner}\n"
GOOD_KEY = "0123456789abcdef0123456789abcdef01234567"


def of_turns(participants: str) -> str:
    """The world with other participants, and what follows them."""
    return WORLD.replace("[kate, nobody]", participants)


def read(folder: Path, text: str | bytes, environment: dict[str, str] | None = None):
    path = folder / "tocsin.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_config(path, environment or {})


def faults_of(
    folder: Path, text: str | bytes, environment: dict[str, str] | None = None
) -> list[tuple[int, str, str]]:
    with pytest.raises(ConfigWrong) as wrong:
        read(folder, text, environment)
    return [(fault.line, fault.where, fault.reason) for fault in wrong.value.faults]


def test_the_example_has_no_faults_and_needs_no_environment(tmp_path: Path):
    config = read(tmp_path, read_example())
    assert config.summary() == (
        "3 people, 1 team, 2 services, 1 schedule, 1 policy, 3 integrations, 1 heartbeat, "
        "1 maintenance, 1 action, 2 alert policies, 1 routing rule, 2 incident rules"
    )


def test_a_file_becomes_typed_values(tmp_path: Path):
    config = read(
        tmp_path,
        WORLD
        + """\
  late:
    name: Late
    repeat: 2
    repeat_after: 1h30m
    steps:
      - page: [{user: kate}]
      - {after: 90s, when: not_closed, page: [team:payments, "schedule: primary"]}
integrations:
  prometheus: {name: Prometheus, source: alertmanager, key_env: TOCSIN_KEY_PROM}
incident_rules:
  urgent:
    name: 911
    conditions:
      - {field: labels.region, operation: one_of, value: [no, eu], not: yes}
""",
        {"TOCSIN_KEY_PROM": GOOD_KEY},
    )
    assert config.users["kate"].role is UserRole.OWNER
    assert (config.users["sam"].email, config.users["sam"].zone) == (None, None)
    rotation = config.schedules["primary"].rotations[0]
    assert (rotation.kind, rotation.starts, rotation.participants) == (
        RotationKind.WEEKLY,
        "2026-11-02T09:00",
        [Recipient("user", "kate"), None],
    )
    late = config.policies["late"]
    assert (late.repeat_after, [step.after for step in late.steps]) == (5400, [0, 90])
    assert late.steps[1].when is StepCondition.NOT_CLOSED
    assert [(to.kind, to.name) for to in late.steps[1].page] == [
        ("team", "payments"),
        ("schedule", "primary"),
    ]
    secret = config.integrations["prometheus"].secret
    assert secret is not None
    assert secret.source == "TOCSIN_KEY_PROM"
    assert GOOD_KEY not in repr(config)
    rule = config.incident_rules["urgent"]
    assert (rule.name, rule.group_by, rule.title) == ("911", ["service"], "{{ title }}")
    assert (rule.conditions[0].value, rule.conditions[0].negate) == ("no, eu", True)
    assert config.summary().startswith("2 people (1 without e-mail), 1 team, ")


FAULTS = {
    # the file as YAML
    "yaml": ("users:\n  kate: {name: [Kate\nteams: x", 3, "file", "this is not YAML"),
    "tab": ("users:\n\tkate: {name: Kate}", 2, "file", "indent with spaces"),
    "two documents": (USERS_ONLY + "---\nusers: {}", 3, "file", "expected a single document"),
    "not utf-8": (b"users:\n  kate: {name: \xff}", 2, "file", "save it as UTF-8"),
    "control character": ("users:\n  kate: {name: \x07}", 2, "file", "U+0007"),
    "empty": ("# nothing\n", 1, "file", "`tocsin config example`"),
    "a list": ("- users\n", 1, "file", "must consist of keys"),
    "too large": ("#" * 1_100_000, 1, "file", "1 MiB"),
    "too deep": ("users: " + "[" * 40 + "]" * 40, 1, "users[0][0]", "too deep"),
    "far too deep": ("[" * 2000, 1, "file", "not YAML"),
    "anchor in itself": ("users: &a\n  kate: *a", 2, "users.kate.kate", "too deep"),
    "tag": (USERS_ONLY + "  sam: {name: !env SAM}", 3, "users.sam.name", "`!env` have no meaning"),
    "merge": (USERS_ONLY + "  sam: {<<: {name: Sam}, name: Sam}", 3, "users.sam", "must be plain text"),
    "duplicate key": (USERS_ONLY + "  kate: {name: K}", 3, "users.kate", "the first is on line 2"),
    # its keys
    "unknown section": (WORLD + "service: {}", 12, "service", "did you mean `services`?"),
    "unknown key": (USERS_ONLY + "  sam:\n    name: Sam\n    emial: x", 5, "users.sam.emial", "did you mean `email`?"),
    "missing": (USERS_ONLY + "  sam: {role: responder}", 3, "users.sam.name", "for example `name: Kate Moreau`"),
    "left empty": (USERS_ONLY + "  sam:\n    role: owner\n    name:", 5, "users.sam.name", "`name` is missing"),
    "entry is no map": (USERS_ONLY + "  sam: Sam", 3, "users.sam", "must be keys with values"),
    "section is no map": (USERS_ONLY + "teams: [payments]", 3, "teams", "must be keys with values"),
    "slug": (USERS_ONLY + "  Sam: {name: Sam}", 3, "users.Sam", "small letters"),
    # its values
    "text": (USERS_ONLY + "  sam: {name: [a]}", 3, "users.sam.name", "must be text, and is a list"),
    "long": (USERS_ONLY + f"  sam: {{name: {'x' * 121}}}", 3, "users.sam.name", "at most 120"),
    "blank": (USERS_ONLY + '  sam: {name: "  "}', 3, "users.sam.name", "must not be empty"),
    "lines": (USERS_ONLY + '  sam: {name: "a\\nb"}', 3, "users.sam.name", "on one line"),
    "nul": (USERS_ONLY + '  sam: {name: "a\\0b"}', 3, "users.sam.name", "can't be shown"),
    "e-mail": (USERS_ONLY + "  sam: {name: S, email: nowhere}", 3, "users.sam.email", "kate@example.org"),
    "zone": (USERS_ONLY + "  sam: {name: S, zone: Europe/Pariss}", 3, "users.sam.zone", "`Europe/Paris`?"),
    "range of days": (
        USERS_ONLY + "  sam: {name: S, quiet_hours: {hours: [{days: [mon-wed]}]}}",
        3,
        "users.sam.quiet_hours.hours[0].days[0]",
        "write each of them: `mon, tue, wed`",
    ),
    "role": (USERS_ONLY + "  sam: {name: S, role: ownr}", 3, "users.sam.role", "did you mean `owner`?"),
    "number": (WORLD.replace("team: pay", "tier: high, team: pay"), 7, "services.checkout.tier", "whole number"),
    "range": (WORLD.replace("team: pay", "tier: 6, team: pay"), 7, "services.checkout.tier", "5 or less"),
    "url": (WORLD.replace("team: pay", "runbook: wiki, team: pay"), 7, "services.checkout.runbook", "https://"),
    "unit": (WORLD.replace("{page", "{after: 5, page"), 11, "policies.primary.steps[0].after", "write `5s`"),
    "duration": (WORLD.replace("{page", "{after: soon, page"), 11, "policies.primary.steps[0].after", "`90s`"),
    "too long": (WORLD.replace("{page", "{after: 31d, page"), 11, "policies.primary.steps[0].after", "30 days"),
    "when": (WORLD.replace("{page", "{when: x, page"), 11, "policies.primary.steps[0].when", "not_closed"),
    "date": (WORLD.replace("11-02", "02-30"), 9, "schedules.primary.rotations[0].starts", "no such day"),
    "start": (WORLD.replace("T09:00", ""), 9, "schedules.primary.rotations[0].starts", "like `2026-11-02T09:00`"),
    "year": (WORLD.replace("2026", "0026"), 9, "schedules.primary.rotations[0].starts", "2000 to 2100"),
    # what names something else
    "member": (WORLD.replace("[kate, sam]", "[kat]"), 5, "teams.payments.members[0]", "did you mean `kate`?"),
    "member twice": (WORLD.replace("[kate, sam]", "[sam, sam]"), 5, "teams.payments.members[1]", "second time"),
    "policy": (WORLD.replace("policy: p", "policy: q"), 5, "teams.payments.policy", "did you mean `primary`?"),
    "team": (WORLD.replace("team: pay", "team: pey"), 7, "services.checkout.team", "did you mean `payments`?"),
    "needs": (WORLD.replace("team: pay", "needs: [db], team: pay"), 7, "services.checkout.needs[0]", "no service `db`"),
    "needs itself": (
        WORLD.replace("team: pay", "needs: [checkout], team: pay"), 7, "services.checkout.needs[0]", "can't need itself"
    ),
    "participant": (
        WORLD.replace("[kate, nobody]", "[kate, jo]"), 9, "schedules.primary.rotations[0].participants[1]", "`jo`"
    ),
    "team in turn": (of_turns("[kate, team:paymnts]"), 9, f"{TURNS}.participants[1]", "`payments`?"),
    "schedule in turn": (of_turns("[schedule:primary]"), 9, f"{TURNS}.participants[0]", "`team:payments`"),
    "empty team in turn": (
        of_turns("[team:payments, nobody]").replace("members: [kate, sam], ", ""),
        9, f"{TURNS}.participants", "team `payments` has no members",
    ),
    "ends too soon": (of_turns("[kate], ends: 2026-11-02T09:00"), 9, f"{TURNS}.ends", "before it starts"),
    "hours": (of_turns("[kate], hours: [{from: 25:00}]"), 9, f"{TURNS}.hours[0].from", "time of day"),
    "end day": (
        of_turns("[kate], hours: [{until_day: mon}]"), 9, f"{TURNS}.hours[0].until_day", "one day in `days`"
    ),
    "combine": (
        WORLD.replace("{name: Primary, ", "{name: Primary, combine: layer, ", 1), 9, "schedules.primary.combine", "`layers`?"
    ),
    "no rotations": (WORLD.replace(ROTATIONS, "[]"), 9, "schedules.primary.rotations", "must not be empty"),
    "no participants": (
        WORLD.replace("[kate, nobody]", "[]"), 9, "schedules.primary.rotations[0].participants", "must not be empty"
    ),
    "only gaps": (
        WORLD.replace("[kate, nobody]", "[nobody, ~]"), 9, "schedules.primary.rotations[0].participants", "nobody takes part"
    ),
    "no steps": (WORLD.replace("[{page: [schedule:primary]}]", "[]"), 11, "policies.primary.steps", "must not be empty"),
    "no recipients": (WORLD.replace("[schedule:primary]", "[]"), 11, "policies.primary.steps[0].page", "must not be empty"),
    "recipient": (
        WORLD.replace("schedule:primary", "schedule:primry"), 11, "policies.primary.steps[0].page[0]", "`primary`?"
    ),
    "kind of recipient": (
        WORLD.replace("schedule:primary", "group:primary"), 11, "policies.primary.steps[0].page[0]", "`user:`, `team:`"
    ),
    "steps out of order": (
        WORLD.replace("[schedule:primary]}", "[user:kate], after: 5m}, {page: [user:sam]}"),
        11, "policies.primary.steps[1].after", "in order of their time",
    ),
    "reset without repeat": (
        WORLD.replace("{name: Primary, steps", "{name: Primary, reset_on_repeat: true, steps"),
        11, "policies.primary.reset_on_repeat", "repeat: 2"
    ),
    "acknowledgement of a moment": (
        WORLD.replace("{name: Primary, steps", "{name: Primary, ack_timeout: 10s, steps"),
        11, "policies.primary.ack_timeout", "at least `5m`",
    ),
    "empty team": (
        WORLD.replace("members: [kate, sam], ", "").replace("schedule:primary", "team:payments"),
        11, "policies.primary.steps[0].page", "nobody would be paged",
    ),
    "team without policy": (WORLD.replace(", policy: primary", ""), 7, "services.checkout.team", "has no `policy`"),
    "no owner": (WORLD.replace(", role: owner", ""), 1, "users", "`role: owner`"),
    "e-mail twice": (
        USERS_ONLY + "  ann: {name: A, email: a@b.org}\n  bob: {name: B, email: A@b.org}", 4, "users.bob.email", "`ann`"
    ),
    "nobody": (USERS_ONLY + "  nobody: {name: N}", 3, "users.nobody", "gap"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "line", "where", "reason"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_told_with_its_line_and_place(
    tmp_path: Path, text: str | bytes, line: int, where: str, reason: str
):
    found = faults_of(tmp_path, text)
    assert any(
        (told_line, reason in told) == (line, True) and told_where.startswith(where)
        for told_line, told_where, told in found
    ), found


@pytest.mark.parametrize(
    ("entry", "key", "reason"),
    [
        ("source: alertmanger", "source", "did you mean `alertmanager`?"),
        ("source: generic, key_env: NOT_THERE", "key_env", "the environment variable NOT_THERE is not set"),
        ("source: generic, key_env: 0123-abc", "key_env", "not the key itself"),
        ("source: generic, key_env: WEAK", "key_env", "20 or more"),
        ("source: generic, key_env: TWIN", "key_env", "the same key as that of `first`"),
        ("source: generic, key: s3cret", "key", "a secret is never in this file"),
        ("source: generic, key_file: absent.txt", "key_file", "No such file"),
        ("source: generic, key_env: GOOD, key_file: key.txt", "key_file", "remove one of them"),
        (
            "source: github, secret_env: NOT_THERE",
            "secret_env[0]",
            "the environment variable NOT_THERE is not set",
        ),
        (
            "source: github, secret_env: [GOOD, s3-cret]",
            "secret_env[1]",
            "the name of an environment variable",
        ),
        ("source: github, secret_file: absent.txt", "secret_file[0]", "No such file"),
        ("source: generic, secret_env: GOOD", "secret_env", "do not sign"),
        ("source: sns, topics: [alarms]", "topics[0]", "must be the ARN of a topic"),
        ("source: sns, certificate_file: absent.pem", "certificate_file", "No such file"),
        ("source: generic, endpoint: 'https://sns.example.org'", "endpoint", "only the source `sns`"),
        ("source: alertmanager, mapping: {title: a}", "mapping", "only the sources `generic` and `email`"),
        ("source: generic, mapping: {titel: a}", "mapping.titel", "did you mean `title`?"),
        ("source: generic, mapping: {title: 'a['}", "mapping.title", "it ends too early"),
        ("source: generic, mapping: {title: 'nope(a)'}", "mapping.title", "nope"),
        ("source: generic, mapping: {resolved: a}", "mapping.resolved", "there is no field `resolved`"),
        ("source: email, mapping: {list: 'body:x'}", "mapping.list", "there is no field `list`"),
        ("source: email, mapping: {resolvd: 'body:x'}", "mapping.resolvd", "did you mean `resolved`?"),
        ("source: email, mapping: {title: check.name}", "mapping.title", "a part of the mail"),
        ("source: email, mapping: {title: 'header:x'}", "mapping.title", "subject, body, from or to"),
        ("source: email, mapping: {title: 'subject:'}", "mapping.title", "like `subject:"),
        (
            "source: email, mapping: {title: 'subject:(a'}",
            "mapping.title",
            "is not a regular expression: missing )",
        ),
        ("source: email, mapping: {title: 'subject:a(?=b)'}", "mapping.title", "is not a regular expression"),
    ],
)
def test_a_fault_of_an_integration(tmp_path: Path, entry: str, key: str, reason: str):
    (tmp_path / "key.txt").write_text(GOOD_KEY[::-1] + "\n")
    keys = {"GOOD": GOOD_KEY[:30], "WEAK": "hunter2", "TWIN": GOOD_KEY}
    text = (
        USERS_ONLY + "integrations:\n  first: {name: F, source: generic, key_env: TWIN}\n"
        f"  second: {{name: S, {entry}}}"
    )
    [(line, where, told)] = faults_of(tmp_path, text, keys)
    assert (line, where) == (5, f"integrations.second.{key}")
    assert reason in told


def test_a_key_may_stand_in_a_file_beside_the_configuration(tmp_path: Path):
    (tmp_path / "key.txt").write_text(GOOD_KEY + "\n")
    text = USERS_ONLY + "integrations:\n  x: {name: X, source: generic, key_file: key.txt}"
    assert read(tmp_path, text).integrations["x"].secret is not None


@pytest.mark.parametrize(
    ("section", "entry", "key", "reason"),
    [
        ("alert_policies", "{field: severity, operation: equals, value: info}", "conditions[0].field",
         "a label is written `labels.severity`"),
        ("alert_policies", "{field: label.env, operation: equals, value: x}", "conditions[0].field",
         "there is no field `label.env`; a label is written `labels.env`"),
        ("alert_policies", "{field: titel, operation: equals, value: x}", "conditions[0].field", "did you mean `title`?"),
        ("alert_policies", "{field: title, operation: matches, value: '^(?!test)'}", "conditions[0].value",
         "RE2 looks neither ahead nor behind"),
        ("alert_policies", "{field: labels.count, operation: greater_than, value: many}", "conditions[0].value",
         "`greater_than` compares numbers"),
        ("actions", "title: '{{ title | uper }}'", "title", "there is no filter `uper`; did you mean `upper`?"),
        ("actions", "title: '{{ Region.upcase() }}'", "title", "there is no method `upcase`; did you mean"),
        ("actions", "priority: high", "priority", "a priority is P1, P2, P3, P4 or P5"),
        ("incident_rules", "within: 5m", "within", "so say how many, `alerts: 20`"),
    ],
)  # fmt: skip
def test_a_fault_of_a_rule_says_what_to_write(
    tmp_path: Path, section: str, entry: str, key: str, reason: str
):
    entry = f"conditions: [{entry}]" if entry.startswith("{") else entry
    of = "integration: x, " if section == "actions" else ""
    text = USERS_ONLY + "integrations:\n  x: {name: X, source: generic}\n"
    [(line, where, told)] = faults_of(tmp_path, f"{text}{section}:\n  one: {{name: One, {of}{entry}}}")
    assert (line, where) == (6, f"{section}.one.{key}")
    assert reason in told


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("title: {{ title }} on {{ labels.host }}", 'write `title: "{{ title }} on {{ labels.host }}"`'),
        ("title: a: b", 'needs quotation marks; write `title: "a: b"`'),
        ("title: [staging] {{ title }}", 'write `title: "[staging] {{ title }}"`'),
        ("title: {{ title }}", "a text that begins with `{{` needs quotation marks"),
        ("conditions: [{field: title, operation: equals, value: a: b}]", "this is not YAML"),
        ("title: 'a' b: c", "this is not YAML"),
    ],
)
def test_a_text_that_needs_quotation_marks_is_told_so(tmp_path: Path, entry: str, reason: str):
    text = USERS_ONLY + "integrations:\n  x: {name: X, source: generic}\nactions:\n  one:\n    "
    (line, _, told), *_ = faults_of(tmp_path, f"{text}{entry}\n    name: One\n    integration: x\n")
    assert line == 7
    assert reason in told


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ("'='", "write `equals`"),
        ("not_equals", "write `equals`, and `not: yes` beside it"),
        ("'!='", "write `equals`, and `not: yes` beside it"),
        ("does not contain", "write `contains`, and `not: yes` beside it"),
        ("regex", "write `matches`"),
        ("in", "write `one_of`"),
        ("'>='", "write `at_least`"),
        ("equal", "did you mean `equals`?"),
    ],
)
def test_operations_are_found_by_the_names_of_others(tmp_path: Path, operation: str, reason: str):
    condition = f"{{field: title, operation: {operation}, value: a}}"
    text = f"{USERS_ONLY}alert_policies:\n  one: {{name: One, conditions: [{condition}]}}"
    [(_, where, told)] = faults_of(tmp_path, text)
    assert where == "alert_policies.one.conditions[0].operation"
    assert reason in told


@pytest.mark.parametrize(
    "entry",
    [
        "title: '{{ Region.toUpperCase() }}: {{ payload.a.b.extract(/(x|y)/) | default(\"\") | upper }}'",
        "priority: p2",
        "priority: '{{ labels.prio }}'",
        "conditions: [{field: labels.at, operation: at_least, value: 2026-01-01}]",
    ],
)
def test_a_rule_without_a_fault(tmp_path: Path, entry: str):
    text = USERS_ONLY + "integrations:\n  x: {name: X, source: generic}\n"
    assert read(tmp_path, f"{text}actions:\n  one: {{name: One, integration: x, {entry}}}").actions


ONCE = "starts: 2026-12-06T02:00, length: 2h"
WEEKLY = f"{ONCE}, everything: yes, repeat: weekly"


@pytest.mark.parametrize(
    ("entry", "key", "reason"),
    [
        (ONCE, "", "it is for nothing"),
        (f"{ONCE}, everything: yes, services: [web]", "everything", "remove one of them"),
        (f"{ONCE}, services: [wep]", "services[0]", "did you mean `web`?"),
        (f"{ONCE}, services: [web, web]", "services[1]", "a second time"),
        ("length: 2h, everything: yes", "starts", "`starts` is missing"),
        ("starts: 2026-12-06T02:00, everything: yes", "length", "`length` is missing"),
        ("starts: 2026-12-06, length: 2h, everything: yes", "starts", "a date and a time of day"),
        (f"{ONCE.replace('2h', '30s')}, everything: yes", "length", "`1m` or more"),
        (f"{ONCE.replace('2h', '31d')}, everything: yes", "length", "30 days or less"),
        (f"{ONCE}, everything: yes, zone: Paris", "zone", "no time zone"),
        (f"{ONCE}, everything: yes, repeat: often, until: 2027-01-01", "repeat", "daily, weekly, monthly"),
        (f"{ONCE}, everything: yes, repeat: FREQ=HOURLY, until: 2027-01-01", "repeat", "an RRULE"),
        (WEEKLY, "repeat", "needs its last day"),
        (f"{ONCE}, everything: yes, until: 2027-01-01", "until", "it comes once"),
        (f"{WEEKLY}, until: 2026-12-05", "until", "before it begins"),
        (f"{WEEKLY}, until: 2029-12-05", "until", "at most two years"),
        (f"{WEEKLY}, until: soon", "until", "must be a day"),
        (f"{WEEKLY}, until: 2027-02-30", "until", "no such day"),
        (f"{ONCE}, everything: yes, repeat: FREQ=WEEKLY;BYDAY=MO, until: 2026-12-06", "repeat", "no window begins"),
        (f"{ONCE}, everything: yes, repat: weekly", "repat", "did you mean `repeat`?"),
    ],
)  # fmt: skip
def test_a_fault_of_maintenance(tmp_path: Path, entry: str, key: str, reason: str):
    text = USERS_ONLY + f"services:\n  web: {{name: Web}}\nmaintenance:\n  work: {{name: Work, {entry}}}"
    [(line, where, told)] = faults_of(tmp_path, text)
    assert (line, where) == (6, f"maintenance.work{'.' + key if key else ''}")
    assert reason in told


@pytest.mark.parametrize(
    ("entry", "key", "reason"),
    [
        ("match: some", "match", "one of all, any"),
        ("group_by: [region]", "group_by[0]", "labels.<name>"),
        ("group_by: [servce]", "group_by[0]", "did you mean `service`?"),
        ("group_by: [labels.]", "group_by[0]", "`labels.region`"),
        ('title: "{{ tite }}"', "title", "did you mean `title`?"),
        ('title: "{{ region }}"', "title", "`labels.region`"),
        ('title: "{{ title"', "title", "is not a template"),
        ('title: "{% if x %}"', "title", "no statements"),
        ('title: "{{ title + 1 }}"', "title", "is not a template"),
        (f'title: "{{{{ {"(" * 400} }}}}"', "title", "is not a template"),
        (
            "conditions: [{field: prioritie, operation: equals, value: P1}]",
            "conditions[0].field",
            "`priority`?",
        ),
        (
            "conditions: [{field: title, operation: contain, value: x}]",
            "conditions[0].operation",
            "`contains`?",
        ),
        ("conditions: [{field: title, operation: contains}]", "conditions[0].value", "`value` is missing"),
        ("conditions: [{field: title, operation: is_empty, value: x}]", "conditions[0].value", "nothing"),
        (
            'conditions: [{field: title, operation: matches, value: "a(b"}]',
            "conditions[0].value",
            "missing )",
        ),
        ("conditions: [{field: title, operation: equals, value: [a]}]", "conditions[0].value", "`one_of`"),
        ('conditions: [{field: title, operation: one_of, value: ["a,b"]}]', "conditions[0].value", "comma"),
        ("conditions: [{field: priority, operation: at_least, value: high}]", "conditions[0].value", "P5"),
        (
            "conditions: [{field: title, operation: is_empty, not: perhaps}]",
            "conditions[0].not",
            "`yes` or `no`",
        ),
    ],
)
def test_a_fault_of_a_rule(
    tmp_path: Path, entry: str, key: str, reason: str, capfd: pytest.CaptureFixture[str]
):
    [(line, where, told)] = faults_of(tmp_path, USERS_ONLY + f"incident_rules:\n  r: {{name: R, {entry}}}")
    assert (line, where) == (4, f"incident_rules.r.{key}")
    assert reason in told
    assert capfd.readouterr().err == ""


def test_all_faults_are_told_at_once_in_the_order_of_their_lines(tmp_path: Path):
    text = (
        WORLD.replace("name: Sam", "nme: Sam, zone: Mars/Base, role: boss")
        .replace("[kate, sam]", "[kat]")
        .replace("name: Checkout", "tier: x, needs: [checkout]")
        .replace("[kate, nobody]", "[]")
        .replace("schedule:primary", "schedule:x")
    )
    assert [(line, where) for line, where, _ in faults_of(tmp_path, text)] == [
        (3, "users.sam.name"),
        (3, "users.sam.zone"),
        (3, "users.sam.role"),
        (3, "users.sam.nme"),
        (5, "teams.payments.members[0]"),
        (7, "services.checkout.name"),
        (7, "services.checkout.tier"),
        (7, "services.checkout.needs[0]"),
        (9, "schedules.primary.rotations[0].participants"),
        (11, "policies.primary.steps[0].page[0]"),
    ]


def test_what_is_told_is_file_line_place_and_reason(tmp_path: Path):
    with pytest.raises(ConfigWrong) as wrong:
        read(tmp_path, USERS_ONLY + "team: {}")
    path = tmp_path / "tocsin.yaml"
    assert str(wrong.value) == f"{path}:3: team: there is no key `team` here; did you mean `teams`?"


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path):
    with pytest.raises(ConfigWrong, match="can't be read: No such file"):
        read_config(tmp_path / "absent.yaml")


def test_words_that_yaml_takes_for_something_else_stay_words(tmp_path: Path):
    config = read(
        tmp_path, USERS_ONLY + "  no: {name: 0o17}\nteams:\n  on: {name: 2026-11-02, members: [no]}"
    )
    assert (config.users["no"].name, config.teams["on"].name, config.teams["on"].members) == (
        "0o17",
        "2026-11-02",
        ["no"],
    )


# Whatever is in the file


def check_any(folder: Path, content: bytes) -> None:
    path = folder / "any.yaml"
    path.write_bytes(content)
    told: list[bytes] = [b"nothing is wrong"]
    try:
        read_config(path, {})
    except ConfigWrong as wrong:
        told = str(wrong).encode().splitlines()
    assert told


ANY = settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
SIGNS = st.text("users:teams{}[]-,&*!|>%@`'\"?#~ \n\tkate\\x0é", max_size=80)


@ANY
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode(errors="ignore")))
@example(content=b'users: {kate: {name: "\\ud800"}}')
@example(content=b'users: {"\\ud800\\n": {name: x}}')
@example(content=b'a: "\\UFFFFFFFF"')
@example(content=b"%YAML 1." + b"9" * 5000 + b"\n---\na")
@example(content=b"users: {kate: {name: 1}, ? [a] : b}")
def test_any_bytes_are_read_or_told_as_faults(tmp_path: Path, content: bytes):
    check_any(tmp_path, content)


@ANY
@given(text=SIGNS)
def test_any_yaml_like_text_is_read_or_told_as_faults(tmp_path: Path, text: str):
    check_any(tmp_path, text.encode(errors="ignore"))


@ANY
@given(data=st.data())
def test_the_example_with_anything_in_any_place_is_read_or_told_as_faults(
    tmp_path: Path, data: st.DataObject
):
    lines = read_example().splitlines()
    place = data.draw(st.integers(0, len(lines) - 1))
    before = lines[place].partition(":")[0] + ": "
    lines[place] = data.draw(st.sampled_from(["", before, lines[place]])) + data.draw(
        st.text(max_size=30)
        | st.sampled_from(["[]", "{}", "~", "[[a]]", "{a: b}", "1e999", "-1", "99999999999999999999"])
    )
    check_any(tmp_path, "\n".join(lines).encode(errors="ignore"))


@given(text=st.text(string.ascii_letters + string.digits + "._-ß ", max_size=70))
def test_a_handle_of_the_file_is_one_that_people_can_have(text: str):
    if is_handle(text):
        assert make_handle(text) == text


@given(hours=st.integers(0, 23), minutes=st.integers(0, 59), seconds=st.integers(0, 59))
def test_a_length_of_time_is_the_sum_of_its_parts(hours: int, minutes: int, seconds: int):
    assert read_duration(f"{hours}h {minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds


# The file and the rest of the house say the same


def test_every_source_can_be_named_and_every_mapped_field_exists():
    assert list_source_names() == set(list_sources())
    assert set(FIELDS) == {"list", *NAMES}
