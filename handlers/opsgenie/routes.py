"""Serves every operation of Opsgenie's API under the prefixes that its clients know."""

from aiohttp import web

from bot.flow.discovery import discover
from handlers.opsgenie.door import PREFIXES, Operation, open_door
from handlers.parts import Parts
from handlers.webhooks.senders import Senders


def list_operations() -> list[Operation]:
    """Every operation. A path with a free end comes after those that continue it: an alias may hold a slash."""
    found = [
        one
        for group in discover("handlers.opsgenie", "OPERATIONS")
        for one in group  # type: ignore[attr-defined]
    ]
    return sorted(found, key=lambda one: (one.path.endswith(":.+}"), "{" in one.path))


def list_routes(parts: Parts) -> list[web.RouteDef]:
    senders = Senders(parts.work)
    return [
        web.route(one.method, prefix + one.path, open_door(parts, one, senders))
        for prefix in PREFIXES
        for one in list_operations()
    ]
