"""The postmortem: drafted from the record, edited section by section, published, exported.

The draft is words from templates (`templates/postmortem/<section>.md.jinja`) over the record; people replace them. A
section is Markdown. Editing carries the version that was read, so that two people don't overwrite each other.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.chat.templates import Templates
from bot.errors import Invalid, Refused, Unknown
from bot.flow.unit import Unit
from bot.incidents.events import IncidentEvent
from bot.incidents.people import find_commander
from bot.incidents.timeline import spell_entry
from bot.incidents.view import IncidentView, build_incident_view
from storage.models import Alert, Incident, Postmortem
from storage.questions import incidents as ask
from storage.questions import paging, reviews
from storage.words import PostmortemStatus

SECTIONS = (
    "summary",
    "leadup",
    "fault",
    "detection",
    "root_causes",
    "mitigation",
    "impact",
    "timeline",
    "participants",
    "numbers",
    "action_items",
    "lessons",
)
DUE_AFTER = timedelta(days=5)


@dataclass(frozen=True)
class PostmortemDrafted(IncidentEvent):
    pass


@dataclass(frozen=True)
class PostmortemChanged(IncidentEvent):
    status: str


async def get_postmortem(unit: Unit, incident_id: int) -> Postmortem:
    found = await reviews.find_postmortem(unit.session, incident_id)
    if found is None:
        raise Unknown("postmortem.none", ref=f"INC-{incident_id}")
    return found


async def draft_postmortem(unit: Unit, incident: Incident, templates: Templates) -> tuple[Postmortem, bool]:
    """Draft the document from the record, or find the one that exists; returns it and whether it is new."""
    known = await reviews.find_postmortem(unit.session, incident.id)
    if known is not None:
        return known, False
    values = await _read_record(unit, incident, templates)
    commander = await find_commander(unit, incident.id)
    postmortem = Postmortem(
        incident_id=incident.id,
        sections={name: str(templates.render_markup(f"postmortem/{name}", **values)) for name in SECTIONS},
        owner_id=commander.id if commander else unit.actor.user_id,
        due_at=unit.now + DUE_AFTER,
        drafted_at=unit.now,
    )
    unit.session.add(postmortem)
    await unit.session.flush()
    unit.emit(PostmortemDrafted(incident.id))
    return postmortem, True


async def _read_record(unit: Unit, incident: Incident, templates: Templates) -> dict[str, Any]:
    view = await build_incident_view(unit.session, incident.id)
    entries = await ask.list_entries(unit.session, incident.id)
    alerts = await ask.list_alerts(unit.session, incident.id)
    subjects = [f"incident:{incident.id}", *(f"alert:{alert.id}" for alert in alerts)]
    pages = await paging.list_pages(unit.session, subjects)
    return {
        "incident": view,
        "alerts": alerts,
        "first_alert": min(alerts, key=lambda alert: alert.first_at, default=None),
        "entries": [(entry, spell_entry(templates, entry)) for entry in entries],
        "messages": [entry for entry in entries if entry.kind in ("message", "note")],
        "pages": pages,
        "numbers": count_numbers(view, list(alerts), len(pages)),
        "now": unit.now,
    }


@dataclass(frozen=True)
class Numbers:
    """How long things took, in seconds; None where it did not happen."""

    detected_after: float | None
    acknowledged_after: float | None
    resolved_after: float | None
    impact: float | None
    alerts: int
    signals: int
    pages: int
    people: int


def count_numbers(view: IncidentView, alerts: list[Alert], pages: int) -> Numbers:
    """Detected: impact start to the incident; acknowledged and resolved: from the incident on; impact: start to end."""

    def between(start: datetime | None, end: datetime | None) -> float | None:
        return (end - start).total_seconds() if start and end else None

    return Numbers(
        detected_after=between(view.impact_started_at, view.declared_at),
        acknowledged_after=between(view.declared_at, view.acknowledged_at),
        resolved_after=between(view.declared_at, view.resolved_at),
        impact=between(view.impact_started_at, view.impact_ended_at),
        alerts=len(alerts),
        signals=sum(alert.count for alert in alerts),
        pages=pages,
        people=len(view.participants),
    )


async def edit_postmortem(unit: Unit, incident_id: int, sections: dict[str, str], version: int) -> Postmortem:
    """Replace sections. Raises Refused when somebody else saved after this version was read, and Invalid for a section
    that does not exist."""
    postmortem = await get_postmortem(unit, incident_id)
    if postmortem.version != version:
        raise Refused("postmortem.changed_meanwhile", ref=f"INC-{incident_id}")
    unknown = sorted(set(sections) - set(SECTIONS))
    if unknown:
        raise Invalid("postmortem.no_section", unknown[0], name=unknown[0])
    postmortem.sections = {**postmortem.sections, **{name: text.strip() for name, text in sections.items()}}
    postmortem.edited_at = unit.now
    unit.emit(PostmortemChanged(incident_id, postmortem.status.value))
    return postmortem


async def set_postmortem_status(unit: Unit, incident_id: int, status: PostmortemStatus) -> Postmortem:
    postmortem = await get_postmortem(unit, incident_id)
    postmortem.status = status
    postmortem.published_at = unit.now if status is PostmortemStatus.PUBLISHED else None
    unit.emit(PostmortemChanged(incident_id, status.value))
    return postmortem


def render_postmortem_markdown(templates: Templates, view: IncidentView, postmortem: Postmortem) -> str:
    """The whole document in Markdown."""
    return str(
        templates.render_markup(
            "postmortem/document", incident=view, postmortem=postmortem, sections=SECTIONS
        )
    )
