"""Senders in the Room: who sends alerts, what came lately and what became of it, a test alert, and a new sender with what to
paste at it."""

from typing import Any

from aiohttp import web

from bot.alerts.signal import Action, Signal
from bot.alerts.trials import try_signals
from bot.catalog.integrations import create_integration, find_integration, renew_key
from bot.catalog.teams import get_team
from bot.errors import Problem, Refused, Unknown
from bot.flow.unit import Unit
from handlers.pages.edit_pages import NEW, SLUG, may_edit
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from handlers.webhooks.kept import read_kept
from handlers.webhooks.receive import list_sources
from handlers.webhooks.source import Source
from storage.models import Integration, Team
from storage.questions import catalog
from storage.questions.payloads import find_kept, list_kept
from storage.words import Priority

ROOT = "/senders"
LAST = 20
TEST_ALIAS = "tocsin-test-alert"


def list_routes(parts: Parts) -> list[web.RouteDef]:
    one = f"{ROOT}/{{sender:{SLUG}}}"
    return [
        web.get(ROOT, signed_in(parts, show_list, "responder")),
        web.get(ROOT + NEW, signed_in(parts, show_new, "admin")),
        web.post(ROOT + NEW, signed_in(parts, create, "admin")),
        web.get(one, signed_in(parts, show_sender, "responder")),
        web.post(one + "/key", signed_in(parts, give_new_key, "admin")),
        web.post(one + "/test", signed_in(parts, send_test_alert, "responder")),
        web.get(one + r"/messages/{message:\d+}", signed_in(parts, show_message, "admin")),
    ]


async def show_list(visit: Visit) -> web.StreamResponse:
    async def ask(unit: Unit) -> Values:
        rows = await catalog.list_named(unit.session, Integration, everything=True)
        teams = await catalog.list_named(unit.session, Team, everything=True)
        return {"senders": rows, "teams": {row.id: row.name for row in teams}}

    return await visit.show("pages/senders", ask, sources=list_sources(), may_edit=may_edit(visit))


async def show_new(visit: Visit) -> web.StreamResponse:
    return await _show_new(visit, {"source": visit.request.query.get("source", ""), "name": "", "team": ""})


async def _show_new(visit: Visit, known: dict[str, str], error: Problem | None = None) -> web.Response:
    async def ask(unit: Unit) -> Values:
        return {"teams": await catalog.list_named(unit.session, Team)}

    offered = sorted(list_sources().values(), key=lambda source: source.title.lower())
    sentence = visit.parts.templates.explain(error) if error else ""
    return await visit.show(
        "pages/sender_new",
        ask,
        error.status if error else 200,
        known=known,
        sources=[source for source in offered if source.posted],
        sentence=sentence,
    )


async def create(visit: Visit) -> web.StreamResponse:
    form = await visit.form()
    known = {name: form.get(name, "").strip() for name in ("source", "name", "team")}
    source = list_sources().get(known["source"])

    async def make(unit: Unit) -> tuple[Integration, str]:
        if source is None or not source.posted:
            raise Unknown("source.unknown", name=known["source"], known=[])
        team = await get_team(unit, known["team"]) if known["team"] else None
        return await create_integration(unit, source.name, known["name"][:120] or source.title, team)

    try:
        row, key = await visit.parts.work.run(make, visit.actor)
    except Problem as problem:
        return await _show_new(visit, known, problem)
    return await _show_sender(visit, row.slug, key)


async def show_sender(visit: Visit) -> web.StreamResponse:
    return await _show_sender(visit, visit.request.match_info["sender"])


async def give_new_key(visit: Visit) -> web.StreamResponse:
    slug = visit.request.match_info["sender"]
    _, key = await visit.parts.work.run(lambda unit: renew_key(unit, slug), visit.actor)
    return await _show_sender(visit, slug, key)


async def _show_sender(visit: Visit, slug: str, key: str = "") -> web.Response:
    """The page of one sender; with a key that was just made, the only time that it can be seen."""
    values: dict[str, Any] = {}

    async def ask(unit: Unit) -> Values:
        row = await find_integration(unit, slug, everything=True)
        source = list_sources().get(row.source)
        team = await unit.session.get(Team, row.team_id) if row.team_id else None
        messages = await list_kept(unit.session, row.id, LAST) if may_edit(visit) else ()
        values.update(_tell_address(visit, source, row, key) if source else {})
        return {"sender": row, "source": source, "team": team, "messages": messages}

    shown = await visit.show(
        "pages/sender", ask, said=values, key=key, may_edit=may_edit(visit), sent=_read_sent(visit)
    )
    if key:
        shown.headers["Cache-Control"] = "no-store"
    return shown


def _tell_address(visit: Visit, source: Source, row: Integration, key: str) -> Values:
    """Where it posts and what to paste there; without a key, with a gap in its place."""
    settings = visit.parts.settings
    url, paste = source.show(settings.public_url, key or "KEY", settings.mail_host, row.slug, row.settings)
    return {"url": url, "paste": paste}


def _read_sent(visit: Visit) -> str:
    """What became of a test alert that opened none."""
    sent = visit.request.query.get("test", "")
    return sent if sent in ("ignored", "repeated") else ""


async def send_test_alert(visit: Visit) -> web.StreamResponse:
    """A real alert of this sender, by the way that all go: it is judged by the rules and pages whom they say."""
    slug, name = visit.request.match_info["sender"], visit.user.name
    row = (await visit.look(lambda unit: _find(unit, slug)))["sender"]
    signal = Signal(
        Action.TRIGGER,
        TEST_ALIAS,
        f"Test alert of {row.name}",
        f"{name} sent it from the Room to see whom it reaches. Acknowledge it, then close it.",
        Priority.P3,
        tags=("test",),
        raw={"test": True},
    )
    (receipt,) = await visit.parts.intake.accept(row.id, [signal])
    if receipt.alert_id is None:
        return visit.go(f"{ROOT}/{row.slug}?test={receipt.outcome}")
    return visit.go(f"/alerts/{receipt.alert_id}")


async def _find(unit: Unit, slug: str) -> Values:
    row = await find_integration(unit, slug, everything=True)
    if not row.active:
        raise Refused("integration.off", name=row.name)
    return {"sender": row}


async def show_message(visit: Visit) -> web.StreamResponse:
    """A kept message, and what the rules would make of it now."""
    number = visit.number("message")

    async def ask(unit: Unit) -> Values:
        row = await find_integration(unit, visit.request.match_info["sender"], everything=True)
        message = await find_kept(unit.session, row.id, number)
        if message is None:
            raise Unknown("payload.unknown", number=number, name=row.name)
        try:
            trials, problem = await try_signals(unit, row, read_kept(row, message)), ""
        except Problem as refused:
            trials, problem = [], visit.parts.templates.explain(refused)
        return {"sender": row, "message": message, "trials": trials, "problem": problem}

    return await visit.show("pages/sender_message", ask)
