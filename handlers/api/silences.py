"""`/api/v1/silences`: silences, and making, changing and ending one. Windows of maintenance are in `maintenance`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from bot.alerts import matchers
from bot.alerts.covering import Covered
from bot.alerts.quiet import name_holder
from bot.alerts.silences import change_silence, create_silence, end_silence, spell
from bot.alerts.silences import get_silence as find_silence
from bot.catalog.integrations import find_integration
from bot.flow.unit import Unit
from handlers.api.door import named_by
from handlers.api.operation import (
    NO_NUL,
    PREFIX,
    Call,
    Listing,
    Name,
    NoBody,
    NoQuery,
    Operation,
    PageQuery,
    PathPart,
    build_listing,
    send,
)
from handlers.api.quiet import As, MatcherItem, find_responder, read_matchers, show_matchers, told_as
from handlers.api.values import Named, Person, find_person, list_people, show_named
from storage.models import Integration, Silence
from storage.questions import catalog, lists
from storage.questions import silences as ask
from storage.words import Scope

NUMBER = PathPart("silence", "^[1-9][0-9]{0,8}$", "The silence's number.", "1")
State = Literal["pending", "active", "over"]
Instant = Annotated[datetime, Meta(tz=True)]
Comment = Annotated[str, Meta(max_length=2_000, pattern=NO_NUL)]


class SilencesQuery(PageQuery, frozen=True, kw_only=True):
    """Filters of silences."""

    state: Annotated[tuple[State, ...], Meta(max_length=3, description="Any of these states.")] = ()


class AsQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom it is done."""

    as_: As = msgspec.field(name="as", default=None)


class SilenceItem(Struct, frozen=True, kw_only=True):
    """A time in which alerts that all `matchers` match page nobody and open no incident; `what` are the matchers as people
    write them. With an `integration`, only alerts of that sender. `held` open alerts wait for its end."""

    number: int
    state: State
    matchers: list[MatcherItem]
    what: str
    integration: Named | None
    starts_at: datetime
    ends_at: datetime
    comment: str
    by: str
    person: Person | None
    held: int
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    ended_by: str


class SilenceMade(SilenceItem, frozen=True, kw_only=True):
    """`incidents` have such alerts already, nobody has acknowledged them, and they go on paging. With `more`, older alerts
    that are open are held within moments."""

    incidents: list[str]
    more: bool


class NewSilence(Struct, frozen=True, forbid_unknown_fields=True):
    """Which alerts are silenced, and until when. Without `starts_at`, from now on."""

    matchers: Annotated[tuple[MatcherItem, ...], Meta(min_length=1, max_length=matchers.MOST)]
    ends_at: Instant
    starts_at: Instant | None = None
    comment: Comment = ""
    integration: Annotated[
        Name | None, Meta(description="Only alerts of this sender: slug or name.", examples=["generic"])
    ] = None
    as_: As = msgspec.field(name="as", default=None)


class ChangedSilence(Struct, frozen=True, forbid_unknown_fields=True):
    """When it ends from now on. Without `comment`, that stays."""

    ends_at: Instant
    comment: Comment | None = None
    as_: As = msgspec.field(name="as", default=None)


async def show_silences(unit: Unit, rows: Sequence[Silence]) -> list[SilenceItem]:
    """Silences as the API shows them."""
    held = await ask.count_held(unit.session, [name_holder(row) for row in rows])
    people = await list_people(unit, [row.creator_id for row in rows])
    senders = await catalog.list_by_id(
        unit.session, Integration, {row.integration_id for row in rows if row.integration_id is not None}
    )
    return [
        SilenceItem(
            number=row.id,
            state=read_state(row, unit.now),
            matchers=show_matchers(matchers.read_matchers(row.matchers)),
            what=spell(row),
            integration=show_named(senders.get(row.integration_id or 0)),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            comment=row.comment,
            by=row.creator_name,
            person=find_person(people, row.creator_id),
            held=held.get(name_holder(row), 0),
            created_at=row.created_at,
            updated_at=row.updated_at,
            ended_at=row.ended_at,
            ended_by=row.ended_name,
        )
        for row in rows
    ]


