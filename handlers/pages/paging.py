"""How a person is paged: their contact methods, their rules and their quiet hours."""

from typing import Any

from aiohttp import web

from bot.errors import Invalid
from bot.flow.unit import Unit
from bot.notify.vapid import find_public_key
from bot.paging.devices import name_device
from bot.paging.evidence import find_last_test
from bot.paging.lines import find_faults, parse_quiet, parse_rules, spell_rules, spell_windows
from bot.paging.settings import FROM_FILE, change_paging, find_unknown_methods, list_names
from bot.paging.ways import list_methods, read_contacts
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from handlers.push import find_push_key
from storage.models import User

LONGEST = 4_000


def list_routes(parts: Parts) -> list[web.RouteDef]:
    async def show(visit: Visit) -> web.StreamResponse:
        if visit.wants_fragment:
            return await visit.show_part("pages/parts/ways", lambda unit: _read_ways(unit, visit.user))
        return await _show(visit, _spell(visit.user), saved="saved" in visit.request.query)

    async def change(visit: Visit) -> web.StreamResponse:
        form = await visit.form()
        written = {name: form.get(name, "")[:LONGEST] for name in ("rules", "quiet")}
        p1 = bool(form.get("p1"))
        faults = find_faults(**written)
        if not faults:
            rules = parse_rules(written["rules"])
            paging = {"rules": rules, "quiet": {"windows": parse_quiet(written["quiet"]), "p1": p1}}
            faults = await parts.work.run(lambda unit: _change(unit, visit.user.id, paging), visit.actor)
        if faults:
            errors: dict[str, list[str]] = {}
            for wrong in faults:
                errors.setdefault(wrong.field or "", []).append(parts.templates.explain(wrong))
            return await _show(visit, {**written, "p1": p1}, errors=errors)
        return visit.go("/me/paging?saved=1")

    return [web.get("/me/paging", signed_in(parts, show)), web.post("/me/paging", signed_in(parts, change))]


async def _change(unit: Unit, user_id: int, paging: dict[str, Any]) -> list[Invalid]:
    """Returns all that is wrong with it; then it is not kept."""
    user = await unit.session.get_one(User, user_id)
    faults = await find_unknown_methods(unit, user, paging["rules"])
    if not faults:
        await change_paging(unit, user, paging)
    return faults


async def _read_ways(unit: Unit, user: User) -> Values:
    return {
        "methods": await list_methods(unit, user),
        "contacts": await read_contacts(unit, user.id),
        "set_up": unit.installation.methods,
        "tested": await find_last_test(unit, user.id),
    }


def _spell(user: User) -> Values:
    quiet = user.paging.get("quiet") or {}
    return {
        "rules": spell_rules(user.paging.get("rules") or []),
        "quiet": spell_windows(quiet.get("windows") or []),
        "p1": bool(quiet.get("p1")),
    }


async def _show(
    visit: Visit, known: Values, saved: bool = False, errors: dict[str, list[str]] | None = None
) -> web.Response:
    async def ask(unit: Unit) -> Values:
        return {**await _read_ways(unit, visit.user), "names": await list_names(unit, visit.user)}

    return await visit.show(
        "pages/paging",
        ask,
        status=422 if errors else 200,
        known=known,
        saved=saved,
        errors=errors or {},
        in_file=visit.user.paging.get("origin") == FROM_FILE,
        push_key=find_public_key(await find_push_key(visit.parts)),
        device=name_device(visit.request.headers.get("User-Agent", "")),
    )
