"""Request bodies of senders beside the signals that they must become: `tests/payloads/<source>/<life>.<step>.<kind>`.

The kind of file says how it was sent: `.json`, `.form`, `.multipart` (its first line is the boundary) or `.query` (no body).
Files of one life are one trouble. `_signals.json` holds, for each file, what differs from a Signal's defaults;
TOCSIN_WRITE_GOLDEN=1 writes it anew, to be read line by line before it is kept.
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from msgspec import NODEFAULT
from msgspec.structs import fields

from bot.alerts.signal import LinkTo, Signal
from handlers.webhooks.receive import list_sources
from handlers.webhooks.source import Hook

PAYLOADS = Path(__file__).parent.parent / "payloads"
SOURCES = list_sources()
SIGNALS = "_signals.json"
KINDS = {
    ".json": "application/json",
    ".form": "application/x-www-form-urlencoded",
    ".multipart": "multipart/form-data",
    ".query": "",
}

IDENTITY: dict[str, set[str]] = {
    "datadog": {
        "alert_id",
        "alert_scope",
        "alert_transition",
        "alert_type",
        "aggreg_key",
        "id",
        "title",
        "alert_title",
    },
    "zabbix": {
        "event_id",
        "event_source",
        "event_value",
        "event_update_status",
        "event_update_action",
        "link",
        "hostname",
        "trigger",
        "status",
    },
    "uptimerobot": {
        "monitorID",
        "monitorURL",
        "monitorFriendlyName",
        "alertType",
        "alertTypeFriendlyName",
        "monitor_url",
        "monitor_friendly_name",
        "alert_type",
        "alert_type_friendly_name",
    },
    "elastic": {"rule", "alert", "summary"},
    "dynatrace": {"PID", "ProblemID", "State"},
    "icinga": {"type", "host", "service", "state", "service_state", "host_state"},
    "statuscake": {"Name", "URL", "Status"},
    "honeycomb": {"id", "name", "status", "is_test"},
    "victorops": {"message_type", "entity_id", "entity_display_name", "state_message"},
    "goalert": {"summary", "dedup", "action"},
    "alerta": {"resource", "event", "environment", "severity", "correlate"},
}
"""The fields of each source that say which trouble it is, and whether it is over. All others may change at will."""


def list_folders() -> list[str]:
    """The sources that have their signals beside their bodies."""
    return sorted(path.parent.name for path in PAYLOADS.glob(f"*/{SIGNALS}"))


def list_cases(kind: str = "*") -> list[str]:
    return [
        f"{folder}/{path.name}"
        for folder in list_folders()
        for path in sorted((PAYLOADS / folder).glob(f"[!_]*.{kind}"))
        if path.suffix in KINDS
    ]


def read_life(case: str) -> str:
    """The trouble that a body is about: the name of its file up to the first dot."""
    return case.partition(".")[0]


def read_hook(case: str) -> Hook:
    path = PAYLOADS / case
    content = path.read_bytes()
    kind = KINDS[path.suffix]
    if path.suffix == ".query":
        return Hook(b"", {}, dict(parse_qsl(content.decode())))
    if path.suffix == ".multipart":
        kind += f"; boundary={content.splitlines()[0].removeprefix(b'--').decode()}"
    return Hook(content, {"Content-Type": kind})


def load(case: str) -> Any:
    return json.loads((PAYLOADS / case).read_text())


def parse(case: str, body: Any = None) -> list[Signal]:
    """The signals of a body, or of another one that is sent as JSON to the same source."""
    hook = read_hook(case) if body is None else Hook(json.dumps(body).encode())
    found = SOURCES[case.partition("/")[0]].parse(hook)
    assert all(isinstance(one, Signal) for one in found)
    return [one for one in found if isinstance(one, Signal)]


def show(signal: Signal) -> dict[str, Any]:
    """What of a signal differs from the defaults, without the sender's own object."""
    shown = {}
    for each in fields(signal):
        value = getattr(signal, each.name)
        default = each.default_factory() if each.default_factory is not NODEFAULT else each.default
        if each.name != "raw" and value != default:
            shown[each.name] = _plain(value)
    return shown


def _plain(value: Any) -> Any:
    if isinstance(value, LinkTo):
        return value._asdict()
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def write_signals(became: dict[str, list[dict[str, Any]]]) -> str:
    """The text of a `_signals.json`, a line for each field."""
    blocks = []
    for case, signals in became.items():
        shown = [
            "  {\n"
            + ",\n".join(f"   {_write(name)}: {_write(value)}" for name, value in one.items())
            + "\n  }"
            for one in signals
        ]
        blocks.append(f" {_write(case)}: [" + ("\n" + ",\n".join(shown) + "\n " if shown else "") + "]")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def _write(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
