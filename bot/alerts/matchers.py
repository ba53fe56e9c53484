"""Matchers: what a silence is for, as a pure yes or no. They are written as Alertmanager's are:

    alertname="DiskFull", instance=~"db.*" severity!=info service=web "free space"="1 %"

A name is a field of alerts (`title`, `service`, ...) or else a label. A pattern (`=~`, `!~`) is matched against the whole
value, in linear time; a label that is missing is an empty value. Source: prometheus.io/docs/alerting/latest/alertmanager
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from bot.errors import Invalid

FIELDS = (
    "title",
    "description",
    "priority",
    "alias",
    "source",
    "entity",
    "integration",
    "service",
    "team",
)
"""What matchers see of an alert beside its labels."""
SIGNS = {"=~": "matches", "!~": "not_matches", "!=": "is_not", "=": "is"}
OPERATIONS = {operation: sign for sign, operation in SIGNS.items()}
MOST = 50
LONGEST = 2_000
LABEL = "labels."
NAME = re.compile(r"[A-Za-z_][\w.:/-]*")
WRITTEN = re.compile(
    rf"""\s*(?:"(?P<quoted_name>(?:\\.|[^"\\])+)"|(?P<name>{NAME.pattern}))\s*(?P<sign>=~|!~|!=|=)\s*"""
    r"""(?:"(?P<quoted>(?:\\.|[^"\\])*)"|(?P<bare>[^\s,{}"]*))\s*(?:,|(?=\s)|$)"""
)
PLAIN = re.compile(r"[^\s,{}\"\\~][^\s,{}\"\\]*")


@dataclass(frozen=True)
class Matcher:
    name: str
    operation: str
    value: str

    @property
    def is_regex(self) -> bool:
        return self.operation in ("matches", "not_matches")

    @property
    def is_equal(self) -> bool:
        return self.operation in ("is", "matches")

    def holds(self, fields: Mapping[str, str]) -> bool:
        value = fields.get(self.name, "")
        same = _pattern(self.value).fullmatch(value) is not None if self.is_regex else value == self.value
        return same is self.is_equal

    def pack(self) -> dict[str, str]:
        return {"name": self.name, "operation": self.operation, "value": self.value}


def read_matchers(rows: Iterable[Mapping[str, Any]]) -> tuple[Matcher, ...]:
    """Matchers as they are stored."""
    return tuple(Matcher(row["name"], row["operation"], row["value"]) for row in rows)


def make_matcher(name: str, operation: str, value: str) -> Matcher:
    """A matcher that can be judged; raises Invalid, naming the fault."""
    if operation not in OPERATIONS:
        raise Invalid("matcher.operation", "operation", name=operation, known=list(OPERATIONS))
    if not name or len(name) > 200 or len(value) > LONGEST or "\x00" in name + value:
        raise Invalid("matcher.wrong", "matchers", text=f"{name}{OPERATIONS[operation]}{value}"[:100])
    if operation in ("matches", "not_matches"):
        try:
            _pattern(value)
        except re2.error as error:
            raise Invalid("filter.pattern", "matchers", reason=str(error)) from error
    return Matcher(name, operation, value)


def check_matchers(matchers: Sequence[Matcher]) -> None:
    """Raise Invalid when they are none, too many, or match every alert whatever it says (as in Alertmanager)."""
    if not matchers or len(matchers) > MOST:
        raise Invalid("matcher.how_many", "matchers", most=MOST)
    if all(matcher.holds({}) for matcher in matchers):
        raise Invalid("matcher.everything", "matchers")


def parse_matchers(text: str, field: str = "matchers") -> tuple[Matcher, ...]:
    """Read `name="value"` ones, with commas or blanks between, perhaps in braces; pure. Raises Invalid."""
    clean = text.strip()
    if clean.startswith("{") and clean.endswith("}"):
        clean = clean[1:-1].strip()
    found: list[Matcher] = []
    place = 0
    while place < len(clean):
        match = WRITTEN.match(clean, place)
        if match is None or match.end() == place:
            raise Invalid("matcher.wrong", field, text=clean[place : place + 100])
        value = match["bare"] if match["quoted"] is None else _unquote(match["quoted"])
        name = match["name"] or _unquote(match["quoted_name"])
        found.append(make_matcher(name_field(name), SIGNS[match["sign"]], value))
        place = match.end()
    return tuple(found)


def name_field(written: str) -> str:
    """The field that a written name means: one of an alert's own, or a label."""
    return written if written in FIELDS or written.startswith(LABEL) else LABEL + written


def spell_matchers(matchers: Iterable[Matcher]) -> str:
    """As they are written; parse_matchers reads it back."""
    return ", ".join(
        f"{_spell_name(one.name)}{OPERATIONS[one.operation]}{_quote(one.value)}" for one in matchers
    )


def matches_all(matchers: Iterable[Matcher], fields: Mapping[str, str]) -> bool:
    return all(matcher.holds(fields) for matcher in matchers)


def _spell_name(name: str) -> str:
    label = name.removeprefix(LABEL)
    shown = name if label in FIELDS or label.startswith(LABEL) else label
    return _quote(shown, NAME)


def _quote(value: str, plain: re.Pattern[str] = PLAIN) -> str:
    if plain.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), text, flags=re.DOTALL)


@lru_cache(maxsize=500)
def _pattern(text: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    return re2.compile(text, options)
