"""What a measurement reports: tables of numbers, each row with its bar where there is one, for people and for RESULTS.md."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

__all__ = ["Row", "Table", "at_least", "at_most", "median", "render_markdown", "render_text", "thousands"]


@dataclass(frozen=True)
class Row:
    """One line: what was measured, its numbers, and whether it meets its bar (None where there is no bar)."""

    what: str
    cells: tuple[str, ...]
    bar: str = ""
    met: bool | None = None


@dataclass
class Table:
    title: str
    columns: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, what: str, *cells: str, bar: tuple[str, bool | None] = ("", None)) -> None:
        self.rows.append(Row(what, cells, *bar))


def at_least(value: float, bar: float, unit: str = "") -> tuple[str, bool]:
    return f"≥ {bar:,g}{unit}", value >= bar


def at_most(value: float, bar: float, unit: str = "") -> tuple[str, bool]:
    return f"≤ {bar:,g}{unit}", value <= bar


def thousands(number: float) -> str:
    return f"{number:,.0f}"


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """Of values in order; nan when there are none."""
    if not sorted_values:
        return float("nan")
    return sorted_values[min(int(len(sorted_values) * share), len(sorted_values) - 1)]


def milliseconds(values: Sequence[float]) -> tuple[str, str, str]:
    """p50, p99 and the largest of values in seconds, as milliseconds."""
    ordered = sorted(values)
    found = percentile(ordered, 0.5), percentile(ordered, 0.99), ordered[-1] if ordered else float("nan")
    return f"{found[0] * 1000:.1f}", f"{found[1] * 1000:.1f}", f"{found[2] * 1000:.1f}"


def _grid(table: Table) -> list[list[str]]:
    verdicts = {None: "", True: "met", False: "not met"}
    head = ["", *table.columns, "bar", ""]
    return [head, *([row.what, *row.cells, row.bar, verdicts[row.met]] for row in table.rows)]


def render_text(table: Table) -> str:
    grid = _grid(table)
    widths = [max(len(line[place]) for line in grid) for place in range(len(grid[0]))]
    lines = [table.title, ""]
    for line in grid:
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join([*lines, *(f"  {note}" for note in table.notes), ""])


def render_markdown(table: Table) -> str:
    head, *rows = _grid(table)
    lines = [f"**{table.title}**", "", f"| {' | '.join(head)} |", "|---" + "|---:" * (len(head) - 1) + "|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    if table.notes:
        lines += ["", *(f"- {note}" for note in table.notes)]
    return "\n".join([*lines, ""])
