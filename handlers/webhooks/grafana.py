"""Grafana: its contact point "Webhook" (unified alerting, version 8 and later), and the channel of the legacy alerting.

Unified alerting posts what Alertmanager posts, with links to the panel, the dashboard and a new silence, and a picture.
Legacy alerting posts one rule: {"ruleId": 7, "ruleName": "...", "state": "alerting" | "ok" | "no_data" | "paused" |
"pending", "message": "...", "evalMatches": [{"metric": "...", "value": 97.0, "tags": {...}}], "imageUrl": "..."}.
Source: grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier
"""

from typing import Any

from msgspec.structs import replace

from bot.alerts.signal import Action, Signal
from bot.errors import Malformed
from handlers.webhooks.alertmanager import parse_alert
from handlers.webhooks.source import Hook, Source, extra_of, link_to, need, one_of, read_object, text_of

LEGACY = {
    "alerting": Action.TRIGGER,
    "no_data": Action.TRIGGER,
    "ok": Action.RESOLVE,
    "paused": None,
    "pending": None,
}
FAILURES = {"DatasourceNoData": "No data", "DatasourceError": "Can't be evaluated"}
"""Alerts that Grafana raises about a rule itself, and what to call them."""


def parse(hook: Hook) -> list[Signal]:
    body = read_object(hook)
    if "alerts" not in body and "ruleId" in body:
        return _parse_legacy(body)
    alerts = body.get("alerts")
    if not isinstance(alerts, list):
        raise Malformed("field.not_list", "alerts", name="alerts")
    return [_parse_unified(alert, body, place) for place, alert in enumerate(alerts)]


def _parse_unified(alert: Any, body: dict[str, Any], place: int) -> Signal:
    signal = parse_alert(alert, body, place)
    failure = FAILURES.get(signal.labels.get("alertname", ""), "")
    if failure:
        signal = _read_failure(signal, failure, alert)
    shown = [link for link in signal.links if link.title not in ("Alertmanager", "Graph", "Dashboard")]
    links = link_to(
        ("Panel", alert.get("panelURL")),
        ("Dashboard", alert.get("dashboardURL")),
        ("Rule", alert.get("generatorURL")),
        ("Silence in Grafana", alert.get("silenceURL")),
    )
    value = text_of(alert.get("valueString"))
    return replace(
        signal,
        description="\n\n".join(part for part in (signal.description, value) if part),
        links=(*shown, *links),
        images=link_to((signal.title, alert.get("imageURL"))),
        raw=alert,
    )


def _read_failure(signal: Signal, failure: str, alert: dict[str, Any]) -> Signal:
    """An alert about the rule itself: what the rule says of its trouble is not what is wrong."""
    rule = signal.labels.get("rulename", "")
    about = rule if signal.title.startswith(signal.labels["alertname"]) else signal.title
    told = text_of(extra_of(alert, "annotations").get("Error"))
    description = "\n\n".join(part for part in (told, signal.description) if part)
    return replace(signal, title=f"{failure}: {about or signal.title}", description=description)


def _parse_legacy(body: dict[str, Any]) -> list[Signal]:
    action = one_of(body, "state", LEGACY)
    if action is None:
        return []
    title = text_of(body.get("ruleName")) or text_of(body.get("title")) or "Grafana rule"
    matches = body.get("evalMatches")
    found = [one for one in matches if isinstance(one, dict)] if isinstance(matches, list) else []
    values = [f"{text_of(one.get('metric'))}: {text_of(one.get('value'))}" for one in found]
    labels = {name: text_of(value) for name, value in extra_of(body, "tags").items()}
    return [
        Signal(
            action,
            f"rule-{text_of(body.get('orgId')) or 1}-{need(body, 'ruleId')}",
            title,
            description="\n".join((text_of(body.get("message")), *values)).strip(),
            source="grafana",
            labels=labels,
            links=link_to(("Rule", body.get("ruleUrl"))),
            images=link_to((title, body.get("imageUrl"))),
            raw=body,
        )
    ]


SOURCE = Source(
    name="grafana",
    title="Grafana",
    parse=parse,
    paste="""Alerting > Contact points > Add contact point
  Integration: Webhook
  URL: {url}
  HTTP method: POST""",
)
