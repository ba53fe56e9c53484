"""Prometheus itself (and vmalert, Loki's and Mimir's rulers), which posts to Tocsin as to an Alertmanager:

    POST /hooks/prometheus/<key>/api/v2/alerts
    [{"labels": {"alertname": "InstanceDown", "instance": "db1"}, "annotations": {"summary": "..."},
      "startsAt": "2026-11-23T03:00:00Z", "endsAt": "2026-11-23T03:04:00Z", "generatorURL": "http://prometheus:9090/graph"}]

That is served by `handlers.alertmanager`; here is only what to put at the sender.
"""

from bot.alerts.signal import Signal
from bot.errors import Malformed
from handlers.webhooks.source import Hook, Source


def parse(hook: Hook) -> list[Signal]:
    """The address is the beginning of one: Prometheus adds the rest."""
    raise Malformed("prometheus.prefix")


SOURCE = Source(
    name="prometheus",
    title="Prometheus",
    parse=parse,
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
