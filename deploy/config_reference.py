"""Writes the tables of docs/configuration.md from the shapes that the file is checked against:

    python -m deploy.config_reference

A test fails when the page says anything else.
"""

import re
from enum import StrEnum
from pathlib import Path

from pydantic.fields import FieldInfo

from bot.catalog.contacts import ContactShape, PagingRuleShape, PagingStepShape, QuietShape
from bot.catalog.effects import ConditionShape, FlapShape, HoursShape, RestartShape, UntilShape, WindowShape
from bot.catalog.shape import Shape
from bot.catalog.shapes import SECTIONS, RotationShape, ShiftWindowShape, StepShape

PAGE = Path(__file__).resolve().parents[1] / "docs" / "configuration.md"
TABLES: dict[str, type[Shape]] = {
    **{name: section.shape for name, section in SECTIONS.items()},
    "contacts": ContactShape,
    "paging_rules": PagingRuleShape,
    "paging_steps": PagingStepShape,
    "quiet_hours": QuietShape,
    "rotations": RotationShape,
    "shift_windows": ShiftWindowShape,
    "steps": StepShape,
    "conditions": ConditionShape,
    "hours": HoursShape,
    "windows": WindowShape,
    "delay_until": UntilShape,
    "flap": FlapShape,
    "restart": RestartShape,
}
TABLE = re.compile(r"(<!-- keys of (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def render_table(shape: type[Shape]) -> str:
    """A Markdown table of the keys of one shape."""
    rows = ["| key | what it is | default | example |", "|---|---|---|---|"]
    for name, field in shape.list_keys().items():
        example = f"{name}: {field.examples[0]}" if field.examples else ""
        rows.append(f"| `{name}` | {field.description} | {_spell_default(field)} | `{example}` |")
    return "\n".join(rows) + "\n"


def fill_tables(page: str) -> str:
    """The page with its tables as they should be."""
    return TABLE.sub(lambda found: found[1] + render_table(TABLES[found[2]]) + found[3], page)


def _spell_default(field: FieldInfo) -> str:
    if field.is_required():
        return "**must be there**"
    value = field.default
    if isinstance(value, StrEnum):
        return f"`{value.value}`"
    if isinstance(value, bool):
        return "`yes`" if value else "`no`"
    if isinstance(value, list) and value:
        return f"`[{', '.join(value)}]`"
    return f"`{value}`" if value or value == 0 else ""


if __name__ == "__main__":
    PAGE.write_text(fill_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
