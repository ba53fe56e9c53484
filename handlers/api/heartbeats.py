"""`/api/v1/heartbeats`: making, changing and deleting heartbeats, and pinging one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from aiohttp import web
from msgspec import Meta, Struct

from bot.alerts import heartbeats
from bot.alerts.heartbeats import LONGEST, SHORTEST, Wanted
from bot.catalog.teams import get_service, get_team
from bot.flow.unit import Unit
from handlers.api.door import named_by
from handlers.api.operation import (
    NO_NUL,
    PREFIX,
    Call,
    Listing,
    NoBody,
    NoQuery,
    Operation,
    PathPart,
    build_listing,
    send,
)
from handlers.api.values import SLUG, Named, show_named
from storage.models import Heartbeat, Service, Team
from storage.questions import catalog
from storage.words import HeartbeatStatus, Priority, Scope

SLUG_PART = PathPart("heartbeat", SLUG, "The heartbeat's slug.", "nightly-backup")
LineOfText = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^\x00]*[A-Za-z0-9][^\x00]*$")]
NameOf = Annotated[str, Meta(max_length=254, pattern=NO_NUL)]


class HeartbeatItem(Struct, frozen=True, kw_only=True):
    """Something that pings at least every `interval` seconds. `waiting` is one that was not heard since it was made or
    enabled; only one that was is missed."""

    slug: str
    name: str
    description: str
    interval: int
    enabled: bool
    status: HeartbeatStatus
    team: Named | None
    service: Named | None
    priority: Priority
    message: str
    tags: list[str]
    last_ping_at: datetime | None
    created_at: datetime


class HeartbeatMade(HeartbeatItem, frozen=True, kw_only=True):
    """`ping_url` holds its key, and can't be shown again."""

    ping_url: str


class HeartbeatBody(Struct, frozen=True, forbid_unknown_fields=True):
    """What a heartbeat is to be; what is left out has its default, also on a change."""

    name: LineOfText
    interval: Annotated[int, Meta(ge=SHORTEST, le=LONGEST, description="Seconds.")]
    description: Annotated[str, Meta(max_length=4_000, pattern=NO_NUL)] = ""
    enabled: bool = True
    team: Annotated[NameOf, Meta(description="Slug or name.")] = ""
    service: Annotated[NameOf, Meta(description="Slug or name.")] = ""
    priority: Priority = Priority.P2
    message: Annotated[
        str, Meta(max_length=512, pattern=r"^[^\x00]*$", description="The title of its alert.")
    ] = ""
    tags: Annotated[tuple[NameOf, ...], Meta(max_length=100)] = ()


async def _show(unit: Unit, rows: Sequence[Heartbeat]) -> list[HeartbeatItem]:
    teams = await catalog.list_by_id(unit.session, Team, {row.team_id for row in rows if row.team_id})
    services = await catalog.list_by_id(
        unit.session, Service, {row.service_id for row in rows if row.service_id}
    )
    return [
        HeartbeatItem(
            slug=row.slug,
            name=row.name,
            description=row.description,
            interval=row.interval,
            enabled=row.active,
            status=row.status,
            team=show_named(teams.get(row.team_id or 0)),
            service=show_named(services.get(row.service_id or 0)),
            priority=row.priority,
            message=row.message,
            tags=[str(tag) for tag in row.tags],
            last_ping_at=row.last_ping_at,
            created_at=row.created_at,
        )
        for row in rows
    ]


async def list_all(call: Call[NoQuery, NoBody]) -> Listing[HeartbeatItem]:
    async def look(unit: Unit) -> Listing[HeartbeatItem]:
        return build_listing(await _show(unit, await heartbeats.list_shown(unit)), None)

    return await call.look(look)


async def get_one(call: Call[NoQuery, NoBody]) -> HeartbeatItem:
    async def look(unit: Unit) -> HeartbeatItem:
        return (await _show(unit, [await heartbeats.get_heartbeat(unit, call.part("heartbeat"))]))[0]

    return await call.look(look)


