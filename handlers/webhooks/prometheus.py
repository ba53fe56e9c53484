"""Prometheus itself (and vmalert, Loki's and Mimir's rulers), which posts to Tocsin as to an Alertmanager:

    POST /hooks/prometheus/<key>/api/v2/alerts
    [{"labels": {"alertname": "InstanceDown", "instance": "db1"}, "annotations": {"summary": "..."},
      "startsAt": "2026-11-23T03:00:00Z", "endsAt": "2026-11-23T03:04:00Z", "generatorURL": "http://prometheus:9090/graph"}]

That is served by `handlers.alertmanager`; here is what to put at the sender, and how a message is read again.
"""

from datetime import datetime

import msgspec

from bot.alerts.signal import Signal
from bot.errors import Malformed
from handlers.alertmanager.posting import read_alerts
from handlers.alertmanager.wire import PostableAlert
from handlers.webhooks.source import Hook, Source, read_json


def parse(hook: Hook) -> list[Signal]:
    """The address is the beginning of one: Prometheus adds the rest."""
    raise Malformed("prometheus.prefix")


def parse_at(hook: Hook, at: datetime) -> list[Signal]:
    """What a message said at that time; alerts that were refused are left out."""
    try:
        alerts = msgspec.convert(read_json(hook), list[PostableAlert])
    except msgspec.ValidationError as error:
        raise Malformed("field.wrong", name="", reason=str(error)) from error
    return read_alerts(alerts, at).signals


SOURCE = Source(
    name="prometheus",
    title="Prometheus",
    parse=parse,
    parse_at=parse_at,
    paste="""# Alertmanager's API is at {url}
# prometheus.yml:
alerting:
  alertmanagers:
    - scheme: {scheme}
      path_prefix: {path}
      static_configs:
        - targets: ["{site}"]

# and for amtool, in ~/.config/amtool/config.yml:
alertmanager.url: {url}""",
)
