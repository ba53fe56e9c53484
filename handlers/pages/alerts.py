"""Open alerts (and closed ones), with acknowledging and closing in place or in bulk."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.chat.invocation import Invocation
from bot.chat.reply import Reply
from bot.flow.unit import Unit
from handlers.pages.replies import read_back, show_reply
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.models import Alert, Service, Team, User
from storage.questions import access, catalog, screens

PAGE = 100
BULK = ("ack", "close")


@dataclass(frozen=True)
class AlertRow:
    """One alert in a list."""

    alert: Alert
    service: str
    team: str
    owner: User | None


def list_routes(parts: Parts) -> list[web.RouteDef]:
    return [
        web.get("/alerts", signed_in(parts, show)),
        web.post("/alerts/bulk", signed_in(parts, change_many)),
    ]


async def show(visit: Visit) -> web.StreamResponse:
    closed = visit.request.query.get("show") == "closed"
    text = visit.request.query.get("text", "").strip()[:100]

    async def ask(unit: Unit) -> Values:
        found = await screens.list_alerts(
            unit.session,
            viewer=visit.user,
            closed=closed,
            text=text,
            before=visit.query_number("before"),
            limit=PAGE,
        )
        return {
            "alerts": await read_alert_rows(unit, found),
            "more_before": found[-1].id if closed and len(found) == PAGE else None,
            "is_full": not closed and len(found) == PAGE,
            "closed": closed,
            "text": text,
            "is_new": not found and not text and not closed,
            "limit": PAGE,
        }

    if visit.wants_fragment:
        return await visit.show_part("pages/parts/alerts", ask)
    return await visit.show("pages/alerts", ask)


async def change_many(visit: Visit) -> web.StreamResponse:
    """Run `/alert ack` or `/alert close` for each alert that is ticked."""
    form = await visit.request.post()
    fields = {name: text for name, text in form.items() if isinstance(text, str)}
    action = fields.get("action", "")
    numbers = [str(text) for text in form.getall("alert", []) if str(text).isdecimal()][:PAGE]
    failed: list[str] = []
    done = 0
    for number in numbers if action in BULK else []:
        line = f"/alert {action} {number}"
        reply = await visit.parts.inbound.invoke(Invocation(line, visit.actor, "room", submitted=True))
        if reply.failed:
            failed.append(reply.text)
        else:
            done += 1
    text = visit.parts.templates.render_sentence(
        "forms/bulk", action if action in BULK else "nothing", done=done
    )
    sentences = "\n\n".join([str(text), *failed[:3]])
    return show_reply(visit, Reply(text=sentences, failed=bool(failed)), read_back(visit, fields))


async def read_alert_rows(unit: Unit, alerts: Sequence[Alert]) -> list[AlertRow]:
    """What a list says of each alert, in three questions for all of them."""
    services = await catalog.list_by_id(
        unit.session, Service, {row.service_id for row in alerts if row.service_id}
    )
    teams = await catalog.list_by_id(unit.session, Team, {row.team_id for row in alerts if row.team_id})
    people = await access.list_users_by_id(unit.session, {row.owner_id for row in alerts if row.owner_id})
    return [
        AlertRow(
            row,
            services[row.service_id].name if row.service_id in services else "",
            teams[row.team_id].name if row.team_id in teams else "",
            people.get(row.owner_id) if row.owner_id else None,
        )
        for row in alerts
    ]