async def _read(unit: Unit, body: HeartbeatBody) -> Wanted:
    return Wanted(
        body.name,
        body.interval,
        body.description,
        await named_by("team", get_team(unit, body.team)) if body.team else None,
        await named_by("service", get_service(unit, body.service)) if body.service else None,
        body.priority,
        body.message,
        body.tags,
        body.enabled,
    )


async def create(call: Call[NoQuery, HeartbeatBody]) -> web.Response:
    async def change(unit: Unit) -> dict[str, Any]:
        row, key = await heartbeats.create_heartbeat(unit, await _read(unit, call.body))
        url = f"{unit.installation.public_url}/heartbeats/{key}"
        (item,) = await _show(unit, [row])
        return {**{name: getattr(item, name) for name in item.__struct_fields__}, "ping_url": url}

    made = HeartbeatMade(**await call.parts.work.run(change, call.actor))
    return send(made, 201, {"Location": f"{PREFIX}/heartbeats/{made.slug}"})


async def change_one(call: Call[NoQuery, HeartbeatBody]) -> HeartbeatItem:
    async def change(unit: Unit) -> HeartbeatItem:
        row = await heartbeats.get_heartbeat(unit, call.part("heartbeat"))
        await heartbeats.change_heartbeat(unit, row, await _read(unit, call.body))
        await unit.session.flush()
        return (await _show(unit, [row]))[0]

    return await call.parts.work.run(change, call.actor)


async def delete_one(call: Call[NoQuery, NoBody]) -> HeartbeatItem:
    async def change(unit: Unit) -> HeartbeatItem:
        row = await heartbeats.get_heartbeat(unit, call.part("heartbeat"))
        (item,) = await _show(unit, [row])
        await heartbeats.delete_heartbeat(unit, row)
        return item

    return await call.parts.work.run(change, call.actor)


async def ping(call: Call[NoQuery, NoBody]) -> HeartbeatItem:
    async def change(unit: Unit) -> HeartbeatItem:
        row = await heartbeats.get_heartbeat(unit, call.part("heartbeat"))
        await heartbeats.ping_heartbeat(unit, row)
        return (await _show(unit, [row]))[0]

    return await call.parts.work.run(change, call.actor)


ONE = "/heartbeats/{heartbeat}"
OPERATIONS = (
    Operation("GET", "/heartbeats", "listHeartbeats", "Heartbeats.", list_all, Listing[HeartbeatItem]),
    Operation(
        "POST",
        "/heartbeats",
        "createHeartbeat",
        "Make a heartbeat.",
        create,
        HeartbeatMade,
        Body=HeartbeatBody,
        status=201,
        scope=Scope.ADMIN,
        problems=(404, 409),
        header=("Location", "Where the heartbeat is."),
    ),
    Operation("GET", ONE, "getHeartbeat", "One heartbeat.", get_one, HeartbeatItem, parts=(SLUG_PART,)),
    Operation(
        "PUT",
        ONE,
        "changeHeartbeat",
        "Change a heartbeat.",
        change_one,
        HeartbeatItem,
        Body=HeartbeatBody,
        parts=(SLUG_PART,),
        scope=Scope.ADMIN,
        problems=(409,),
    ),
    Operation(
        "POST",
        ONE + "/ping",
        "pingHeartbeat",
        "Ping a heartbeat.",
        ping,
        HeartbeatItem,
        parts=(SLUG_PART,),
        scope=Scope.WRITE,
        problems=(403,),
    ),
    Operation(
        "DELETE",
        ONE,
        "deleteHeartbeat",
        "Delete a heartbeat; an alert that it has open is closed.",
        delete_one,
        HeartbeatItem,
        parts=(SLUG_PART,),
        scope=Scope.ADMIN,
        problems=(403,),
    ),
)
