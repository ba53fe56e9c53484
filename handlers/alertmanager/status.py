"""`GET /api/v2/status`: that somebody is there, and since when."""

from importlib.metadata import version
from typing import Any

from aiohttp import web

from bot.flow.unit import Unit
from handlers.alertmanager.door import Visit, list_doors, send
from handlers.alertmanager.wire import spell_instant
from handlers.parts import Parts
from storage.models import Integration

SPEAKS = "0.28.0"
"""The release of Alertmanager whose API this is; clients choose by it how they ask."""


def list_routes(parts: Parts) -> list[web.RouteDef]:
    started = spell_instant(parts.work.clock.now())

    async def show(visit: Visit) -> web.Response:
        async def find(_: Unit, __: Integration) -> dict[str, Any]:
            return {
                "cluster": {"name": "", "peers": [], "status": "disabled"},
                "config": {"original": ""},
                "uptime": started,
                "versionInfo": {
                    "version": f"{SPEAKS}+tocsin.{version('tocsin')}",
                    "revision": "",
                    "branch": "",
                    "buildUser": "",
                    "buildDate": "",
                    "goVersion": "",
                },
            }

        return send(await visit.look(find))

    return list_doors(parts, "GET", "/status", show)
