"""An incident's postmortem: reading it, editing it section by section, its status, and its export."""

from aiohttp import web

from bot.chat.markup import render_html
from bot.errors import Invalid, Problem, Refused, Unknown
from bot.flow.unit import Unit
from bot.reviews.postmortem import (
    SECTIONS,
    edit_postmortem,
    get_postmortem,
    render_postmortem_markdown,
    set_postmortem_status,
)
from handlers.pages.incident import read_incident, read_number
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.models import User
from storage.questions import reviews
from storage.words import PostmortemStatus


def list_routes(parts: Parts) -> list[web.RouteDef]:
    place = r"/{ref:INC-\d{1,9}}/postmortem"
    return [
        web.get(place, signed_in(parts, show)),
        web.get(place + r"/{section:[a-z_]+}", signed_in(parts, show_editor)),
        web.post(place + r"/{section:[a-z_]+}", signed_in(parts, save, "responder")),
        web.post(place, signed_in(parts, change_status, "responder")),
        web.get(place + ".md", signed_in(parts, send_markdown)),
        web.get(place + ".html", signed_in(parts, send_html)),
    ]


async def show(visit: Visit) -> web.StreamResponse:
    async def ask(unit: Unit) -> Values:
        view = await read_incident(visit, unit)
        found = await reviews.find_postmortem(unit.session, view.id)
        owner = await unit.session.get(User, found.owner_id) if found and found.owner_id else None
        return {
            "incident": view,
            "postmortem": found,
            "owner": owner,
            "sections": SECTIONS,
            "statuses": tuple(PostmortemStatus),
        }

    return await visit.show("pages/postmortem", ask)


async def show_editor(visit: Visit) -> web.StreamResponse:
    section = _get_section(visit)

    async def ask(unit: Unit) -> Values:
        view = await read_incident(visit, unit)
        postmortem = await get_postmortem(unit, view.id)
        return {
            "incident": view,
            "section": section,
            "text": postmortem.sections.get(section, ""),
            "version": postmortem.version,
        }

    return await visit.show("pages/postmortem_edit", ask, theirs="", sentence="")


async def save(visit: Visit) -> web.StreamResponse:
    """Keep the new words; when somebody else was faster, show both and keep nothing until a person has chosen."""
    section, number = _get_section(visit), read_number(visit)
    form = await visit.form()
    text, version = form.get("text", ""), form.get("version", "")

    async def change(unit: Unit) -> None:
        await read_incident(visit, unit)
        await edit_postmortem(unit, number, {section: text}, int(version) if version.isdecimal() else -1)

    try:
        await visit.parts.work.run(change, visit.actor)
    except (Refused, Invalid) as problem:
        return await _show_conflict(visit, section, text, problem)
    return visit.go(f"/INC-{number}/postmortem#{section}")


async def _show_conflict(visit: Visit, section: str, text: str, problem: Problem) -> web.StreamResponse:
    async def ask(unit: Unit) -> Values:
        view = await read_incident(visit, unit)
        postmortem = await get_postmortem(unit, view.id)
        return {
            "incident": view,
            "theirs": postmortem.sections.get(section, ""),
            "version": postmortem.version,
        }

    sentence = visit.parts.templates.explain(problem)
    return await visit.show("pages/postmortem_edit", ask, 409, section=section, text=text, sentence=sentence)


async def change_status(visit: Visit) -> web.StreamResponse:
    number = read_number(visit)
    status = (await visit.form()).get("status", "")
    if status not in tuple(PostmortemStatus):
        raise Invalid("postmortem.bad_status", "status", status=status)

    async def change(unit: Unit) -> None:
        await read_incident(visit, unit)
        await set_postmortem_status(unit, number, PostmortemStatus(status))

    await visit.parts.work.run(change, visit.actor)
    return visit.go(f"/INC-{number}/postmortem")


async def send_markdown(visit: Visit) -> web.StreamResponse:
    number = read_number(visit)
    headers = {"Content-Disposition": f'attachment; filename="INC-{number}-postmortem.md"'}
    return web.Response(text=await _render(visit), content_type="text/markdown", headers=headers)


async def send_html(visit: Visit) -> web.StreamResponse:
    number = read_number(visit)
    body = render_html(await _render(visit))
    response = visit.respond("pages/postmortem_export", {"title": f"INC-{number}", "body": body})
    response.headers["Content-Disposition"] = f'attachment; filename="INC-{number}-postmortem.html"'
    return response


async def _render(visit: Visit) -> str:
    async def ask(unit: Unit) -> Values:
        view = await read_incident(visit, unit)
        postmortem = await get_postmortem(unit, view.id)
        return {"text": render_postmortem_markdown(visit.parts.templates, view, postmortem)}

    return str((await visit.look(ask))["text"])


def _get_section(visit: Visit) -> str:
    section = visit.request.match_info["section"]
    if section not in SECTIONS:
        raise Unknown("postmortem.no_section", name=section)
    return section
