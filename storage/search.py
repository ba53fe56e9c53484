"""What a search of alerts asks for, as plain values: what the query language is read into, and what SQL is made of."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Kind(Enum):
    """How a field is compared."""

    WORDS = "words"
    """Contains the text, in any case of letters; `*` stands for anything."""
    NAME = "name"
    """Is the text, in any case of letters; `*` stands for anything."""
    EXACT = "exact"
    NUMBER = "number"
    TIME = "time"
    FLAG = "flag"


FIELDS = {
    "text": Kind.WORDS,
    "message": Kind.WORDS,
    "description": Kind.WORDS,
    "entity": Kind.NAME,
    "source": Kind.NAME,
    "alias": Kind.EXACT,
    "alertId": Kind.EXACT,
    "tinyId": Kind.NUMBER,
    "count": Kind.NUMBER,
    "status": Kind.NAME,
    "priority": Kind.NAME,
    "createdAt": Kind.TIME,
    "updatedAt": Kind.TIME,
    "lastOccurredAt": Kind.TIME,
    "snoozedUntil": Kind.TIME,
    "isSeen": Kind.FLAG,
    "acknowledged": Kind.FLAG,
    "snoozed": Kind.FLAG,
    "owner": Kind.NAME,
    "acknowledgedBy": Kind.NAME,
    "closedBy": Kind.NAME,
    "recipients": Kind.NAME,
    "responders": Kind.NAME,
    "teams": Kind.NAME,
    "integration.name": Kind.NAME,
    "integration.type": Kind.NAME,
    "tag": Kind.NAME,
    "actions": Kind.NAME,
    "details.key": Kind.NAME,
    "details.value": Kind.NAME,
}
"""Every field that can be asked for. `text` is a word without a field: the words of the alert."""

Value = str | int | bool | datetime


@dataclass(frozen=True)
class Term:
    """`operation` is `:` or one of < <= > >= (numbers and times alone)."""

    field: str
    operation: str
    value: Value


@dataclass(frozen=True)
class All:
    parts: tuple["Search", ...]


@dataclass(frozen=True)
class AnyOf:
    parts: tuple["Search", ...]


@dataclass(frozen=True)
class Not:
    part: "Search"


Search = Term | All | AnyOf | Not
EVERYTHING = All(())
