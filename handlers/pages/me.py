"""A person's own page: name, e-mail address, time zone, sign out. The first sign-in leads here once."""

from zoneinfo import available_timezones

from aiohttp import web

from bot.access.profile import change_profile
from bot.errors import Invalid
from handlers.pages.visit import Visit, signed_in
from handlers.parts import Parts


def list_routes(parts: Parts) -> list[web.RouteDef]:
    async def show(visit: Visit) -> web.StreamResponse:
        known = {"name": visit.user.name, "email": visit.user.email, "zone": visit.user.zone}
        return await _show(
            visit, known, welcome=not visit.user.welcomed, saved="saved" in visit.request.query
        )

    async def change(visit: Visit) -> web.StreamResponse:
        form = await visit.form()
        known = {name: form.get(name, "") for name in ("name", "email", "zone")}
        try:
            await parts.work.run(lambda unit: change_profile(unit, visit.user.id, **known), visit.actor)
        except Invalid as wrong:
            sentence = parts.templates.explain(wrong)
            return await _show(visit, known, not visit.user.welcomed, False, {wrong.field or "": sentence})
        return visit.go("/me?saved=1" if visit.user.welcomed else "/")

    return [web.get("/me", signed_in(parts, show)), web.post("/me", signed_in(parts, change))]


async def _show(
    visit: Visit, known: dict[str, str], welcome: bool, saved: bool, errors: dict[str, str] | None = None
) -> web.Response:
    return await visit.show(
        "pages/me",
        status=422 if errors else 200,
        known=known,
        welcome=welcome,
        saved=saved,
        errors=errors or {},
        zones=sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC"),
    )
