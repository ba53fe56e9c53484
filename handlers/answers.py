"""`/p/{token}`: the link of a page. Opening it shows a button, so that a preview in a mail or chat program answers nothing;
posting to it acknowledges as the person who was paged. Who has the link needs no session, so any page may post to it."""

from aiohttp import web

from bot.chat.invocation import Invocation
from bot.chat.markup import render_text
from bot.errors import Unknown
from bot.flow.unit import Unit
from bot.incidents.privacy import is_hidden_from
from bot.paging.links import act_as, command_of, get_linked_page
from handlers.pages.visit import html
from handlers.parts import Parts
from storage.models import Page, User
from storage.words import PageState

ANYWHERE = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


def list_routes(parts: Parts) -> list[web.RouteDef]:
    async def offer(request: web.Request) -> web.StreamResponse:
        page, _ = await find_page(parts, request.match_info["token"])
        is_open = page.state not in (PageState.ANSWERED, PageState.DROPPED)
        values = {"token": request.match_info["token"], "page": page, "is_open": is_open, "said": ""}
        return html(parts.templates.render_html("pages/answer", **values))

    async def answer(request: web.Request) -> web.StreamResponse:
        page, user = await find_page(parts, request.match_info["token"])
        said, _ = await answer_page(parts, page, user)
        values = {"token": "", "page": page, "is_open": False, "said": said}
        response = html(parts.templates.render_html("pages/answer", **values))
        response.headers.update(ANYWHERE)
        return response

    async def allow(_: web.Request) -> web.StreamResponse:
        """What a browser asks before the web application of ntfy may post."""
        methods = {"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "*"}
        return web.Response(status=204, headers={**ANYWHERE, **methods})

    return [
        web.get("/p/{token}", offer),
        web.post("/p/{token}", answer),
        web.options("/p/{token}", allow),
    ]


async def find_page(parts: Parts, token: str) -> tuple[Page, User]:
    """The page of this link. Whoever is no longer part of a private incident has no link to it either; raises Unknown."""

    async def find(unit: Unit) -> tuple[Page, User]:
        page, user = await get_linked_page(unit, token)
        if await is_hidden_from(unit, page.subject, user):
            raise Unknown("page.link_old")
        return page, user

    return await parts.work.look(find)


async def answer_page(parts: Parts, page: Page, user: User) -> tuple[str, bool]:
    """Do what the button of the page does, as its person; returns what became of it, in words, and whether it is done."""
    reply = await parts.inbound.invoke(Invocation(command_of(page), act_as(user), act_as(user).platform))
    return render_text(reply.text), not reply.failed


async def note_shown(unit: Unit, page_id: int, shown: str) -> str:
    """Keep what the copy of a page shows now; returns what it showed before."""
    page = await unit.session.get_one(Page, page_id)
    before, page.shown = page.shown, shown
    return before
