"""A person's calendars: the links to shifts, to make one, which is shown this once, to renew it and to revoke it; and the
calendar in which they keep their absences, whose address is never shown again."""

from aiohttp import web

from bot.errors import Problem
from bot.flow.unit import Unit
from bot.oncall.absences import give_calendar, host_of, read_url, remove_calendar
from bot.oncall.feeds import list_own_feeds, make_feed, renew_feed, revoke_feed
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.models import Schedule, Team
from storage.questions import catalog, oncall


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
    if form.get("absences"):
        return await _change_absences(visit, form)
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


async def _change_absences(visit: Visit, form: Values) -> web.StreamResponse:
    """With `absences` give, its address is in `url`; with off, it is read no more."""
    try:
        if form["absences"] == "off":
            await visit.parts.work.run(lambda unit: remove_calendar(unit, visit.user), visit.actor)
        else:
            url = read_url(form.get("url", ""))
            await visit.parts.work.run(lambda unit: give_calendar(unit, visit.user, url), visit.actor)
    except Problem as problem:
        return await _show(visit, 422, absences_error=visit.parts.templates.explain(problem))
    return visit.go("/me/calendars#absences")


async def _show(
    visit: Visit, status: int = 200, link: str = "", error: str = "", absences_error: str = ""
) -> web.StreamResponse:
    async def ask(unit: Unit) -> Values:
        row = await oncall.find_absence_calendar(unit.session, visit.user.id)
        return {
            "absences": row,
            "host": host_of(row) if row is not None else "",
            "coming": await oncall.list_read_absences(unit.session, visit.user.id, unit.now),
            "feeds": await list_own_feeds(unit, visit.user),
            "schedules": await catalog.list_named(unit.session, Schedule),
            "teams": await catalog.list_named(unit.session, Team),
        }

    chosen = visit.request.query.get("of", "user")
    return await visit.show(
        "pages/calendars", ask, status, link=link, error=error, absences_error=absences_error, chosen=chosen
    )
