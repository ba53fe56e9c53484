"""Escalation policies that people edit. Escalations under way keep the steps that they started with."""

from collections.abc import Sequence
from typing import Any

from bot.catalog.drafts import Entry, Names, read_entry, spell_duration
from bot.catalog.editing import EntryEditor, Said
from bot.catalog.uses import check_unused, list_empty_teams
from bot.flow.unit import Unit
from storage.models import EscalationPolicy
from storage.questions import config as ask

DEFAULTS = {"repeat": 0, "reset_on_repeat": False, "close_at_end": False, "ack_timeout": 0}


class PolicyEditor(EntryEditor[EscalationPolicy]):
    word, topic, model = "policy", "policies", EscalationPolicy

    async def read(self, unit: Unit, row: EscalationPolicy | None, entry: object, names: Names) -> Said:
        from bot.catalog.checks import check_policy
        from bot.catalog.shapes import PolicyShape

        empty = await list_empty_teams(unit)
        shape = read_entry(self.word, PolicyShape, entry, names, lambda read: check_policy(read, empty))
        return Said(shape.model_dump(exclude={"steps"}), shape.steps)

    async def put_parts(self, unit: Unit, row: EscalationPolicy, parts: Sequence[Any], names: Names) -> None:
        from bot.catalog.steps import put_steps, read_known

        await put_steps(
            unit, row, parts, await read_known(unit), await ask.list_steps(unit.session, [row.id])
        )

    async def spell(self, unit: Unit, row: EscalationPolicy, names: Names) -> Entry:
        from bot.catalog.steps import entry_of_step

        steps = await ask.list_steps(unit.session, [row.id])
        said = {name: getattr(row, name) for name in DEFAULTS}
        return {
            "name": row.name,
            **{name: value for name, value in said.items() if value != DEFAULTS[name]},
            **({"repeat_after": spell_duration(row.repeat_after)} if row.repeat else {}),
            **({"ack_timeout": spell_duration(row.ack_timeout)} if row.ack_timeout else {}),
            "steps": [entry_of_step(step, names) for step in steps],
        }

    async def check_unused(self, unit: Unit, row: EscalationPolicy) -> None:
        await check_unused(unit, "policy", row)


POLICIES = PolicyEditor()
