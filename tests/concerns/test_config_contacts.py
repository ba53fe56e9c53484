"""What the configuration file says about how people are paged: each fault with its line and place."""

from pathlib import Path

import pytest

from bot.catalog.file import read_config
from tests.concerns.test_config_file import faults_of

PAGED_FAULTS = [
    ("contacts: [{kind: fax, address: x}]", "contacts[0].kind", "must be one of email, sms, voice, ntfy"),
    (
        "contacts: [{kind: email, address: nowhere}]",
        "contacts[0].address",
        "one looks like `kate@home.example.org`",
    ),
    ("contacts: [{kind: email, address: KATE@example.org}]", "contacts[0].address", "is used anyway"),
    (
        "contacts: [{kind: email, address: a@b.org, label: slack}]",
        "contacts[0].label",
        "means something else",
    ),
    ("contacts: [{kind: email, address: a@b.org, label: A b}]", "contacts[0].label", "small letters"),
    (
        "contacts: [{kind: email, address: a@b.org}, {kind: email, address: b@b.org}]",
        "contacts[1].kind",
        "another contact has it",
    ),
    (
        "contacts: [{kind: email, address: a@b.org, secret_env: NOWHERE}]",
        "contacts[0].secret_env[0]",
        "NOWHERE",
    ),
    *(
        (f"contacts: [{{kind: {kind}, address: {address!r}}}]", "contacts[0].address", reason)
        for kind, address, reason in (
            ("email", "a:kate@example.org", "one looks like"),
            ("email", "kate@example..org", "one looks like"),
            ("email", "kate@example.org.", "one looks like"),
            ("sms", "0123", "one looks like"),
            ("ntfy", "kate-pages", "set TOCSIN_NTFY_URL"),
            ("ntfy", "https://ntfy.sh", "one looks like"),
            ("ntfy", "https://[::1/kate", "one looks like"),
            ("ntfy", "https://ntfy..sh/kate", "one looks like"),
            ("ntfy", "https://300.1.1.1/kate", "one looks like"),
            ("ntfy", "https://ntfy.sh:99999/kate", "one looks like"),
            ("ntfy", "http://localhost:8080/kate", "TOCSIN_REACH_INSIDE"),
            ("ntfy", "http://10.1.2.3/kate", "TOCSIN_REACH_INSIDE"),
            ("gotify", "https://gotify.example.org", "has no token"),
            ("webhook", "https://example.org/hook", "has no secret"),
            ("webhook", "https://exa mple.org/hook", "one looks like"),
        )
    ),
    ("rules: [{steps: []}]", "rules[0].steps", "must not be empty"),
    ("rules: [{steps: [{by: pigeon}]}]", "rules[0].steps[0].by[0]", "must be one of room"),
    ("rules: [{steps: [{by: email, after: 8d}]}]", "rules[0].steps[0].after", "at most `7d`"),
    ("rules: [{priorities: [P0], steps: [{by: email}]}]", "rules[0].priorities[0]", "P1"),
    ('rules: [{hours: [{from: "25:00"}], steps: [{by: email}]}]', "rules[0].hours[0].from", "time"),
    ("quiet_hours: {p1: yes}", "quiet_hours.hours", "`hours` is missing"),
]


@pytest.mark.parametrize(("written", "where", "reason"), PAGED_FAULTS, ids=[one[1] for one in PAGED_FAULTS])
def test_a_fault_of_how_a_person_is_paged(tmp_path: Path, written: str, where: str, reason: str):
    text = f"users:\n  kate:\n    name: Kate\n    role: owner\n    email: kate@example.org\n    {written}\n"
    ((line, place, told),) = faults_of(tmp_path, text)
    assert (line, place) == (6, f"users.kate.{where}")
    assert reason in told


SET_UP = [
    ("{kind: ntfy, address: kate-pages}", {"TOCSIN_NTFY_URL": "http://10.1.2.3"}),
    ("{kind: ntfy, address: 'http://10.1.2.3/kate'}", {"TOCSIN_NTFY_URL": "http://10.1.2.3/"}),
    ("{kind: ntfy, address: 'http://10.1.2.3/kate'}", {"TOCSIN_REACH_INSIDE": "10.0.0.0/8"}),
    ("{kind: ntfy, address: 'http://localhost/kate'}", {"TOCSIN_REACH_INSIDE": "127.0.0.0/8"}),
    (
        "{kind: gotify, address: 'http://push.lan'}",
        {"TOCSIN_GOTIFY_URL": "http://push.lan", "TOCSIN_GOTIFY_TOKEN": "token"},
    ),
    ("{kind: gotify, address: 'https://push.example.org', secret_env: KATE}", {"KATE": "token"}),
    ("{kind: webhook, address: 'https://bücher.example/hook'}", {"TOCSIN_WEBHOOK_SECRET": "secret"}),
    ("{kind: webhook, address: 'https://example.org/hook', secret_env: KATE}", {"KATE": "secret"}),
]


@pytest.mark.parametrize(
    ("contact", "environment"), SET_UP, ids=[str(number) for number in range(len(SET_UP))]
)
def test_what_is_set_up_is_no_fault(tmp_path: Path, contact: str, environment: dict[str, str]) -> None:
    file = tmp_path / "tocsin.yaml"
    file.write_text(f"users:\n  kate:\n    name: Kate\n    role: owner\n    contacts: [{contact}]\n", "utf-8")
    read_config(file, environment)
