"""A signal: one parsed message from a sender. What every parser of a webhook gives."""

import hashlib
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from storage.words import Priority

ALIAS_LIMIT = 512
TITLE_LIMIT = 512
DESCRIPTION_LIMIT = 15_000


class Action(StrEnum):
    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    NOTE = "note"
    """Only something to write on the alert that is open."""


class LinkTo(NamedTuple):
    title: str
    url: str


class Signal(msgspec.Struct, frozen=True):
    """`alias` is the same over the whole life of one trouble, and different for another. `service` and `team` are names
    as the sender knows them, or empty. `raw` is the sender's own object (the part of the body that this signal was read
    from), for templates of integration actions."""

    action: Action
    alias: str
    title: str = ""
    description: str = ""
    priority: Priority = Priority.P3
    source: str = ""
    service: str = ""
    team: str = ""
    labels: dict[str, str] = {}
    links: tuple[LinkTo, ...] = ()
    images: tuple[LinkTo, ...] = ()
    """Pictures: a text for who can't see them, and the URL."""
    tags: tuple[str, ...] = ()
    entity: str = ""
    """What it is about, as the sender names it: a host, a monitor, a queue."""
    user: str = ""
    """Who did it at the sender, where a person did."""
    note: str = ""
    """What is to be written on the alert beside it."""
    raw: Mapping[str, Any] = msgspec.field(default_factory=dict)
    responders: tuple[Mapping[str, Any], ...] = ()
    """Whom the sender wants to have called: {"type": "user" | "team" | "schedule" | "policy", "id": ..., "name": ...}."""
    actions: tuple[str, ...] = ()
    """Names of custom actions that the sender offers."""


SEVERITIES = {
    "critical": Priority.P1,
    "crit": Priority.P1,
    "urgent": Priority.P1,
    "blocker": Priority.P1,
    "emerg": Priority.P1,
    "p0": Priority.P1,
    "sev0": Priority.P1,
    "page": Priority.P1,
    "emergency": Priority.P1,
    "disaster": Priority.P1,
    "fatal": Priority.P1,
    "error": Priority.P2,
    "err": Priority.P2,
    "high": Priority.P2,
    "major": Priority.P2,
    "warning": Priority.P3,
    "warn": Priority.P3,
    "moderate": Priority.P3,
    "medium": Priority.P3,
    "average": Priority.P3,
    "minor": Priority.P4,
    "low": Priority.P4,
    "info": Priority.P5,
    "notice": Priority.P5,
    "informational": Priority.P5,
    "none": Priority.P5,
    "debug": Priority.P5,
    **{f"sev{priority.value[1]}": priority for priority in Priority},
}
"""What senders call how urgent something is; `SEV-1` is written `sev1` here."""
SEV = re.compile(r"sev[-_ ](?=\d$)")


def read_priority(word: object, default: Priority = Priority.P3) -> Priority:
    """A priority from what senders write: P1..P5, or a severity word; anything else gives the default."""
    text = str(word or "").strip().lower()
    if text.upper() in Priority.__members__:
        return Priority(text.upper())
    return SEVERITIES.get(SEV.sub("sev", text), default)


def fit_alias(alias: str) -> str:
    """Keep an alias within its column without making two of them equal: the end of a long one becomes its digest."""
    if len(alias) <= ALIAS_LIMIT:
        return alias
    return f"{alias[: ALIAS_LIMIT - 65]}#{hashlib.sha256(alias.encode()).hexdigest()}"


def clip(text: str, limit: int) -> str:
    """Cut a text that is too long, visibly. NUL characters, which PostgreSQL can't keep, become the replacement sign."""
    clean = text.replace("\x00", "\ufffd")
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
