"""`/declare/{key}`: a form for people without an account (a support desk), behind a secret link; it needs no JavaScript.

What they send is an alert of the link's integration. How often is limited, for each link and for each address.
"""

from datetime import timedelta
from ipaddress import ip_address

from aiohttp import web

from bot.alerts.payloads import Payload
from bot.alerts.queue import Sender
from bot.chat.markup import render_text
from bot.errors import Invalid, Problem, TooMany, Unauthenticated, Unavailable, Unknown
from bot.flow.unit import Unit
from handlers.pages.visit import Values, html
from handlers.parts import Parts
from handlers.rates import Rate
from handlers.webhooks.form import FIELDS, parse, read_form
from handlers.webhooks.senders import Senders
from handlers.webhooks.source import Hook
from storage.models import Integration, Service
from storage.questions import catalog

SPAN = timedelta(minutes=10)
OF_ONE_ADDRESS, OF_ONE_LINK = 5, 30
"""How many may be sent within the span."""
ROBOTS = {"X-Robots-Tag": "noindex, nofollow"}


def list_routes(parts: Parts) -> list[web.RouteDef]:
    senders = Senders(parts.work)
    addresses, links = Rate(OF_ONE_ADDRESS, SPAN), Rate(OF_ONE_LINK, SPAN)

    async def find_sender(request: web.Request) -> Sender:
        try:
            return await senders.get("form", request.match_info["key"], anew=True)
        except Unauthenticated as unknown:
            raise Unknown("form.unknown_link") from unknown

    async def show(request: web.Request) -> web.StreamResponse:
        sender = await find_sender(request)
        number = request.query.get("sent", "")
        if number.isdecimal() and len(number) < 10:
            values = {"number": int(number), "known": "known" in request.query, "link": request.path}
            return answer(parts.templates.render_html("pages/declare_sent", **values))
        return await show_form(sender, request, dict.fromkeys(FIELDS, ""))

    async def show_form(
        sender: Sender, request: web.Request, fields: dict[str, str], problem: Problem | None = None
    ) -> web.StreamResponse:
        async def ask(unit: Unit) -> Values:
            services = await catalog.list_named(unit.session, Service)
            integration = await unit.session.get_one(Integration, sender.id)
            return {"name": integration.name, "services": sorted(services, key=lambda row: row.name.lower())}

        values = (
            {"services": [], "name": ""} if isinstance(problem, Unavailable) else await parts.work.look(ask)
        )
        words = render_text(parts.templates.explain(problem)) if problem else ""
        page = parts.templates.render_html(
            "pages/declare", link=request.path, fields=fields, problem=words, limits=FIELDS, **values
        )
        response = answer(page, problem.status if problem else 200)
        if isinstance(problem, TooMany):
            response.headers["Retry-After"] = str(problem.data["seconds"])
        elif isinstance(problem, Unavailable):
            response.headers["Retry-After"] = "2"
        return response

    async def take(request: web.Request) -> web.StreamResponse:
        sender = await find_sender(request)
        body = await request.read()
        fields = read_form(body)
        try:
            signals = parse(Hook(body, request.headers))
            check_rates(sender, request)
            payload = Payload("application/x-www-form-urlencoded", body=body)
            (receipt,) = await parts.intake.accept(sender.id, signals, payload, sender)
        except (Invalid, TooMany, Unavailable) as problem:
            return await show_form(sender, request, fields, problem)
        known = "&known" if receipt.outcome == "repeated" else ""
        return web.Response(
            status=303, headers={"Location": f"{request.path}?sent={receipt.alert_id}{known}", **ROBOTS}
        )

    def check_rates(sender: Sender, request: web.Request) -> None:
        now, address = (
            parts.work.clock.now(),
            find_address(request.remote, request.headers.get("X-Forwarded-For")),
        )
        wait = max(
            addresses.seconds_to_wait(address, now),
            links.seconds_to_wait(f"{sender.id} {sender.digest}", now),
        )
        if wait:
            raise TooMany("form.too_many", seconds=wait)
        addresses.note(address, now)
        links.note(f"{sender.id} {sender.digest}", now)

    return [web.get("/declare/{key}", show), web.post("/declare/{key}", take)]


def answer(page: str, status: int = 200) -> web.Response:
    response = html(page, status)
    response.headers.update(ROBOTS)
    return response


def find_address(remote: str | None, forwarded: str | None) -> str:
    """Who asks: the peer; or, when that is on this machine or in a private network (a proxy of ours), whom the proxy names
    last. An IPv6 address counts with its whole /64, which one household has. Pure."""
    address = remote or ""
    try:
        if forwarded and (ip_address(address).is_private or ip_address(address).is_loopback):
            address = forwarded.rpartition(",")[2].strip()
        found = ip_address(address)
    except ValueError:
        return (remote or "")[:100]
    return found.exploded[:19] if found.version == 6 else str(found)
