"""Bodies as senders write them. `%09d` stands for a number that the load generator fills in."""

import json
from typing import Any


def alertmanager_alert(marker: str, severity: str = "warning", service: str = "web") -> dict[str, Any]:
    """One alert with the labels and annotations of an ordinary Prometheus rule."""
    return {
        "status": "firing",
        "labels": {
            "alertname": "HighErrorRate",
            "instance": f"10.0.{marker}:9100",
            "job": "node",
            "severity": severity,
            "service": service,
            "cluster": "eu-1",
            "namespace": "checkout",
        },
        "annotations": {
            "summary": f"Error rate is high on host {marker}",
            "description": "More than five of a hundred requests failed in the last five minutes.",
            "runbook_url": "https://runbooks.example.org/high-error-rate",
        },
        "startsAt": "2026-11-23T03:00:00.000Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example.org/graph?g0.expr=rate&g0.tab=1",
        "fingerprint": f"f00d{marker}",
    }


def alertmanager_webhook(markers: list[str], **words: str) -> str:
    """What Alertmanager posts to a webhook receiver (version 4)."""
    body = {
        "version": "4",
        "groupKey": '{}:{alertname="HighErrorRate"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "tocsin",
        "groupLabels": {"alertname": "HighErrorRate"},
        "commonLabels": {"alertname": "HighErrorRate"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example.org:9093",
        "alerts": [alertmanager_alert(marker, **words) for marker in markers],
    }
    return json.dumps(body)


def alertmanager_post(markers: list[str]) -> str:
    """The same alerts as Prometheus posts them to Alertmanager (API version 2)."""
    kept = ("labels", "annotations", "generatorURL")
    alerts = [alertmanager_alert(marker) for marker in markers]
    return json.dumps([{name: alert[name] for name in kept} for alert in alerts])
