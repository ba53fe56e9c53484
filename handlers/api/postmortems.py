"""`/api/v1/incidents/{ref}/postmortem`: the document as JSON, or exported as Markdown or HTML."""

from datetime import datetime
from typing import Annotated, Literal

from aiohttp import web
from msgspec import Meta, Struct

from bot.chat.markup import render_html
from bot.flow.unit import Unit
from bot.incidents.privacy import get_incident
from bot.incidents.view import build_incident_view
from bot.reviews.postmortem import SECTIONS, render_postmortem_markdown
from bot.reviews.postmortem import get_postmortem as find_postmortem
from handlers.api.operation import REF, Call, NoBody, Operation
from handlers.api.values import Person, find_person, list_people
from storage.words import PostmortemStatus

Format = Literal["", "json", "markdown", "html"]
MEDIA = {"markdown": "text/markdown", "html": "text/html"}


class PostmortemQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the document is sent."""

    format: Annotated[Format, Meta(description="Goes before the Accept header; empty leaves it to that.")] = (
        ""
    )


class Section(Struct, frozen=True):
    """A part of the document, in Markdown."""

    name: str
    text: str


class PostmortemItem(Struct, frozen=True):
    """The review document of an incident. `version` grows with each edit."""

    incident: str
    status: PostmortemStatus
    owner: Person | None
    due_at: datetime | None
    drafted_at: datetime
    edited_at: datetime | None
    published_at: datetime | None
    version: int
    sections: list[Section]
    url: str


async def get_postmortem(call: Call[PostmortemQuery, NoBody]) -> PostmortemItem | web.Response:
    wanted = call.query.format or _read_accept(call.request)

    async def look(unit: Unit) -> PostmortemItem | web.Response:
        incident = await get_incident(unit, call.part("ref"))
        postmortem = await find_postmortem(unit, incident.id)
        if wanted in MEDIA:
            view = await build_incident_view(unit.session, incident.id)
            text = render_postmortem_markdown(call.parts.templates, view, postmortem)
            if wanted == "html":
                values = {"title": incident.ref, "body": render_html(text)}
                text = call.parts.templates.render_html("pages/postmortem_export", **values)
            return web.Response(text=text, content_type=MEDIA[wanted], charset="utf-8")
        people = await list_people(unit, [postmortem.owner_id])
        return PostmortemItem(
            incident.ref,
            postmortem.status,
            find_person(people, postmortem.owner_id),
            postmortem.due_at,
            postmortem.drafted_at,
            postmortem.edited_at,
            postmortem.published_at,
            postmortem.version,
            [Section(name, str(postmortem.sections.get(name, ""))) for name in SECTIONS],
            f"{unit.installation.public_url}/{incident.ref}/postmortem",
        )

    return await call.look(look)


def _read_accept(request: web.Request) -> str:
    """The first of our formats that the Accept header names; JSON when it names none."""
    kinds = [part.partition(";")[0].strip().lower() for part in request.headers.get("Accept", "").split(",")]
    known = {media: name for name, media in MEDIA.items()} | {"application/json": "json", "*/*": "json"}
    return next((known[kind] for kind in kinds if kind in known), "json")


OPERATIONS = (
    Operation(
        "GET",
        "/incidents/{ref}/postmortem",
        "getPostmortem",
        "The postmortem.",
        get_postmortem,
        PostmortemItem,
        PostmortemQuery,
        parts=(REF,),
        media=tuple(MEDIA.values()),
    ),
)
