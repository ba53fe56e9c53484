"""Opsgenie's heartbeats, on Tocsin's own. A ping by name takes the key of the sender, and never says that there is no such
heartbeat: what pings is a cron job, which must not fail because of its watchman.
"""

import re
from dataclasses import replace
from typing import Any

from bot.alerts.heartbeats import (
    Wanted,
    change_heartbeat,
    create_heartbeat,
    delete_heartbeat,
    get_heartbeat,
    ping_heartbeat,
    switch_heartbeat,
)
from bot.alerts.responders import find_responder
from bot.errors import Invalid, Refused, Unknown
from bot.flow.unit import Unit
from bot.logs import get_logger
from handlers.opsgenie import limits
from handlers.opsgenie.door import Answer, Call, Operation
from handlers.opsgenie.shapes import Shape, spell_time
from storage.models import Heartbeat, Service, Team
from storage.questions import heartbeats as ask
from storage.words import HeartbeatStatus, Priority, Scope

log = get_logger(__name__)
NAME = re.compile(r"[A-Za-z0-9._-]{1,120}")
DESCRIPTION = 10_000
UNITS = {"minutes": 60, "hours": 3_600, "days": 86_400}
PONG = "PONG - Heartbeat received"
Body = dict[str, Any]


async def ping(call: Call) -> Answer:
    name = call.part("name").replace("\x00", "")

    async def do(unit: Unit) -> None:
        found = await ask.find_heartbeat(unit.session, name)
        if found is not None:
            await ping_heartbeat(unit, found)
        else:
            log.warning("opsgenie.heartbeat_unknown", integration=call.caller.integration_id)

    await call.parts.work.run(do, call.caller.actor)
    return Answer({"result": PONG}, 202)


async def list_heartbeats(call: Call) -> Answer:
    async def look(unit: Unit) -> list[Shape]:
        return [await _show(unit, row) for row in await ask.list_heartbeats(unit.session)]

    return Answer({"data": {"heartbeats": await call.look(look)}})


async def show(call: Call) -> Answer:
    async def look(unit: Unit) -> Shape:
        return await _show(unit, await _find(unit, call))

    return Answer({"data": await call.look(look)})


async def create(call: Call) -> Answer:
    body = await call.body()
    name = limits.need_text(body, "name", limits.ENTITY)
    if not NAME.fullmatch(name):
        reason = "it should be letters, digits, dots, dashes and underscores, 120 at most"
        raise Invalid("field.wrong", "name", name="name", reason=reason)
    interval = read_interval(body, None)

    async def do(unit: Unit) -> Shape:
        wanted = await _read(unit, body, Wanted(name, interval, priority=Priority.P3))
        try:
            row, _ = await create_heartbeat(unit, wanted)
        except Refused as taken:
            raise Invalid(taken.code, "name", **taken.data) from taken
        return await _show(unit, row)

    return Answer({"result": "Created", "data": await call.parts.work.run(do, call.caller.actor)}, 201)


async def change(call: Call) -> Answer:
    body = await call.body()

    async def do(unit: Unit) -> Shape:
        row = await _find(unit, call)
        now = Wanted(
            row.name,
            read_interval(body, row.interval),
            row.description,
            await unit.session.get(Team, row.team_id) if row.team_id is not None else None,
            await unit.session.get(Service, row.service_id) if row.service_id is not None else None,
            row.priority,
            row.message,
            tuple(row.tags),
            row.active,
        )
        await change_heartbeat(unit, row, await _read(unit, body, now))
        return _name(row)

    return Answer({"result": "Updated", "data": await call.parts.work.run(do, call.caller.actor)})


async def delete(call: Call) -> Answer:
    async def do(unit: Unit) -> None:
        await delete_heartbeat(unit, await _find(unit, call))

    await call.parts.work.run(do, call.caller.actor)
    return Answer({"result": "Deleted"})


async def enable(call: Call) -> Answer:
    return await _switch(call, True)


async def disable(call: Call) -> Answer:
    return await _switch(call, False)


async def _switch(call: Call, active: bool) -> Answer:
    async def do(unit: Unit) -> Shape:
        row = await _find(unit, call)
        await switch_heartbeat(unit, row, active)
        return _name(row)

    result = "Enabled" if active else "Disabled"
    return Answer({"result": result, "data": await call.parts.work.run(do, call.caller.actor)})


