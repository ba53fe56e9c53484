"""`/healthz` (the process lives), `/readyz` (it can do its work), `/metrics` (Prometheus)."""

from collections.abc import Collection
from datetime import datetime

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from bot.errors import Problem
from bot.flow.unit import Unit
from handlers.parts import Parts
from storage.questions import flow

OVERDUE_SECONDS = 60
queue_age = Gauge("tocsin_outbox_oldest_seconds", "Age of the oldest outbox row that waits")
queue_size = Gauge("tocsin_outbox_rows", "Outbox rows by state", ["state"])
lane_age = Gauge(
    "tocsin_outbox_lane_oldest_seconds", "Age of the oldest row that waits, by platform", ["lane"]
)
lane_size = Gauge("tocsin_outbox_lane_rows", "Rows that wait, by platform or channel", ["lane"])
away_for = Gauge("tocsin_lane_away_seconds", "How long a platform or channel has not answered", ["lane"])
overdue = Gauge("tocsin_timers_overdue_seconds", "How long the earliest timer has been due")


async def _look(
    unit: Unit, kinds: Collection[str]
) -> tuple[flow.Queues, list[flow.Waiting], list[flow.Away]]:
    """`kinds` are the timers that this release does: what a newer one has planned says nothing about this process."""
    queues = await flow.look_at_queues(unit.session, unit.now, kinds)
    return queues, await flow.list_waiting(unit.session), await flow.list_away(unit.session)


def _describe(away: flow.Away, now: datetime) -> dict[str, object]:
    """One platform or channel that does not answer; chat down is not incident down, so this is no 503."""
    return {
        "lane": away.lane,
        "since": away.since.isoformat(),
        "seconds": round(away.seconds(now), 1),
        "waiting": away.rows,
        "oldest_seconds": round((now - away.oldest).total_seconds(), 1),
    }


def list_routes(parts: Parts) -> list[web.RouteDef]:
    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_: web.Request) -> web.Response:
        """503 only when no work can be done; what is parked, late or away is told besides."""
        try:
            state, _waiting, away = await parts.work.look(lambda unit: _look(unit, parts.timers.handlers))
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
            "away": [_describe(one, parts.work.clock.now()) for one in away],
        }
        return web.json_response(body, status=503 if late else 200)

    async def metrics(_: web.Request) -> web.Response:
        try:
            state, waiting, away = await parts.work.look(lambda unit: _look(unit, parts.timers.handlers))
        except Problem:
            pass
        else:
            now = parts.work.clock.now()
            for gauge in (lane_age, lane_size, away_for):
                gauge.clear()
            for one in waiting:
                lane_age.labels(one.lane).set((now - one.oldest).total_seconds())
                lane_size.labels(one.lane).set(one.rows)
            for gone in away:
                away_for.labels(gone.lane).set(gone.seconds(now))
            queue_age.set(state.oldest)
            queue_size.labels("waiting").set(state.waiting)
            queue_size.labels("parked").set(state.parked)
            overdue.set(state.timer_overdue)
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)]
