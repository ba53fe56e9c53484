"""The form of an escalation policy: its steps, with whom each pages and after how long. Pure."""

from collections.abc import Mapping
from typing import Any

from multidict import MultiMapping

from bot.catalog.drafts import Entry
from handlers.pages.entry_form import (
    EntryForm,
    Fields,
    Kind,
    Rows,
    leave_out_empty,
    read_fields,
    read_number,
    show_fields,
)

YES = ("reset_on_repeat", "close_at_end")
STEP = Rows(
    {"after": Kind.TEXT, "when": Kind.TEXT, "page": Kind.MANY},
    {"after": "0s", "when": "not_acknowledged", "page": []},
    like_last=("after",),
)
FIELDS: Fields = {
    "name": Kind.TEXT,
    "repeat": Kind.TEXT,
    "repeat_after": Kind.TEXT,
    "reset_on_repeat": Kind.TEXT,
    "close_at_end": Kind.TEXT,
    "ack_timeout": Kind.TEXT,
    "steps": STEP,
}


class PolicyForm(EntryForm):
    """What the fields of a policy say."""

    def read(self) -> Entry:
        """The policy that it says."""
        values = self.values
        said = {
            **values,
            "repeat": read_number(values["repeat"]) or "",
            **{name: values[name] == "yes" or "" for name in YES},
            "steps": [_read_step(one) for one in values["steps"]],
        }
        return leave_out_empty(said, "name", "steps")


def read_form(posted: MultiMapping[Any]) -> PolicyForm:
    return PolicyForm(FIELDS, read_fields(FIELDS, posted))


def show_entry(entry: Mapping[str, Any]) -> PolicyForm:
    """The form of a policy as it is."""
    return PolicyForm(FIELDS, show_fields(FIELDS, entry))


def start_entry(schedule: str) -> Entry:
    """A policy to start from: whoever is on call in this schedule, if there is one, at once; twice again."""
    page = [f"schedule:{schedule}"] if schedule else []
    return {"name": "", "repeat": 2, "repeat_after": "5m", "steps": [{"after": "0s", "page": page}]}


def _read_step(values: Mapping[str, Any]) -> Entry:
    said = {**values, "when": "" if values["when"] == "not_acknowledged" else values["when"]}
    return leave_out_empty(said, "page")
