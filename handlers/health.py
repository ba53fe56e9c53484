"""`/healthz` (the process lives), `/readyz` (it can do its work), `/metrics` (Prometheus)."""

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from bot.errors import Problem
from handlers.parts import Parts
from storage.questions import flow

OVERDUE_SECONDS = 60
queue_age = Gauge("tocsin_outbox_oldest_seconds", "Age of the oldest outbox row that waits")
queue_size = Gauge("tocsin_outbox_rows", "Outbox rows by state", ["state"])
overdue = Gauge("tocsin_timers_overdue_seconds", "How long the earliest timer has been due")


def list_routes(parts: Parts) -> list[web.RouteDef]:
    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        """503 only when no work can be done; what is parked or late is told besides."""
        try:
            state = await parts.work.look(lambda unit: flow.look_at_queues(unit.session, unit.now))
        except Problem as problem:
            return web.json_response({"status": "unavailable", "reason": problem.code}, status=503)
        late = state.timer_overdue > OVERDUE_SECONDS
        body = {
            "status": "late" if late else "ok",
            "outbox": {
                "waiting": state.waiting,
                "parked": state.parked,
                "oldest_seconds": round(state.oldest, 1),
            },
            "timers": {"overdue_seconds": round(state.timer_overdue, 1)},
        }
        return web.json_response(body, status=503 if late else 200)

    async def metrics(_: web.Request) -> web.Response:
        try:
            state = await parts.work.look(lambda unit: flow.look_at_queues(unit.session, unit.now))
        except Problem:
            pass
        else:
            queue_age.set(state.oldest)
            queue_size.labels("waiting").set(state.waiting)
            queue_size.labels("parked").set(state.parked)
            overdue.set(state.timer_overdue)
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)]
