"""Serves every operation of Opsgenie's API under the prefixes that its clients know."""

from aiohttp import web

from bot.errors import Unknown
from bot.flow.discovery import discover
from handlers.opsgenie.door import PREFIXES, Answer, Call, Operation, open_door
from handlers.parts import Parts
from handlers.webhooks.senders import Senders

GROUPS = "account|alerts|escalations|heartbeats|request-limits|schedules|teams|users"
"""What is answered in Opsgenie's shape also where there is nothing; `/v2/` has other products' paths, too."""
NOT_SERVED = (
    "/v2/{group:deployments|forwarding-rules|incidents|integrations|logs|maintenance|policies|roles|services}",
    "/v1/{group}",
)
"""What Opsgenie has besides: its scripts are told so, and not that they are wrong."""
REST = "{rest:(?:/[\\s\\S]*)?}"


def list_operations() -> list[Operation]:
    """Every operation. A path with a free end comes after those that continue it: an alias may hold a slash."""
    found = [
        one
        for group in discover("handlers.opsgenie", "OPERATIONS")
        for one in group  # type: ignore[attr-defined]
    ]
    return sorted(found, key=lambda one: (one.path.endswith("]+}"), "{" in one.path))


async def refuse(call: Call) -> Answer:
    raise Unknown("page.unknown", path=call.request.path)


async def tell_not_served(call: Call) -> Answer:
    raise Unknown("opsgenie.not_served", path=call.request.path)


def list_routes(parts: Parts) -> list[web.RouteDef]:
    senders = Senders(parts.work)
    operations = [*list_operations(), Operation("*", f"/{{group:{GROUPS}}}{REST}", refuse)]
    return [
        web.route(one.method, prefix + one.path, open_door(parts, one, senders))
        for prefix in PREFIXES
        for one in operations
    ] + [
        web.route("*", path + REST, open_door(parts, Operation("*", path, tell_not_served, None), senders))
        for path in NOT_SERVED
    ]
