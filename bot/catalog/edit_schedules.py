"""Schedules that people edit: their names, zones and rotations."""

from collections.abc import Sequence
from typing import Any

from bot.catalog.drafts import Entry, Names, read_entry
from bot.catalog.editing import EntryEditor, Said
from bot.catalog.uses import check_unused, list_empty_teams
from bot.flow.unit import Unit
from storage.models import Schedule
from storage.questions import oncall
from storage.words import Combine


class ScheduleEditor(EntryEditor[Schedule]):
    word, topic, model = "schedule", "oncall", Schedule

    async def read(self, unit: Unit, row: Schedule | None, entry: object, names: Names) -> Said:
        from bot.catalog.checks import check_schedule
        from bot.catalog.shapes import ScheduleShape

        empty = await list_empty_teams(unit)
        shape = read_entry(self.word, ScheduleShape, entry, names, lambda read: check_schedule(read, empty))
        return Said(
            {
                "name": shape.name,
                "zone": shape.zone,
                "combine": shape.combine,
                "team_id": names.ids["team"][shape.team] if shape.team else None,
                "chat_group": shape.chat_group or "",
            },
            shape.rotations,
        )

    async def put_parts(self, unit: Unit, row: Schedule, parts: Sequence[Any], names: Names) -> None:
        from bot.catalog.rotations import put_rotations
        from bot.catalog.steps import rename_recipient

        old = await oncall.list_rotations(unit.session, [row.id])
        await put_rotations(unit, row, parts, names.ids, old)
        await rename_recipient(unit, "schedule", row)

    async def spell(self, unit: Unit, row: Schedule, names: Names) -> Entry:
        from bot.catalog.rotations import entry_of_rotation

        rotations = await oncall.list_rotations(unit.session, [row.id])
        entry: Entry = {
            "name": row.name,
            "team": names.slugs["team"].get(row.team_id or 0),
            "zone": row.zone,
            "combine": row.combine.value if row.combine is not Combine.ADD else None,
            "chat_group": row.chat_group or None,
            "rotations": [entry_of_rotation(rotation, names) for rotation in rotations],
        }
        return {name: value for name, value in entry.items() if value is not None}

    async def check_unused(self, unit: Unit, row: Schedule) -> None:
        await check_unused(unit, "schedule", row)


SCHEDULES = ScheduleEditor()
