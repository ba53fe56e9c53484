"""Signing in with a one-time link, and signing out. Opening a link only shows a button, so that a preview in a chat
or a mail program does not use it up."""

from aiohttp import web

from bot.access.signin import SESSION_DAYS, end_session, use_sign_in_link
from bot.flow.unit import Actor, Unit
from handlers.pages.visit import COOKIE, Visit, find_visitor, html, signed_in
from handlers.parts import Parts
from storage.questions.access import end_access


def list_routes(parts: Parts) -> list[web.RouteDef]:
    async def explain(request: web.Request) -> web.StreamResponse:
        if await find_visitor(parts, request) is not None:
            return web.Response(status=303, headers={"Location": "/"})
        return html(parts.templates.render_html("pages/login", token=""))

    async def offer(request: web.Request) -> web.StreamResponse:
        return html(parts.templates.render_html("pages/login", token=request.match_info["token"]))

    async def enter(request: web.Request) -> web.StreamResponse:
        token = request.match_info["token"]
        user, cookie = await parts.work.run(lambda unit: use_sign_in_link(unit, token), Actor("browser"))
        response = web.Response(status=303, headers={"Location": "/" if user.welcomed else "/me?welcome=1"})
        response.set_cookie(
            COOKIE,
            cookie,
            max_age=SESSION_DAYS * 86_400,
            httponly=True,
            samesite="Lax",
            secure=parts.settings.public_url.startswith("https://"),
            path="/",
        )
        return response

    async def leave(visit: Visit) -> web.StreamResponse:
        everywhere = "everywhere" in await visit.form()

        async def end(unit: Unit) -> None:
            if everywhere:
                await end_access(unit.session, visit.user.id)
            else:
                await end_session(unit, visit.request.cookies[COOKIE])

        await parts.work.run(end, visit.actor)
        response = web.Response(status=303, headers={"Location": "/login"})
        response.del_cookie(COOKIE, path="/")
        return response

    return [
        web.get("/login", explain),
        web.get("/login/{token}", offer),
        web.post("/login/{token}", enter),
        web.post("/logout", signed_in(parts, leave)),
    ]
