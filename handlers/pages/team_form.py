"""The form of a team: its people, its policy, and where its incidents have a channel. Pure."""

from collections.abc import Mapping
from typing import Any

from multidict import MultiMapping

from bot.catalog.drafts import Entry
from handlers.pages.entry_form import EntryForm, Fields, Kind, leave_out_empty, read_fields, show_fields

FIELDS: Fields = {
    "name": Kind.TEXT,
    "members": Kind.MANY,
    "policy": Kind.TEXT,
    "platforms": Kind.MANY,
    "holidays": Kind.TEXT,
}


class TeamForm(EntryForm):
    """What the fields of a team say."""

    def read(self) -> Entry:
        """The team that it says."""
        return leave_out_empty(self.values, "name", "members")


def read_form(posted: MultiMapping[Any]) -> TeamForm:
    return TeamForm(FIELDS, read_fields(FIELDS, posted))


def show_entry(entry: Mapping[str, Any]) -> TeamForm:
    """The form of a team as it is."""
    return TeamForm(FIELDS, show_fields(FIELDS, entry))
