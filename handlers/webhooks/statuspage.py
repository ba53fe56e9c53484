"""Atlassian Statuspage: the page of somebody else, that you subscribed to.

    {"page": {"id": "jb7j80lkgqvb"}, "incident": {"id": "z3lct0r596n4", "name": "Database query delays", "impact": "major",
     "status": "identified", "shortlink": "http://stspg.io/646947c1e", "incident_updates": [{"body": "..."}]}}

    {"page": {"id": "..."}, "component": {"id": "sqm6pl84wzjc", "name": "Database", "status": "partial_outage"},
     "component_update": {"old_status": "operational", "new_status": "partial_outage"}}

Planned maintenance is no trouble. Statuspage does not sign.
Source: support.atlassian.com/statuspage/docs/enable-webhook-notifications
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

INCIDENT = {
    "investigating": Action.TRIGGER,
    "identified": Action.TRIGGER,
    "monitoring": Action.TRIGGER,
    "resolved": Action.RESOLVE,
    "postmortem": Action.RESOLVE,
    "scheduled": None,
    "in_progress": None,
    "verifying": None,
    "completed": Action.RESOLVE,
}
IMPACTS = {"critical": Priority.P1, "major": Priority.P2, "minor": Priority.P3, "none": Priority.P4}
COMPONENT = {
    "operational": (Action.RESOLVE, Priority.P5),
    "degraded_performance": (Action.TRIGGER, Priority.P3),
    "partial_outage": (Action.TRIGGER, Priority.P2),
    "major_outage": (Action.TRIGGER, Priority.P1),
    "under_maintenance": (None, Priority.P5),
}


def parse(hook: Hook) -> list[Signal]:
    body = read_object(hook)
    page = text_of(extra_of(body, "page").get("id"))
    if "incident" in body:
        return _read_incident(part_of(body, "incident"), page)
    if "component" in body:
        return _read_component(part_of(body, "component"), extra_of(body, "component_update"), page)
    return []


def _read_incident(incident: dict[str, Any], page: str) -> list[Signal]:
    action = one_of(incident, "status", INCIDENT)
    if action is None:
        return []
    updates, parts = incident.get("incident_updates"), incident.get("components")
    latest = updates[0] if isinstance(updates, list) and updates and isinstance(updates[0], dict) else {}
    names = (
        [text_of(one.get("name")) for one in parts if isinstance(one, dict)]
        if isinstance(parts, list)
        else []
    )
    impact = text_of(incident.get("impact"))
    labels = {"page": page, "impact": impact, "components": ", ".join(filter(None, names))}
    signal = Signal(
        action=action,
        alias=f"incident-{need(incident, 'id')}",
        title=text_of(incident.get("name")) or "Incident without a name",
        description=text_of(latest.get("body")),
        priority=IMPACTS.get(impact, Priority.P3),
        source=names[0] if names else page,
        labels={name: value for name, value in labels.items() if value},
        links=link_to(("Status page", incident.get("shortlink"))),
        raw=incident,
    )
    return [signal]


def _read_component(component: dict[str, Any], update: dict[str, Any], page: str) -> list[Signal]:
    told = update if update.get("new_status") else {"new_status": component.get("status")}
    action, priority = one_of(told, "new_status", COMPONENT)
    if action is None:
        return []
    name, status = text_of(component.get("name")), text_of(told["new_status"])
    signal = Signal(
        action=action,
        alias=f"component-{need(component, 'id')}",
        title=f"{name or 'Component'}: {status.replace('_', ' ')}",
        description=text_of(component.get("description")),
        priority=priority,
        source=name,
        labels={key: value for key, value in (("page", page), ("status", status)) if value},
        raw=component,
    )
    return [signal]


SOURCE = Source(
    name="statuspage",
    title="Statuspage",
    parse=parse,
    paste="""On the status page: Subscribe to updates, the tab of webhooks:
  {url}
  and an e-mail address, which is told when the address does not answer""",
)
