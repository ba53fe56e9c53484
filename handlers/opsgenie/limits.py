"""How much of each field of Opsgenie's bodies is taken, and what a field must be. Pure.

What is too long is cut, as its senders do themselves: an alert is worth more than the end of its message. What has the wrong
kind is Invalid and names the field. Keys that are unknown or hold nothing are passed over: clients send many of them.
Source: docs.opsgenie.com/docs/alert-api
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.alerts.signal import clip, fit_alias
from bot.errors import Invalid
from handlers.webhooks.source import text_of
from storage.words import Priority

MESSAGE = 130
DESCRIPTION = 15_000
ENTITY = 512
SOURCE = 100
USER = 100
NOTE = 25_000
TAGS, TAG = 20, 50
ACTIONS, ACTION = 10, 50
DETAILS = 8_000
RESPONDERS = 50
KINDS = {"user": "user", "team": "team", "teams": "team", "escalation": "policy", "schedule": "schedule"}
"""Opsgenie's kinds of responder, and ours."""

Responder = dict[str, Any]


def read_text(body: Mapping[str, Any], name: str, limit: int) -> str:
    """A text, cut to its limit; empty when it is left out."""
    value = body.get(name)
    if isinstance(value, dict | list):
        raise Invalid("field.wrong", name, name=name, reason="it should be a text")
    return clip(text_of(value).strip(), limit)


def need_text(body: Mapping[str, Any], name: str, limit: int) -> str:
    """Like read_text, for a field without which nothing can be done."""
    text = read_text(body, name, limit)
    if not text:
        raise Invalid("field.missing", name, name=name, known=[])
    return text


def read_alias(body: Mapping[str, Any]) -> str:
    """The key of deduplication. A long one stays different from its like."""
    return fit_alias(read_text(body, "alias", 100_000))


def read_words(body: Mapping[str, Any], name: str, count: int, limit: int) -> list[str]:
    """A list of texts, each once: tags, names of actions. One text with commas is a list, too."""
    value = body.get(name)
    if value is None:
        return []
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list) or any(isinstance(one, dict | list) for one in value):
        raise Invalid("field.not_list", name, name=name)
    words = [clip(text_of(one).strip(), limit) for one in value]
    return list(dict.fromkeys(word for word in words if word))[:count]


def read_details(body: Mapping[str, Any]) -> dict[str, str]:
    """Names and values; a value that is no text is written as one. What goes beyond the limit in all is cut."""
    value = body.get("details")
    if value is None or value == []:  # what PHP makes of an empty map
        return {}
    if not isinstance(value, dict):
        raise Invalid("field.not_object", "details", name="details")
    found: dict[str, str] = {}
    left = DETAILS
    for name, text in ((clip(str(name), 200), text_of(item)) for name, item in value.items()):
        if left <= len(name):
            break
        found[name] = clip(text, left - len(name))
        left -= len(name) + len(found[name])
    return found


def need_priority(body: Mapping[str, Any]) -> Priority:
    """P1 to P5; raises Invalid."""
    text = read_text(body, "priority", 20).upper()
    if text not in Priority.__members__:
        raise Invalid("field.not_one_of", "priority", name="priority", known=list(Priority.__members__))
    return Priority(text)


def read_responders(body: Mapping[str, Any], name: str = "responders") -> list[Responder]:
    """Whom to call in: {"type", "id", "name"}, where `id` is what the sender wrote, or empty."""
    value = body.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Invalid("field.not_list", name, name=name)
    found = [read_responder(one, f"{name}[{place}]") for place, one in enumerate(value[:RESPONDERS])]
    return [one for one in found if one is not None]


def read_responder(value: Any, where: str, kind: str = "") -> Responder | None:
    """One responder; None when it names nobody. `kind` is what it is where its place says so."""
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, dict):
        raise Invalid("field.not_object", where, name=where)
    name = text_of(value.get("name") or value.get("username")).strip()
    number = text_of(value.get("id")).strip()
    if not name and not number:
        return None
    wanted = kind or text_of(value.get("type")).strip().lower() or ("user" if value.get("username") else "")
    if wanted not in KINDS:
        raise Invalid("field.not_one_of", f"{where}.type", name=f"{where}.type", known=sorted(KINDS))
    return {"type": KINDS[wanted], "id": clip(number, 64), "name": clip(name, 254)}


def need_responder(body: Mapping[str, Any], name: str, kind: str = "") -> Responder:
    """A responder that must be there."""
    found = read_responder(body[name], name, kind) if body.get(name) else None
    if found is None:
        raise Invalid("field.missing", name, name=name, known=[])
    return found


def need_time(body: Mapping[str, Any], name: str) -> datetime:
    """An instant in ISO 8601; without an offset it is UTC."""
    text = need_text(body, name, 64)
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid("field.wrong", name, name=name, reason="it should be a time in ISO 8601") from error
