"""The page about the configuration file, and the commands that it names."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.alerts.fields import NAMES
from bot.alerts.filter import OPERATIONS
from bot.catalog.file import read_config, read_example
from bot.catalog.lines import read_lines
from bot.catalog.senders import FIELDS as MAPPED
from deploy.config_reference import PAGE, TABLES, fill_tables

KEY = "0123456789abcdef0123456789abcdef01234567"
OTHER_KEY = KEY[::-1]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
ENVIRONMENT["TOCSIN_DATA_DIR"] = "data"


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("tocsin")
    return subprocess.run(
        [program, *arguments], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=60
    )


OF_SOME_SENDERS = (
    "key_file", "mapping", "secret_env", "secret_file", "topics", "endpoint", "certificate_file",
)  # fmt: skip


def test_the_tables_of_the_page_are_those_of_the_types():
    page = PAGE.read_text(encoding="utf-8")
    assert fill_tables(page) == page, "run: python -m deploy.config_reference"
    assert set(re.findall(r"<!-- keys of (\w+) -->", page)) == set(TABLES)


def test_the_page_names_every_field_and_operation():
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in (*NAMES, *OPERATIONS, *MAPPED) if f"`{name}`" not in page] == []


def test_every_example_of_the_page_is_right(tmp_path: Path):
    """The examples of one table, together, are one entry of a file that has no faults."""
    entries: dict[str, Any] = {}
    for name, shape in TABLES.items():
        # Of two keys only one may be given, and some keys are for one kind of sender.
        keys = {key: field for key, field in shape.list_keys().items() if key not in OF_SOME_SENDERS}
        text = "\n".join(f"{key}: {(field.examples or [''])[0]}" for key, field in keys.items())
        written, faults = read_lines(text.encode())
        assert not faults
        entries[name] = written.values
    rules = ("conditions", "hours", "windows", "delay_until", "flap", "restart")
    paging = ("contacts", "paging_rules", "paging_steps", "quiet_hours")
    parts = {name: entries.pop(name) for name in ("rotations", "shift_windows", "steps", *rules, *paging)}
    entries["users"]["contacts"] = [parts["contacts"]]
    entries["users"]["rules"] = [parts["paging_rules"] | {"steps": [parts["paging_steps"]]}]
    entries["users"]["quiet_hours"] = parts["quiet_hours"]
    entries["schedules"]["rotations"] = [parts["rotations"] | {"hours": [parts["shift_windows"]]}]
    entries["policies"]["steps"] = [parts["steps"]]
    entries["incident_rules"]["conditions"] = [parts["conditions"]]
    entries["actions"]["hours"] = parts["hours"] | {"windows": [parts["windows"]]}
    entries["alert_policies"] |= {name: parts[name] for name in ("delay_until", "flap", "restart")}
    del entries["routing_rules"]["of_team"]  # a rule within a team chooses no other
    slugs = {"users": "kate", "schedules": "payments", "policies": "payments", "teams": "payments"}
    slugs |= {"integrations": "prometheus", "services": "checkout"}
    slugs |= {
        name: name.replace("_", "-") for name in entries if name.endswith(("rules", "policies", "actions"))
    }
    slugs["policies"] = "payments"
    content = {name: {slugs.get(name, "it"): entry} for name, entry in entries.items()}
    content["users"]["sam"] = {"name": "Sam"}
    content["services"]["database"] = {"name": "Database"}
    content["integrations"]["checks"] = {
        "name": "Checks",
        "source": "generic",
        "mapping": {"title": "check.name"},
    }
    examples = {
        key: yaml.safe_load(field.examples[0])
        for key, field in TABLES["integrations"].list_keys().items()
        if key in OF_SOME_SENDERS and field.examples
    }
    content["integrations"]["code"] = {
        "name": "Code",
        "source": "github",
        "secret_env": examples["secret_env"],
    }
    aws = {"name": "AWS", "source": "sns", "topics": examples["topics"], "endpoint": examples["endpoint"]}
    content["integrations"]["aws"] = aws
    path = tmp_path / "tocsin.yaml"
    path.write_text(yaml.safe_dump(content))
    environment = {"TOCSIN_KEY_PROMETHEUS": KEY, "GITHUB_WEBHOOK_SECRET": "s", "TOCSIN_KEY_BACKUP": OTHER_KEY}
    assert read_config(path, environment).summary().startswith("2 people")


def test_the_printed_example_passes_the_check(tmp_path: Path):
    printed = run("config", "example", folder=tmp_path)
    assert (printed.returncode, printed.stdout) == (0, read_example())
    (tmp_path / "tocsin.yaml").write_text(printed.stdout)
    checked = run("config", "check", "tocsin.yaml", folder=tmp_path)
    assert checked.stdout.startswith("tocsin.yaml: no faults (3 people, ")
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_check_tells_every_fault_and_fails(tmp_path: Path):
    text = (
        read_example()
        .replace("members: [kate, sam]", "members: [kate, sma]")
        .replace("- after: 5m", "- after: 5")
    )
    (tmp_path / "tocsin.yaml").write_text(text)
    checked = run("config", "check", "tocsin.yaml", folder=tmp_path)
    assert checked.returncode == 1
    told = [line.split(":") for line in checked.stderr.splitlines()]
    lines = [
        number
        for number, line in enumerate(text.splitlines(), 1)
        if "sma]" in line or line.endswith("after: 5")
    ]
    assert [int(line) for _, line, *_ in told] == lines
    assert "did you mean `sam`?" in checked.stderr


def test_a_file_with_a_fault_keeps_the_server_from_starting(tmp_path: Path):
    (tmp_path / "tocsin.yaml").write_text("users: {}")
    started = run("serve", "--port", "0", "--config", "tocsin.yaml", folder=tmp_path)
    assert started.returncode == 1
    assert "tocsin.yaml:1: users: nobody is an owner" in started.stderr


def test_the_commands_that_say_what_a_sender_signs_with(tmp_path: Path):
    made = run("integration", "create", "pagerduty", "--name", "Pages", folder=tmp_path)
    assert "/hooks/pagerduty/int_" in made.stdout
    told = run("integration", "trust", "pages", "--secret-env", "A", "--secret-file", "s", folder=tmp_path)
    assert told.stdout.startswith("Pages: A, ")
    assert "A is not set here. Set it where Tocsin runs" in told.stderr
    again = run("integration", "trust", "pages", folder=tmp_path).stdout
    assert re.fullmatch(r"Pages: the key alone \(before: A, /.*/s\)\n", again)
    assert run("integration", "trust", "pages", folder=tmp_path).stdout == "Pages: the key alone\n"
    refused = run("integration", "create", "generic", "--secret-env", "A", folder=tmp_path)
    assert (refused.returncode, "do not sign" in refused.stderr) == (1, True)
    made = run("integration", "create", "pagerduty_events", folder=tmp_path)
    assert made.stdout.splitlines()[0].endswith("/v2/enqueue")
    assert re.search(r"^Routing key \(integration key\): [0-9a-f]{32}$", made.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["generic", "--map", "title"], "--map title says no expression; write it as --map title=check.name"),
        (
            ["generic", "--map", "titel=a.b"],
            "mapping.titel: there is no field `titel`; did you mean `title`?",
        ),
        (["generic", "--map", "title=[["], "mapping.title: is not a JMESPath expression: it ends too early"),
        (["email", "--map", "alias=subject:("], "mapping.alias: "),
        (["grafana", "--map", "title=a"], "mapping: only the sources `generic` and `email` have a mapping"),
        (["grafana", "--topic", "a"], "topics: only the source `sns` has it"),
        (["sns", "--topic", "alarms"], "alarms: must be the ARN of a topic"),
    ],
)
def test_what_is_wrong_about_a_new_sender_is_told_before_it_is_made(
    tmp_path: Path, words: list[str], told: str
) -> None:
    refused = run("integration", "create", *words, folder=tmp_path)
    assert (refused.returncode, told in refused.stderr) == (1, True), refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_key_is_not_taken_from_one_of_several_senders_of_a_name(tmp_path: Path) -> None:
    made = [run("integration", "create", "alertmanager", folder=tmp_path).stdout for _ in range(2)]
    assert [text.splitlines()[-1] for text in made] == [
        "Its name here is prometheus-alertmanager.",
        "Its name here is prometheus-alertmanager-2.",
    ]
    refused = run("integration", "key", "Prometheus Alertmanager", folder=tmp_path)
    assert refused.returncode == 1
    assert (
        "Several integrations are called Prometheus Alertmanager: prometheus-alertmanager (alertmanager), "
        "prometheus-alertmanager-2 (alertmanager). Write which one you mean." in refused.stderr
    )
    renewed = run("integration", "key", "prometheus-alertmanager-2", folder=tmp_path)
    assert renewed.stdout.endswith(
        "Its name here is prometheus-alertmanager-2. The key before works no more.\n"
    )


@pytest.mark.parametrize("name", ["nope", "prometheus"])
def test_the_command_that_makes_a_key(tmp_path: Path, name: str):
    made = run("integration", "create", "alertmanager", "--name", "Prometheus", folder=tmp_path)
    assert made.returncode == 0, made.stderr
    renewed = run("integration", "key", name, folder=tmp_path)
    if name == "nope":
        assert renewed.returncode == 1
        assert "There is no integration nope; there are prometheus." in renewed.stderr
    else:
        assert "/hooks/alertmanager/int_" in renewed.stdout
        assert made.stdout.splitlines()[0] != renewed.stdout.splitlines()[0]
