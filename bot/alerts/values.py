"""What templates in rules see: the fields of an alert, and beside them whatever the sender sent."""

from collections.abc import Mapping
from typing import Any

from bot.alerts.fields import TEXTS, Fields
from bot.chat.sandbox import Text

DEEPEST = 30


def template_values(fields: Fields) -> dict[str, Any]:
    """Every text with Opsgenie's methods. Our fields come first, then labels, then the sender's own fields, each by its
    name; `labels` (also `details`), `tags` and `payload` (also `_payload`) hold them all. `message` is the title."""
    payload = _wrap(fields["payload"])
    labels = {str(name): Text(value) for name, value in fields["labels"].items()}
    ours: dict[str, Any] = {name: Text(fields[name]) for name in TEXTS}
    return {
        **(payload if isinstance(payload, dict) else {}),
        **labels,
        **ours,
        "message": ours["title"],
        "tags": [Text(tag) for tag in fields["tags"]],
        "labels": labels,
        "details": labels,
        "payload": payload,
        "_payload": payload,
    }


def _wrap(value: Any, depth: int = 0) -> Any:
    if value is None:
        return Text("")
    if isinstance(value, bool):
        return Text("true" if value else "false")
    if isinstance(value, Mapping) and depth < DEEPEST:
        return {str(key): _wrap(part, depth + 1) for key, part in value.items()}
    if isinstance(value, list | tuple) and depth < DEEPEST:
        return [_wrap(part, depth + 1) for part in value]
    return Text("…" if isinstance(value, Mapping | list | tuple) else value)
