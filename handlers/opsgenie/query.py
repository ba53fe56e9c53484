"""Opsgenie's query language for alerts, read into plain values. Pure.

    status: open AND priority: (P1 OR P2) AND NOT tag: test
    createdAt > 1700000000000 AND message: "disk full" AND count >= 5
    details.key: region AND details.value: eu-* checkout

A term is `field: value`; numbers and times know < <= > >=, too. Between terms stand AND, OR and NOT (in capitals), or
nothing, which is AND; AND binds stronger than OR; parentheses go round terms, and round the values of one field. A value
with spaces stands in double quotes; in `message` and `description` also without. `*` stands for anything. A word without a
field is looked for in the words of the alert. Times are milliseconds since 1970, or ISO 8601.
Source: docs.opsgenie.com/docs/alerts-search-query-help
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from bot.errors import Invalid
from storage.search import EVERYTHING, FIELDS, All, AnyOf, Kind, Not, Search, Term, Value

LIMIT = 4_000
DEEPEST = 20
MOST_TERMS = 100
ALIASES = {
    "tags": "tag",
    "lastoccuredat": "lastOccurredAt",
    "team": "teams",
    "seen": "isSeen",
    "responder": "responders",
    "recipient": "recipients",
    "id": "alertId",
}
"""What people and clients write, too (one of them with a mistake in it)."""
NAMES = {**{name.lower(): name for name in FIELDS}, **ALIASES}
NAMES.pop("text")
WORDS_OF = {
    "status": ("open", "closed"),
    "priority": ("P1", "P2", "P3", "P4", "P5"),
}
OPERATION = re.compile(r"\s*(<=|>=|!=|:|=|<|>)\s*")
NAME = re.compile(r"[^\s()\"':=<>!]+")
BARE = re.compile(r"[^\s()\"]+")
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
LATEST = 253_402_300_799_000
"""The end of the year 9999, in milliseconds."""
HIGHEST = 2**31 - 1


def parse_query(text: str) -> Search:
    """What a query asks for; raises Invalid with the fault and where it is. An empty one asks for everything."""
    if len(text) > LIMIT:
        raise Invalid("query.wrong", "query", reason=f"it is longer than {LIMIT} characters", place=LIMIT)
    return _Reader(text).read()


class _Reader:
    """Reads a query from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self.text, self.place, self.terms, self.depth = text, 0, 0, 0
        self.value_at = 0
        """Where the last value began."""

    def read(self) -> Search:
        if not self.text.strip():
            return EVERYTHING
        found = self.read_any(self.read_term)
        self.skip()
        if self.place < len(self.text):
            raise self.wrong("a parenthesis is closed that was not opened")
        return found

    # how terms are joined; `read_one` reads a term, or within the parentheses of a field one of its values

    def read_any(self, read_one: Callable[[], Search]) -> Search:
        parts = [self.read_all(read_one)]
        while self.take_word("OR"):
            parts.append(self.read_all(read_one))
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def read_all(self, read_one: Callable[[], Search]) -> Search:
        parts = [self.read_not(read_one)]
        while self.take_word("AND") or not self.is_at_end():
            parts.append(self.read_not(read_one))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def read_not(self, read_one: Callable[[], Search]) -> Search:
        is_not = False
        while self.take_word("NOT"):
            is_not = not is_not
        found = self.read_group(read_one)
        return Not(found) if is_not else found

    def read_group(self, read_one: Callable[[], Search]) -> Search:
        self.skip()
        if not self.text.startswith("(", self.place):
            return read_one()
        if self.depth >= DEEPEST:
            raise self.wrong("parentheses are nested too deeply")
        self.depth += 1
        self.place += 1
        found = self.read_any(read_one)
        self.skip()
        if not self.text.startswith(")", self.place):
            raise self.wrong("a parenthesis is not closed")
        self.place += 1
        self.depth -= 1
        return found

    # terms

    def read_term(self) -> Search:
        start = self.place
        name = NAME.match(self.text, self.place)
        operation = OPERATION.match(self.text, name.end()) if name else None
        if name is None or operation is None:
            return self.make_term("text", ":", self.read_value())
        field = NAMES.get(name[0].lower())
        if field is None:
            self.place = start
            raise self.wrong(
                f"there is no field {name[0][:60]}; there are {', '.join(sorted(set(NAMES.values())))}"
            )
        self.place = operation.end()
        sign = {"=": ":"}.get(operation[1], operation[1])
        found = self.read_group(partial(self.read_value_of, field, ":" if sign == "!=" else sign))
        return Not(found) if sign == "!=" else found

    def read_value_of(self, field: str, sign: str) -> Term:
        text = self.read_value()
        if FIELDS[field] is Kind.WORDS and self.depth == 0:
            while self.is_at_word():
                text = f"{text} {self.read_value()}"
        return self.make_term(field, sign, text)

    def make_term(self, field: str, sign: str, text: str) -> Term:
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise self.wrong(f"there are more than {MOST_TERMS} terms")
        kind = FIELDS[field]
        if sign != ":" and kind not in (Kind.NUMBER, Kind.TIME):
            raise self.wrong_value(f"{field} can't be compared by {sign}")
        return Term(field, sign, self.read_typed(field, kind, text))

    def read_typed(self, field: str, kind: Kind, text: str) -> Value:
        if kind is Kind.FLAG:
            if text.lower() not in ("true", "false"):
                raise self.wrong_value(f"{field} is true or false")
            return text.lower() == "true"
        if kind is Kind.NUMBER:
            if not re.fullmatch(r"[0-9]{1,18}", text):
                raise self.wrong_value(f"{field} is a number")
            return min(int(text), HIGHEST)
        if kind is Kind.TIME:
            return self.read_time(field, text)
        words = WORDS_OF.get(field)
        if words and "*" not in text and text.lower() not in (word.lower() for word in words):
            raise self.wrong_value(f"{field} is one of {', '.join(words)}")
        return text

    def read_time(self, field: str, text: str) -> datetime:
        try:
            if re.fullmatch(r"[0-9]{1,18}", text):
                return datetime.fromtimestamp(min(int(text), LATEST) / 1000, UTC)
            found = datetime.fromisoformat(text)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise self.wrong_value(f"{field} is a time, in milliseconds since 1970 or in ISO 8601") from error

    # characters

    def read_value(self) -> str:
        """A text in quotes, or up to the next space or parenthesis."""
        self.skip()
        self.value_at = self.place
        quoted = QUOTED.match(self.text, self.place)
        if quoted:
            self.place = quoted.end()
            return re.sub(r"\\(.)", r"\1", quoted[1]).replace("\x00", "")
        bare = BARE.match(self.text, self.place)
        if bare is None and self.text.startswith('"', self.place):
            raise self.wrong("a quotation mark is not closed")
        if bare is None:
            raise self.wrong("a value is missing")
        if bare[0] in ("AND", "OR", "NOT"):
            raise self.wrong(f"a value is missing before {bare[0]}")
        self.place = bare.end()
        return bare[0].replace("\x00", "")

    def is_at_word(self) -> bool:
        """Whether a plain word follows that is no term of its own."""
        self.skip()
        bare = BARE.match(self.text, self.place)
        if bare is None or bare[0] in ("AND", "OR", "NOT"):
            return False
        name = NAME.match(self.text, self.place)
        return name is not None and OPERATION.match(self.text, name.end()) is None

    def is_at_end(self) -> bool:
        """At the end of terms that are joined by AND."""
        self.skip()
        rest = self.text[self.place :]
        return not rest or rest.startswith(")") or self.is_at_keyword("OR")

    def is_at_keyword(self, word: str) -> bool:
        bare = BARE.match(self.text, self.place)
        return bare is not None and bare[0] == word

    def take_word(self, word: str) -> bool:
        self.skip()
        if not self.is_at_keyword(word):
            return False
        self.place += len(word)
        return True

    def skip(self) -> None:
        while self.place < len(self.text) and self.text[self.place].isspace():
            self.place += 1

    def wrong(self, reason: str) -> Invalid:
        return Invalid("query.wrong", "query", reason=reason, place=self.place + 1)

    def wrong_value(self, reason: str) -> Invalid:
        return Invalid("query.wrong", "query", reason=reason, place=self.value_at + 1)
