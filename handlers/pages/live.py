"""Server-sent events: tells an open page which of its topics have changed, so that it fetches what it shows of them."""

import re

from aiohttp import web

from handlers.pages.security import add_headers
from handlers.pages.visit import Visit, signed_in
from handlers.parts import Parts

TOPIC = re.compile(r"(incidents|alerts|oncall|(incident|alert|board|user):\d{1,9})")
HEARTBEAT_SECONDS = 20
MOST_TOPICS = 20


def list_routes(parts: Parts) -> list[web.RouteDef]:
    async def stream(visit: Visit) -> web.StreamResponse:
        asked = visit.request.query.get("topics", "").split(",")[:MOST_TOPICS]
        topics = {topic for topic in asked if TOPIC.fullmatch(topic) and _may_hear(visit, topic)}
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


def _may_hear(visit: Visit, topic: str) -> bool:
    return not topic.startswith("user:") or topic == f"user:{visit.user.id}"