def read_state(row: Silence, now: datetime) -> State:
    return "over" if row.ends_at <= now else "pending" if row.starts_at > now else "active"


async def list_silences(call: Call[SilencesQuery, NoBody]) -> Listing[SilenceItem]:
    async def look(unit: Unit) -> Listing[SilenceItem]:
        found = await lists.list_silences(
            unit.session, call.query.wanted(), now=unit.now, states=call.query.state
        )
        return build_listing(await show_silences(unit, found.rows), found.next_after)

    return await call.look(look)


async def get_silence(call: Call[NoQuery, NoBody]) -> SilenceItem:
    async def look(unit: Unit) -> SilenceItem:
        return (await show_silences(unit, [await find_silence(unit, call.part("silence"))]))[0]

    return await call.look(look)


async def create(call: Call[NoQuery, NewSilence]) -> web.Response:
    body = call.body
    actor, _ = await find_responder(call, body.as_)

    async def change(unit: Unit) -> SilenceMade:
        sender = (
            await named_by("integration", find_integration(unit, body.integration))
            if body.integration is not None
            else None
        )
        making = create_silence(
            unit,
            read_matchers(body.matchers),
            body.ends_at,
            body.comment,
            starts_at=body.starts_at,
            integration=sender,
        )
        row, covered = await told_as(making, "matchers", until="ends_at", starts="starts_at")
        return await _show_made(unit, row, covered)

    made = await call.parts.work.run(change, actor)
    return send(made, 201, {"Location": f"{PREFIX}/silences/{made.number}"})


async def _show_made(unit: Unit, row: Silence, covered: Covered) -> SilenceMade:
    (item,) = await show_silences(unit, [row])
    values: dict[str, Any] = {name: getattr(item, name) for name in item.__struct_fields__}
    return SilenceMade(**values, incidents=await covered.list_visible(unit), more=covered.more)


async def change_one(call: Call[NoQuery, ChangedSilence]) -> SilenceItem:
    body = call.body
    actor, _ = await find_responder(call, body.as_)

    async def change(unit: Unit) -> SilenceItem:
        row = await find_silence(unit, call.part("silence"))
        await unit.lock(row)
        await told_as(change_silence(unit, row, body.ends_at, body.comment), "silence", until="ends_at")
        await unit.session.flush()
        return (await show_silences(unit, [row]))[0]

    return await call.parts.work.run(change, actor)


async def end_one(call: Call[AsQuery, NoBody]) -> SilenceItem:
    actor, _ = await find_responder(call, call.query.as_)

    async def change(unit: Unit) -> SilenceItem:
        row = await find_silence(unit, call.part("silence"))
        await unit.lock(row)
        await end_silence(unit, row)
        await unit.session.flush()
        return (await show_silences(unit, [row]))[0]

    return await call.parts.work.run(change, actor)


ONE = "/silences/{silence}"
OPERATIONS = (
    Operation(
        "GET",
        "/silences",
        "listSilences",
        "Silences.",
        list_silences,
        Listing[SilenceItem],
        SilencesQuery,
    ),
    Operation(
        "POST",
        "/silences",
        "createSilence",
        "Silence alerts for a while.",
        create,
        SilenceMade,
        Body=NewSilence,
        status=201,
        scope=Scope.WRITE,
        problems=(404, 409),
        header=("Location", "Where the silence is."),
        links={"silence": {"operationId": "getSilence", "parameters": {"silence": "$response.body#/number"}}},
    ),
    Operation("GET", ONE, "getSilence", "One silence.", get_silence, SilenceItem, parts=(NUMBER,)),
    Operation(
        "PUT",
        ONE,
        "changeSilence",
        "Change when a silence ends.",
        change_one,
        SilenceItem,
        Body=ChangedSilence,
        parts=(NUMBER,),
        scope=Scope.WRITE,
        problems=(409,),
    ),
    Operation(
        "DELETE",
        ONE,
        "endSilence",
        "End a silence. What it held and is still open pages like a new alert.",
        end_one,
        SilenceItem,
        AsQuery,
        parts=(NUMBER,),
        scope=Scope.WRITE,
        problems=(403, 409),
    ),
)
