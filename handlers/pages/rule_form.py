"""The form of a rule: its name and conditions as fields, the rest in the words of the configuration file. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from multidict import MultiMapping

from bot.catalog.drafts import Entry, EntryWrong, spell
from bot.catalog.lines import Written, read_lines, write_lines
from handlers.pages.entry_form import Form
from storage.words import RuleKind

BLANK_ROWS = 2
IN_FIELDS = ("name", "match", "conditions")
LARGEST_TEXT = 20_000
STARTS: dict[RuleKind, dict[str, Entry]] = {
    RuleKind.ACTION: {
        "title": {"title": "{{ title }} on {{ entity }}"},
        "ignore": {"do": "ignore"},
        "close": {"do": "close", "alias": "{{ alias }}"},
    },
    RuleKind.POLICY: {
        "delay": {"delay": "5m"},
        "suppress": {"suppress": True},
        "flap": {"flap": {"times": 3, "within": "1h", "hold": "10m"}},
        "close": {"close_after": "12h"},
    },
    RuleKind.ROUTE: {
        "team": {"team": "TEAM"},
        "hours": {
            "of_team": "TEAM",
            "policy": "POLICY",
            "hours": {"zone": "UTC", "windows": [{"from": "18:00", "until": "09:00"}]},
        },
        "nobody": {"nobody": True},
    },
    RuleKind.INCIDENT: {
        "urgent": {"group_by": ["service"], "title": "{{ title }}"},
        "storm": {"alerts": 20, "within": "5m", "group_by": ["team"], "title": "Many alerts at once"},
    },
}
"""What a new rule of a kind can start from."""
CONDITION = {"field": "priority", "operation": "at_least", "value": "P2"}


@dataclass(frozen=True)
class Row:
    """A condition as its fields have it."""

    field: str = ""
    operation: str = ""
    value: str = ""
    negate: bool = False


@dataclass
class RuleForm(Form):
    """What the fields of a rule say. `faults` are by the place inside the rule, `yaml_faults` with the line of the text."""

    name: str = ""
    match: str = "all"
    rows: list[Row] = field(default_factory=list)
    text: str = ""
    faults: dict[str, str] = field(default_factory=dict)
    yaml_faults: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def shown_rows(self) -> list[Row]:
        """The rows, and some to fill in."""
        return [*self.rows, *[Row()] * BLANK_ROWS]

    def read(self) -> Entry:
        """The rule that it says; raises EntryWrong when its text is no YAML. What the text says of a name or of
        conditions counts more than the fields, so that a whole rule can be put there."""
        return {**self._read_fields(), **self._read_text()}

    def _read_fields(self) -> Entry:
        said: Entry = {"name": self.name}
        if self.rows:
            said["conditions"] = [
                {"field": row.field, "operation": row.operation, "value": row.value, "not": row.negate}
                for row in self.rows
            ]
        return said if self.match == "all" else {**said, "match": self.match}

    def _read_text(self) -> Entry:
        if not self.text.strip():
            return {}
        written, faults = read_lines(self.text.encode())
        if faults:
            self.yaml_faults = [(fault.line, fault.where, fault.reason) for fault in faults]
            raise EntryWrong([((), fault.reason) for fault in faults])
        if not isinstance(written.values, dict):
            return {"text": written.values}
        return written.values

    def mark(self, wrong: EntryWrong) -> None:
        """Put each fault where it belongs: at its field, or at the line of the text."""
        if self.yaml_faults:
            return
        written, _ = read_lines(self.text.encode()) if self.text.strip() else (Written({}, {}), [])
        for place, reason in wrong.found:
            if place and place[:1] not in written.lines and place[0] in IN_FIELDS:
                self.faults.setdefault(spell(place), reason)
            else:
                self.yaml_faults.append((written.find_line(place), spell(place), reason))

    def fault_of_row(self, number: int) -> str:
        """What is wrong with a condition."""
        place = spell(("conditions", number))
        return "; ".join(reason for name, reason in self.faults.items() if name.startswith(place))


def read_form(posted: MultiMapping[Any]) -> RuleForm:
    """The posted fields. Rows of which nothing but the operation is filled in are left out."""
    lists = [[str(one) for one in posted.getall(name, [])] for name in ("field", "not", "operation", "value")]
    rows = [
        Row(name.strip(), operation, value, negate == "yes")
        for name, negate, operation, value in zip(*lists, strict=False)
        if name.strip() or value.strip()
    ]
    return RuleForm(
        str(posted.get("name", "")),
        str(posted.get("match", "all")),
        rows,
        str(posted.get("text", ""))[:LARGEST_TEXT].replace("\r\n", "\n"),
    )


def show_entry(entry: Mapping[str, Any]) -> RuleForm:
    """The form of a rule as it is."""
    rest = {name: value for name, value in entry.items() if name not in IN_FIELDS}
    rows = [
        Row(one["field"], one["operation"], str(one.get("value", "")), bool(one.get("not")))
        for one in entry.get("conditions", [])
    ]
    text = write_lines(rest) if rest else ""
    return RuleForm(str(entry.get("name", "")), str(entry.get("match", "all")), rows, text)


def start_entry(kind: RuleKind, word: str, known: Mapping[str, str]) -> Entry:
    """A rule to start from; `known` has a name for each of TEAM, POLICY and INTEGRATION."""
    starts = STARTS[kind]
    start = starts.get(word) or next(iter(starts.values()))
    said = {
        name: known.get(value, value) if isinstance(value, str) else value for name, value in start.items()
    }
    if kind is RuleKind.ACTION:
        said = {"integration": known.get("INTEGRATION", ""), **said}
    return {"name": "", "conditions": [CONDITION], **said}