async def _find(unit: Unit, call: Call) -> Heartbeat:
    name = call.part("name")
    if "\x00" in name:
        raise Unknown("heartbeat.unknown", name="", known=[])
    return await get_heartbeat(unit, name)


def read_interval(body: Body, default: int | None) -> int:
    """Seconds, from `interval` and `intervalUnit`; raises Invalid. Whether so many are allowed is the heartbeats' own
    business. Pure."""
    if default is not None and body.get("interval") is None and body.get("intervalUnit") is None:
        return default
    unit = limits.read_text(body, "intervalUnit", 20) or "minutes"
    if unit not in UNITS:
        raise Invalid("field.not_one_of", "intervalUnit", name="intervalUnit", known=list(UNITS))
    number = body.get("interval", default // UNITS[unit] if default is not None else None)
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= 1_000_000:
        reason = "it should be a whole number from 1"
        raise Invalid("field.wrong", "interval", name="interval", reason=reason)
    return number * UNITS[unit]


async def _read(unit: Unit, body: Body, now: Wanted) -> Wanted:
    """What is wanted by a body; what it leaves out stays as it is."""
    wanted = now
    if body.get("description") is not None:
        wanted = replace(wanted, description=limits.read_text(body, "description", DESCRIPTION))
    if body.get("alertMessage") is not None:
        wanted = replace(wanted, message=limits.read_text(body, "alertMessage", limits.MESSAGE))
    if body.get("alertTags") is not None:
        tags = limits.read_words(body, "alertTags", limits.TAGS, limits.TAG)
        wanted = replace(wanted, tags=tuple(tags))
    if body.get("alertPriority"):
        wanted = replace(wanted, priority=_read_priority(body))
    if body.get("enabled") is not None:
        if not isinstance(body["enabled"], bool):
            raise Invalid("field.wrong", "enabled", name="enabled", reason="it should be true or false")
        wanted = replace(wanted, active=body["enabled"])
    team = limits.read_responder(body["ownerTeam"], "ownerTeam", "team") if body.get("ownerTeam") else None
    if team is not None:
        try:
            found = await find_responder(unit, team)
        except Unknown as unknown:
            raise Invalid(unknown.code, "ownerTeam", **unknown.data) from unknown
        wanted = replace(wanted, team=await unit.session.get_one(Team, found["id"]))
    return wanted


def _read_priority(body: Body) -> Priority:
    try:
        return limits.need_priority({"priority": body["alertPriority"]})
    except Invalid as wrong:
        raise Invalid(wrong.code, "alertPriority", **{**wrong.data, "name": "alertPriority"}) from wrong


def _name(row: Heartbeat) -> Shape:
    return {"name": row.name, "enabled": row.active, "expired": row.status is HeartbeatStatus.LATE}


async def _show(unit: Unit, row: Heartbeat) -> Shape:
    """The interval is told in the largest unit that it is a whole number of."""
    kind = next((kind for kind in reversed(UNITS) if row.interval % UNITS[kind] == 0), "minutes")
    team = await unit.session.get(Team, row.team_id) if row.team_id is not None else None
    shape = {
        **_name(row),
        "description": row.description,
        "interval": max(1, row.interval // UNITS[kind]),
        "intervalUnit": kind,
        "alertMessage": row.message or f"{row.name} is expired",
        "alertTags": [str(tag) for tag in row.tags],
        "alertPriority": row.priority.value,
    }
    if team is not None:
        shape["ownerTeam"] = {"id": str(team.id), "name": team.name}
    if row.last_ping_at is not None:
        shape["lastPingTime"] = spell_time(row.last_ping_at)
    return shape


ONE = r"/heartbeats/{name:[\s\S]+}"
OPERATIONS = (
    Operation("GET", "/heartbeats", list_heartbeats),
    Operation("POST", "/heartbeats", create, Scope.WRITE),
    *(Operation(method, ONE + "/ping", ping, Scope.WRITE) for method in ("GET", "POST", "PUT", "PATCH")),
    Operation("POST", ONE + "/enable", enable, Scope.WRITE),
    Operation("POST", ONE + "/disable", disable, Scope.WRITE),
    Operation("GET", ONE, show),
    Operation("PATCH", ONE, change, Scope.WRITE),
    Operation("DELETE", ONE, delete, Scope.WRITE),
)
