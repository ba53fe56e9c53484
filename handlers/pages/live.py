"""Server-sent events: tells an open page which of its topics have changed, so that it fetches what it shows of them."""

import re

from aiohttp import web

from bot.alerts.lives import get_alert
from bot.errors import Unknown
from bot.flow.unit import Unit
from bot.incidents.privacy import get_incident
from handlers.pages.messages import get_channel
from handlers.pages.security import add_headers
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts

TOPIC = re.compile(
    r"(incidents|alerts|silences|heartbeats|oncall|outages|rules|policies|teams|people"
    r"|(incident|alert|board|user):\d{1,9})"
)
HEARTBEAT_SECONDS = 20
MOST_TOPICS = 20


def list_routes(parts: Parts) -> list[web.RouteDef]:
    async def stream(visit: Visit) -> web.StreamResponse:
        asked = visit.request.query.get("topics", "").split(",")[:MOST_TOPICS]
        wanted = {topic for topic in asked if TOPIC.fullmatch(topic)}
        topics = (await visit.look(lambda unit: _keep_visible(visit, unit, wanted)))["topics"]
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream; charset=utf-8",
                "Cache-Control": "no-store",
                "X-Accel-Buffering": "no",
            }
        )
        add_headers(response)
        await response.prepare(visit.request)
        with parts.work.live.listen(topics) as listener:
            try:
                await response.write(b"retry: 1000\nevent: hello\ndata: \n\n")
                async for changed in listener.changes(HEARTBEAT_SECONDS):
                    name = "changed" if changed else "beat"
                    await response.write(f"event: {name}\ndata: {' '.join(sorted(changed))}\n\n".encode())
            except ConnectionError:
                pass  # the page was closed
        return response

    return [web.get("/live", signed_in(parts, stream))]


async def _keep_visible(visit: Visit, unit: Unit, topics: set[str]) -> Values:
    return {"topics": {topic for topic in topics if await _may_hear(visit, unit, topic)}}


async def _may_hear(visit: Visit, unit: Unit, topic: str) -> bool:
    """Whether this person may know of what a topic is about, and when it changes."""
    kind, _, number = topic.partition(":")
    try:
        if kind == "incident":
            await get_incident(unit, number)
        elif kind == "alert":
            await get_alert(unit, number)
        elif kind == "board":
            await get_channel(unit, int(number), visit.user)
    except Unknown:
        return False
    return kind != "user" or int(number) == visit.user.id
