"""`/api/v1/maintenance`: planned work that pages nobody, and planning, changing and ending it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from bot.alerts import matchers
from bot.alerts.covering import Covered
from bot.alerts.maintenance import (
    LONGEST,
    Plan,
    cancel_maintenance,
    change_maintenance,
    end_window,
    plan_maintenance,
)
from bot.alerts.maintenance import get_maintenance as find_maintenance
from bot.alerts.matchers import read_matchers as read_stored
from bot.alerts.matchers import spell_matchers
from bot.errors import Invalid
from bot.flow.unit import Unit
from handlers.api.operation import (
    NO_NUL,
    PREFIX,
    Call,
    Listing,
    NoBody,
    NoQuery,
    Operation,
    PageQuery,
    PathPart,
    build_listing,
    send,
)
from handlers.api.quiet import As, MatcherItem, find_responder, read_matchers, show_matchers, told_as
from handlers.api.silences import AsQuery, Instant
from handlers.api.values import Person, find_person, list_people, read_active
from storage.models import Maintenance, Silence
from storage.questions import lists
from storage.questions import silences as ask
from storage.words import Scope

NUMBER = PathPart("maintenance", "^[1-9][0-9]{0,8}$", "The maintenance's number.", "1")

Zone = Annotated[str, Meta(max_length=64, pattern=NO_NUL, examples=["Europe/Paris"])]


class MaintenanceQuery(PageQuery, frozen=True, kw_only=True):
    """Filters of maintenance."""

    active: Annotated[
        Literal["true", "false", "any"],
        Meta(description="What is on or planned, what is over, or both."),
    ] = "true"


class EndQuery(AsQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is ended: the window that is on, or all that would follow, too."""

    whole: Annotated[bool, Meta(description="For good, if it repeats.")] = False


class WindowItem(Struct, frozen=True):
    """One time of it. `held` open alerts wait for its end."""

    starts_at: datetime
    ends_at: datetime
    held: int


class MaintenanceItem(Struct, frozen=True, kw_only=True):
    """Planned work on what any of the `targets` names, or on everything; `what` are the targets as people write them.
    `length` is in seconds. `repeat` is an RRULE on the clock of `zone`, empty for once, and no window begins after `until`.
    `window` is the one that is on, or the next. `origin` is `file` for one that is changed in the configuration file."""

    number: int
    name: str
    state: Literal["planned", "on", "over"]
    targets: list[MatcherItem]
    what: str
    everything: bool
    starts_at: datetime
    length: int
    repeat: str
    zone: str
    until: datetime | None
    window: WindowItem | None
    origin: str
    by: str
    person: Person | None
    created_at: datetime
    ended_at: datetime | None


class MaintenanceMade(MaintenanceItem, frozen=True, kw_only=True):
    """`incidents` have such alerts already, nobody has acknowledged them, and they go on paging. With `more`, older alerts
    that are open are held within moments."""

    incidents: list[str]
    more: bool


class MaintenanceBody(Struct, frozen=True, forbid_unknown_fields=True):
    """What it is to be; what is left out has its default, also on a change, but for `starts_at` and `zone`, which then
    stay."""

    name: Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_NUL)]
    length: Annotated[int, Meta(ge=60, le=int(LONGEST.total_seconds()), description="Seconds.")]
    targets: Annotated[
        tuple[MatcherItem, ...],
        Meta(max_length=matchers.MOST, description="Services, teams and integrations, by slug or name."),
    ] = ()
    everything: Annotated[bool, Meta(description="In place of targets.")] = False
    starts_at: Annotated[Instant | None, Meta(description="From now on, if it is not said.")] = None
    repeat: Annotated[
        str,
        Meta(max_length=300, pattern=NO_NUL, description="daily, weekly, monthly or an RRULE (RFC 5545)."),
    ] = ""
    until: Annotated[Instant | None, Meta(description="No window begins after this.")] = None
    zone: Annotated[
        Zone | None, Meta(description="On whose clock it repeats; without it the person's, or UTC.")
    ] = None
    as_: As = msgspec.field(name="as", default=None)


async def show_maintenances(unit: Unit, rows: Sequence[Maintenance]) -> list[MaintenanceItem]:
    """Maintenance as the API shows it."""
    held = await ask.count_held(unit.session, [f"maintenance:{row.id}" for row in rows])
    people = await list_people(unit, [row.creator_id for row in rows])
    windows = await ask.list_windows(unit.session, [row.id for row in rows], unit.now)
    shown = []
    for row in rows:
        targets, window = read_stored(row.targets), windows.get(row.id)
        is_on = window is not None and window.starts_at <= unit.now
        shown.append(
            MaintenanceItem(
                number=row.id,
                name=row.name,
                state="over" if row.ended_at is not None else "on" if is_on else "planned",
                targets=show_matchers(targets),
                what=spell_matchers(targets),
                everything=not targets,
                starts_at=row.starts_at,
                length=row.length,
                repeat=row.rule,
                zone=row.zone,
                until=row.until if row.rule else None,
                window=_show_window(window, held.get(f"maintenance:{row.id}", 0)),
                origin=row.origin,
                by=row.creator_name,
                person=find_person(people, row.creator_id),
                created_at=row.created_at,
                ended_at=row.ended_at,
            )
        )
    return shown


