"""Azure Monitor, action type "Webhook": the common alert schema, metric alerts of version 2.0, and classic metric alerts.

    {"schemaId": "azureMonitorCommonAlertSchema", "data": {"essentials": {"alertId": "...", "originAlertId": "...",
     "alertRule": "...", "severity": "Sev3", "monitorCondition": "Fired" | "Resolved", "alertTargetIDs": [...]}}}

In the common schema `alertId` is the same when an alert fires and when it is resolved. The others have no id of their own:
there the rule and the resource make the alias. Sev0 to Sev4 are P1 to P5.
Source: learn.microsoft.com/azure/azure-monitor/alerts/alerts-payload-samples
"""

from typing import Any

from bot.alerts.signal import Action, Signal
from handlers.webhooks.source import (
    Hook,
    Source,
    extra_of,
    link_to,
    need,
    one_of,
    part_of,
    read_object,
    text_of,
)
from storage.words import Priority

STATES = {
    "fired": Action.TRIGGER,
    "activated": Action.TRIGGER,
    "resolved": Action.RESOLVE,
    "deactivated": Action.RESOLVE,
}
SEVERITIES = dict(zip("01234", Priority, strict=True))


def parse(hook: Hook) -> list[Signal]:
    body = read_object(hook)
    if "context" in body:
        return [_parse_metric(body)]
    data = part_of(body, "data")
    return [_parse_metric(data)] if "context" in data else [_parse_common(data)]


def _parse_common(data: dict[str, Any]) -> Signal:
    about = part_of(data, "essentials")
    action = one_of(about, "monitorCondition", STATES)
    rule, targets = need(about, "alertRule"), about.get("configurationItems")
    where = ", ".join(text_of(one) for one in targets) if isinstance(targets, list) else ""
    properties = extra_of(data, "customProperties")
    return Signal(
        action,
        need(about, "alertId"),
        f"{rule} on {where}" if where else rule,
        description=text_of(about.get("description")),
        priority=_read_severity(about.get("severity")),
        source=where,
        entity=where,
        labels={
            **{name: text_of(value) for name, value in properties.items()},
            "rule": rule,
            "signal": text_of(about.get("signalType")),
            "monitoring_service": text_of(about.get("monitoringService")),
        },
        links=link_to(("Alert in Azure", about.get("investigationLink"))),
        raw=data,
    )


def _parse_metric(data: dict[str, Any]) -> Signal:
    context = part_of(data, "context")
    action = one_of(data, "status", STATES)
    rule, resource = need(context, "name"), text_of(context.get("resourceName"))
    identity = (text_of(context.get("id")) or rule, text_of(context.get("resourceId")))
    properties = extra_of(data, "properties")
    return Signal(
        action,
        "|".join(identity).lower(),
        f"{rule} on {resource}" if resource else rule,
        description=text_of(context.get("description")),
        priority=_read_severity(context.get("severity")),
        source=resource,
        entity=resource,
        labels={
            **{name: text_of(value) for name, value in properties.items()},
            "rule": rule,
            "resource_group": text_of(context.get("resourceGroupName")),
            "resource_type": text_of(context.get("resourceType")),
        },
        links=link_to(("Resource in Azure", context.get("portalLink"))),
        raw=data,
    )


def _read_severity(value: Any) -> Priority:
    return SEVERITIES.get(text_of(value)[-1:], Priority.P3)


SOURCE = Source(
    name="azure",
    title="Azure Monitor",
    parse=parse,
    paste="""Monitor > Alerts > Action groups > Create > Actions
  Action type: Webhook
  URI: {url}
  Enable the common alert schema: Yes""",
)
