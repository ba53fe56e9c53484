"""An incident's page: its card, its chat, and beside them timeline, updates, alerts and tasks. Each piece has an
address of its own, so that an open page fetches only what has changed."""

import asyncio
from datetime import timedelta

from aiohttp import web

from bot.errors import Unknown
from bot.flow.unit import Unit
from bot.incidents.privacy import find_visible, get_incident
from bot.incidents.timeline import list_timeline, spell_entry
from bot.incidents.view import IncidentView, build_incident_view
from bot.paging.still import is_asked
from handlers.pages.alerts import read_alert_rows
from handlers.pages.messages import read_conversation
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.models import BoardChannel, IncidentRoom
from storage.questions import incidents as incidents_ask
from storage.questions import reviews, screens

OPENING_FOR = timedelta(seconds=10)
TABS = ("timeline", "updates", "alerts", "tasks")
KINDS = {
    "words": ("message", "note"),
    "state": (
        "incident_declared", "incident_acknowledged", "incident_unacknowledged", "status_changed",
        "incident_resolved", "incident_closed", "incident_reopened", "incident_merged", "merged_in",
        "priority_changed", "title_changed", "summary_changed", "service_impacted", "team_added", "room_opened",
        "postmortem_drafted", "postmortem_changed", "incident_made_private", "incident_made_public",
    ),
    "updates": ("update_posted", "update_overdue"),
    "people": (
        "role_taken", "role_left", "person_invited", "responders_invited", "person_joined", "person_left",
        "follower_added",
    ),
    "alerts": ("alerts_joined", "alerts_of_incident_closed", "person_paged", "page_failed", "nobody_reached",
               "person_out_of_reach", "escalation_exhausted", "still_on_it_asked", "still_on_it",
               "acknowledgement_over", "acknowledgement_reset", "closed_unanswered"),
    "tasks": ("task_added", "task_done", "link_added", "call_set"),
}  # fmt: skip
"""What the timeline's filter offers, and the kinds of entries that each choice stands for."""


def list_routes(parts: Parts) -> list[web.RouteDef]:
    tabs = "|".join(TABS)
    return [
        web.get(r"/{ref:INC-\d{1,9}}", signed_in(parts, show)),
        web.get(rf"/{{ref:INC-\d{{1,9}}}}/{{tab:{tabs}}}", signed_in(parts, show)),
        web.get(r"/{ref:INC-\d{1,9}}/head", signed_in(parts, show_head)),
        web.get(rf"/{{ref:INC-\d{{1,9}}}}/panel/{{tab:{tabs}}}", signed_in(parts, show_panel)),
        web.get(r"/{ref:inc-\d{1,9}}", signed_in(parts, spell_right)),
    ]


def read_number(visit: Visit) -> int:
    return int(visit.request.match_info["ref"].upper().removeprefix("INC-"))


async def read_incident(visit: Visit, unit: Unit) -> IncidentView:
    """The incident that the address names; raises Unknown when there is none for this person."""
    incident = await get_incident(unit, f"INC-{read_number(visit)}")
    return await build_incident_view(unit.session, incident.id)


async def spell_right(visit: Visit) -> web.StreamResponse:
    return visit.go(f"/INC-{read_number(visit)}")


async def show(visit: Visit) -> web.StreamResponse:
    """The whole page. Without a tab a phone shows the chat; a wide screen has the timeline beside it."""
    tab = visit.request.match_info.get("tab", "chat")
    await _await_room(visit)

    async def ask(unit: Unit) -> Values:
        return {
            **await read_head(visit, unit),
            **await read_panel(visit, unit, "timeline" if tab == "chat" else tab),
            **await read_chat(visit, unit),
            "tab": tab,
        }

    return await visit.show("pages/incident", ask)


async def _await_room(visit: Visit) -> None:
    """Whoever has just declared an incident is here before its room is; it takes a moment to open."""

    async def is_opening(unit: Unit) -> Values:
        incident = await find_visible(unit, read_number(visit))
        is_new = incident is not None and unit.now - incident.declared_at < OPENING_FOR
        room = await incidents_ask.find_room(unit.session, read_number(visit), "room")
        return {"now": is_new and (room is None or room.channel is None)}

    for _ in range(6):
        if not (await visit.look(is_opening))["now"]:
            return
        await asyncio.sleep(0.1)


async def show_head(visit: Visit) -> web.StreamResponse:
    return await visit.show_part("pages/parts/incident_head", lambda unit: read_head(visit, unit), oob=True)


async def show_panel(visit: Visit) -> web.StreamResponse:
    tab = visit.request.match_info["tab"]
    part = "entries" if "list" in visit.request.query else "panel"

    async def ask(unit: Unit) -> Values:
        view = await read_incident(visit, unit)
        return {"incident": view, **await read_panel(visit, unit, tab, view)}

    return await visit.show_part(f"pages/parts/{part}", ask)


async def read_head(visit: Visit, unit: Unit) -> Values:
    view = await read_incident(visit, unit)
    card = visit.parts.templates.render_card(
        "incident", incident=view, url=f"{visit.parts.settings.public_url}/{view.ref}", now=unit.now
    )
    postmortem = await reviews.find_postmortem(unit.session, view.id)
    rooms = await incidents_ask.list_rooms(unit.session, view.id)
    elsewhere = [room for room in rooms if room.platform != "room" and room.channel]
    return {
        "incident": view,
        "card": card,
        "postmortem": postmortem,
        "elsewhere": elsewhere,
        "is_asked": view.is_open and await is_asked(unit, f"incident:{view.id}"),
    }


async def read_panel(visit: Visit, unit: Unit, tab: str, view: IncidentView | None = None) -> Values:
    """What the panel beside the chat shows: one tab."""
    number = read_number(visit)
    values: Values = {"panel": tab, "filter_kind": "", "filter_text": "", "kinds": tuple(KINDS)}
    if tab == "timeline":
        kind = visit.request.query.get("kind", "")
        text = visit.request.query.get("text", "").strip()[:100]
        entries = await list_timeline(unit.session, number, KINDS.get(kind), text)
        spelt = [(entry, spell_entry(visit.parts.templates, entry)) for entry in reversed(entries)]
        values |= {"entries": spelt, "filter_kind": kind, "filter_text": text}
    elif tab == "alerts":
        rows = await screens.list_alerts(unit.session, viewer=visit.user, incident_id=number, limit=200)
        values["alerts"] = await read_alert_rows(unit, rows)
    return values


async def read_chat(visit: Visit, unit: Unit) -> Values:
    """The incident's channel in the Room; there is none for the moment between declaring and opening it."""
    room = await incidents_ask.find_room(unit.session, read_number(visit), "room")
    channel = await _find_channel(unit, room)
    if channel is None:
        return {"conversation": None}
    conversation = await read_conversation(unit, channel, visit.user, around=visit.query_number("around"))
    return {"conversation": conversation}


async def _find_channel(unit: Unit, room: IncidentRoom | None) -> BoardChannel | None:
    if room is None or room.channel is None:
        return None
    channel = await unit.session.get(BoardChannel, int(room.channel))
    if channel is None:
        raise Unknown("channel.unknown", number=room.channel)
    return channel