def _show_window(row: Silence | None, held: int) -> WindowItem | None:
    return WindowItem(row.starts_at, row.ends_at, held) if row is not None else None


async def list_all(call: Call[MaintenanceQuery, NoBody]) -> Listing[MaintenanceItem]:
    async def look(unit: Unit) -> Listing[MaintenanceItem]:
        found = await lists.list_maintenances(
            unit.session, call.query.wanted(), active=read_active(call.query.active)
        )
        return build_listing(await show_maintenances(unit, found.rows), found.next_after)

    return await call.look(look)


async def get_one(call: Call[NoQuery, NoBody]) -> MaintenanceItem:
    return await _look(call)


async def _look(call: Call[Any, Any]) -> MaintenanceItem:
    async def look(unit: Unit) -> MaintenanceItem:
        return (await show_maintenances(unit, [await find_maintenance(unit, call.part("maintenance"))]))[0]

    return await call.look(look)


def _read(body: MaintenanceBody, starts_at: datetime, zone: str) -> Plan:
    if bool(body.targets) is body.everything:
        raise Invalid("maintenance.what", "targets")
    return Plan(
        body.name,
        read_matchers(body.targets),
        starts_at,
        timedelta(seconds=body.length),
        body.repeat,
        body.until,
        body.zone if body.zone is not None else zone,
    )


async def create(call: Call[NoQuery, MaintenanceBody]) -> web.Response:
    body = call.body
    actor, user = await find_responder(call, body.as_)

    async def change(unit: Unit) -> MaintenanceMade:
        plan = _read(body, body.starts_at or unit.now, user.zone if user is not None else "UTC")
        row, covered = await told_as(plan_maintenance(unit, plan), "targets", what="targets")
        return await _show_made(unit, row, covered)

    made = await call.parts.work.run(change, actor)
    return send(made, 201, {"Location": f"{PREFIX}/maintenance/{made.number}"})


async def _show_made(unit: Unit, row: Maintenance, covered: Covered) -> MaintenanceMade:
    await unit.session.flush()
    (item,) = await show_maintenances(unit, [row])
    values: dict[str, Any] = {name: getattr(item, name) for name in item.__struct_fields__}
    return MaintenanceMade(**values, incidents=await covered.list_visible(unit), more=covered.more)


async def change_one(call: Call[NoQuery, MaintenanceBody]) -> MaintenanceMade:
    body = call.body
    actor, _ = await find_responder(call, body.as_)

    async def change(unit: Unit) -> MaintenanceMade:
        row = await find_maintenance(unit, call.part("maintenance"))
        await unit.lock(row)
        plan = _read(body, body.starts_at or row.starts_at, row.zone)
        covered = await told_as(change_maintenance(unit, row, plan), "targets", what="targets")
        return await _show_made(unit, row, covered)

    return await call.parts.work.run(change, actor)


async def end_one(call: Call[EndQuery, NoBody]) -> MaintenanceItem:
    actor, _ = await find_responder(call, call.query.as_)

    async def change(unit: Unit) -> None:
        row = await find_maintenance(unit, call.part("maintenance"))
        await unit.lock(row)
        await (cancel_maintenance if call.query.whole else end_window)(unit, row)

    await call.parts.work.run(change, actor)
    return await _look(call)  # with what followed


ONE = "/maintenance/{maintenance}"
OPERATIONS = (
    Operation(
        "GET",
        "/maintenance",
        "listMaintenance",
        "Maintenance.",
        list_all,
        Listing[MaintenanceItem],
        MaintenanceQuery,
    ),
    Operation(
        "POST",
        "/maintenance",
        "planMaintenance",
        "Plan maintenance.",
        create,
        MaintenanceMade,
        Body=MaintenanceBody,
        status=201,
        scope=Scope.WRITE,
        problems=(404,),
        header=("Location", "Where the maintenance is."),
        links={
            "maintenance": {
                "operationId": "getMaintenance",
                "parameters": {"maintenance": "$response.body#/number"},
            }
        },
    ),
    Operation("GET", ONE, "getMaintenance", "One maintenance.", get_one, MaintenanceItem, parts=(NUMBER,)),
    Operation(
        "PUT",
        ONE,
        "changeMaintenance",
        "Change maintenance. A window that is on goes on when it is one of the changed ones, too.",
        change_one,
        MaintenanceMade,
        Body=MaintenanceBody,
        parts=(NUMBER,),
        scope=Scope.WRITE,
        problems=(409,),
    ),
    Operation(
        "DELETE",
        ONE,
        "endMaintenance",
        "End the window that is on, or all of it. What it held and is still open pages like a new alert.",
        end_one,
        MaintenanceItem,
        EndQuery,
        parts=(NUMBER,),
        scope=Scope.WRITE,
        problems=(403, 409),
    ),
)
