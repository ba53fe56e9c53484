"""Reads YAML to plain values (dict, list, text, None) and remembers on which line each of them stands.

Every scalar stays the text that was written: `no` is a handle and `911` a name unless the shape of the file wants a
number there. Knows nothing of what the file means; called by `bot.catalog.file`, and for what people write in the Room.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import yaml

from bot.catalog import reasons
from bot.catalog.faults import Fault

Place = tuple[str | int, ...]
"""The way to a value: keys of maps and places in lists, `("teams", "payments", "members", 0)`."""

LARGEST_FILE = 1024 * 1024
MOST_VALUES = 100_000
DEEPEST = 12
"""No shape of the file is deeper than 7; anchors that contain themselves end here."""
PLAIN_TAGS = {"str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value"}


@dataclass(frozen=True)
class Written:
    """What a file says. A value that was given more than one time is the first one."""

    values: object
    lines: Mapping[Place, int]

    def find_line(self, place: Place) -> int:
        """The line of the value at `place`, or of what it would be inside of."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_lines(content: bytes) -> tuple[Written, list[Fault]]:
    """Read a YAML document, with what is wrong with it as YAML; what can't be read is empty."""
    if len(content) > LARGEST_FILE:
        return Written({}, {}), [Fault(1, "file", reasons.FILE_TOO_LARGE)]
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Written({}, {}), [Fault(content.count(b"\n", 0, error.start) + 1, "file", reasons.NOT_UTF8)]
    try:
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        written = text.splitlines()[line - 1 : line]
        told = reasons.tell_yaml(error.problem, error.context, "".join(written))
        return Written({}, {}), [Fault(line, "file", told)]
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, max(int(error.position), 0)) + 1
        return Written({}, {}), [Fault(line, "file", reasons.tell_character(error.character))]
    except (ValueError, OverflowError, RecursionError):
        return Written({}, {}), [Fault(1, "file", reasons.tell_yaml(None, None))]
    if node is None:
        return Written({}, {}), [Fault(1, "file", reasons.EMPTY_FILE)]
    reader = _Reader()
    try:
        values = reader.read(node, (), node.start_mark.line + 1)
    except _TooMuch as error:
        return Written({}, {}), [error.fault]
    return Written(values, reader.lines), reader.faults


def write_lines(values: object, short: bool = False) -> str:
    """Plain values as YAML that reads back as they are; `short` puts the innermost ones on one line."""
    style = None if short else False
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, default_flow_style=style, width=100)


class _TooMuch(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.reason)
        self.fault = fault


class _Reader:
    """Turns nodes into values. A list or a map stands on the line of its key, anything else on its own."""

    def __init__(self) -> None:
        self.lines: dict[Place, int] = {}
        self.faults: list[Fault] = []

    def read(self, node: yaml.Node, place: Place, line: int) -> object:
        if len(place) > DEEPEST or len(self.lines) > MOST_VALUES:
            raise _TooMuch(Fault(line, reasons.spell_place(place[:3]), reasons.TOO_DEEP))
        self.lines[place] = line
        if node.tag.removeprefix("tag:yaml.org,2002:") not in PLAIN_TAGS:
            self._complain(line, place, reasons.tell_tag(node.tag))
        if isinstance(node, yaml.MappingNode):
            return self._read_map(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [
                self.read(item, (*place, index), item.start_mark.line + 1)
                for index, item in enumerate(node.value)
            ]
        return None if node.tag.endswith(":null") else str(node.value)

    def _read_map(self, node: yaml.MappingNode, place: Place) -> dict[str, object]:
        values: dict[str, object] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.tag.endswith(":merge"):
                self._complain(line, place, reasons.NO_SUCH_KEY)
            elif key.value in values:
                first = self.lines[*place, key.value]
                self._complain(line, (*place, key.value), reasons.tell_twice(first))
            else:
                own = value.start_mark.line + 1 if isinstance(value, yaml.ScalarNode) else line
                values[key.value] = self.read(value, (*place, key.value), own)
        return values

    def _complain(self, line: int, place: Place, reason: str) -> None:
        self.faults.append(Fault(line, reasons.spell_place(place), reason))
