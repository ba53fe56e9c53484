"""A person's calendar links: to make one, which is shown this once, to renew it and to revoke it."""

from aiohttp import web

from bot.errors import Problem
from bot.flow.unit import Unit
from bot.oncall.feeds import list_own_feeds, make_feed, renew_feed, revoke_feed
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.models import Schedule, Team
from storage.questions import catalog


def list_routes(parts: Parts) -> list[web.RouteDef]:
    return [
        web.get("/me/calendars", signed_in(parts, show)),
        web.post("/me/calendars", signed_in(parts, change)),
    ]


async def show(visit: Visit) -> web.StreamResponse:
    return await _show(visit)


async def change(visit: Visit) -> web.StreamResponse:
    """`of` says what a link is to: `user`, or `schedule:slug` or `team:slug`; with `revoke`, the subject whose link ends;
    with `renew`, the one that gets a new link."""
    form = await visit.form()
    work = visit.parts.work
    if form.get("revoke"):
        await work.run(lambda unit: revoke_feed(unit, visit.user, form["revoke"]), visit.actor)
        return visit.go("/me/calendars")
    kind, _, name = form.get("of", "").partition(":")
    try:
        if form.get("renew"):
            token = await work.run(lambda unit: renew_feed(unit, visit.user, form["renew"]), visit.actor)
        else:
            token = await work.run(lambda unit: make_feed(unit, visit.user, kind, name), visit.actor)
    except Problem as problem:
        return await _show(visit, 422, error=visit.parts.templates.explain(problem))
    return await _show(visit, link=f"{visit.parts.settings.public_url}/calendar/{token}.ics")


async def _show(visit: Visit, status: int = 200, link: str = "", error: str = "") -> web.StreamResponse:
    async def ask(unit: Unit) -> Values:
        return {
            "feeds": await list_own_feeds(unit, visit.user),
            "schedules": await catalog.list_named(unit.session, Schedule),
            "teams": await catalog.list_named(unit.session, Team),
        }

    chosen = visit.request.query.get("of", "user")
    return await visit.show("pages/calendars", ask, status, link=link, error=error, chosen=chosen)
