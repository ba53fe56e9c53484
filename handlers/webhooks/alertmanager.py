"""Prometheus Alertmanager, webhook version 4 (also what Grafana's Alertmanager-compatible senders post).

    {"version": "4", "status": "firing", "groupKey": "{}:{alertname=\\"InstanceDown\\"}", "externalURL": "http://am:9093",
     "alerts": [{"status": "firing", "labels": {"alertname": "InstanceDown", "severity": "critical"},
                 "annotations": {"summary": "..."}, "startsAt": "...", "generatorURL": "...", "fingerprint": "d33c..."}]}

Each alert of the group is a signal of its own: a group can be firing while one of its alerts is resolved. Whether an alert
is over is what its `status` says, never its `endsAt`.
Source: prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

import hashlib
from typing import Any

from bot.alerts.signal import Action, LinkTo, Signal, read_priority
from bot.errors import Malformed
from handlers.webhooks.source import Hook, Source, read_object, text_of


def parse(hook: Hook) -> list[Signal]:
    body = read_object(hook)
    alerts = body.get("alerts")
    if not isinstance(alerts, list):
        raise Malformed("field.not_list", "alerts", name="alerts")
    return [parse_alert(alert, body, place) for place, alert in enumerate(alerts)]


def parse_alert(alert: Any, body: dict[str, Any], place: int) -> Signal:
    """One alert of a group, the `place`th."""
    where = f"alerts[{place}]"
    if not isinstance(alert, dict):
        raise Malformed("field.not_object", where, name=where)
    labels = _read_map(alert.get("labels"), f"{where}.labels")
    annotations = _read_map(alert.get("annotations"), f"{where}.annotations")
    status = alert.get("status", body.get("status"))
    if status not in ("firing", "resolved"):
        raise Malformed(
            "field.not_one_of", f"{where}.status", name=f"{where}.status", known=["firing", "resolved"]
        )
    name = labels.get("alertname", "")
    title = annotations.get("summary") or annotations.get("title") or _name_with_place(name, labels)
    links = (
        ("Graph", text_of(alert.get("generatorURL"))),
        ("Runbook", annotations.get("runbook_url", "")),
        ("Dashboard", annotations.get("dashboard_url", "") or text_of(alert.get("dashboardURL"))),
        ("Alertmanager", text_of(body.get("externalURL"))),
    )
    return Signal(
        action=Action.TRIGGER if status == "firing" else Action.RESOLVE,
        alias=text_of(alert.get("fingerprint")) or _fingerprint(labels),
        title=title or "Alert without a name",
        description=annotations.get("description") or annotations.get("message", ""),
        priority=read_priority(labels.get("priority") or labels.get("severity")),
        source=labels.get("instance") or text_of(body.get("externalURL")),
        service=labels.get("service", ""),
        team=labels.get("team", ""),
        labels=labels,
        links=tuple(LinkTo(title, url) for title, url in links if url.startswith("http")),
        raw=alert,
    )


def _read_map(value: Any, where: str) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed("field.not_object", where, name=where)
    if set(map(type, value.values())) <= {str}:
        return value
    return {name: text_of(item) for name, item in value.items()}


def _name_with_place(name: str, labels: dict[str, str]) -> str:
    place = labels.get("instance", "")
    return f"{name} on {place}" if name and place else name


def _fingerprint(labels: dict[str, str]) -> str:
    """Stable over the life of an alert: its sorted label set."""
    text = "\x00".join(f"{name}\x01{value}" for name, value in sorted(labels.items()))
    return hashlib.sha256(text.encode()).hexdigest()


SOURCE = Source(
    name="alertmanager",
    title="Prometheus Alertmanager",
    parse=parse,
    paste="""receivers:
  - name: tocsin
    webhook_configs:
      - url: {url}
        send_resolved: true""",
)
