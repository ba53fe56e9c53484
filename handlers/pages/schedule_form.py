"""The form of a schedule: its rotations with who takes turns, in order, and the hours in which they are on call. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

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

HOURS = Rows(
    {"days": Kind.MANY, "from": Kind.TEXT, "until": Kind.TEXT, "until_day": Kind.TEXT},
    {"days": [], "from": "18:00", "until": "09:00", "until_day": ""},
)
ROTATION: dict[str, Any] = {
    "name": "",
    "kind": "weekly",
    "length": "1",
    "starts": "",
    "ends": "",
    "participants": [],
    "hours": [],
}
FIELDS: Fields = {
    "name": Kind.TEXT,
    "team": Kind.TEXT,
    "zone": Kind.TEXT,
    "combine": Kind.TEXT,
    "chat_group": Kind.TEXT,
    "rotations": Rows(
        {name: Kind.MANY if name == "participants" else Kind.TEXT for name in ROTATION} | {"hours": HOURS},
        ROTATION,
        like_last=("starts",),
    ),
}
HANDOFF = 9
"""At what hour a new schedule hands over, unless told otherwise."""


class ScheduleForm(EntryForm):
    """What the fields of a schedule say."""

    def read(self) -> Entry:
        """The schedule that it says."""
        values = self.values
        said = {
            **values,
            "combine": "" if values["combine"] == "add" else values["combine"],
            "rotations": [_read_rotation(one) for one in values["rotations"]],
        }
        return leave_out_empty(said, "name", "zone", "rotations")


def read_form(posted: MultiMapping[Any]) -> ScheduleForm:
    return ScheduleForm(FIELDS, read_fields(FIELDS, posted))


def show_entry(entry: Mapping[str, Any]) -> ScheduleForm:
    """The form of a schedule as it is."""
    return ScheduleForm(FIELDS, show_fields(FIELDS, entry))


def start_entry(now: datetime, zone: str) -> Entry:
    """A schedule to start from: weeks, from this Monday on by the clocks of the zone."""
    today = now.astimezone(ZoneInfo(zone)).date()
    monday = today - timedelta(days=today.weekday())
    return {"name": "", "zone": zone, "rotations": [{**ROTATION, "starts": f"{monday}T{HANDOFF:02}:00"}]}


def _read_rotation(values: Mapping[str, Any]) -> Entry:
    said = {
        **values,
        "length": read_number(values["length"]),
        "hours": [leave_out_empty(one) for one in values["hours"]],
    }
    return leave_out_empty(said, "starts", "participants")
