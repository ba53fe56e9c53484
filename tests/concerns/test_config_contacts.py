"""What the configuration file says about how people are paged: each fault with its line and place."""

from pathlib import Path

import pytest

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
