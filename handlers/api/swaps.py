"""`/api/v1/swaps`: shifts that are offered; offering, taking and withdrawing one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from bot.catalog.teams import get_schedule
from bot.errors import Forbidden
from bot.flow.unit import Actor, Unit
from bot.oncall.clashes import Clash
from bot.oncall.offers import Offer, name_offers, show_offer
from bot.oncall.swaps import Exchange, find_shift_at, get_swap, offer_shift, take_shift, withdraw_shift
from handlers.api.door import get_person, named_by
from handlers.api.operation import (
    NO_NUL,
    PREFIX,
    Call,
    Filter,
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
from handlers.api.quiet import find_responder, told_as
from handlers.api.silences import AsQuery
from handlers.api.values import Named, Person, show_named, show_person
from storage.models import User
from storage.questions import lists
from storage.words import Scope, SwapState

NUMBER = PathPart("swap", "^[1-9][0-9]{0,8}$", "The offer's number.", "1")
Instant = Annotated[datetime, Meta(tz=True)]
Who = Annotated[
    Name | None,
    Meta(description="Who does it: handle, e-mail or name. A shift is a person's, so it is needed."),
]


class SwapsQuery(PageQuery, frozen=True, kw_only=True):
    """Filters of offers."""

    state: Annotated[tuple[SwapState, ...], Meta(max_length=5, description="Any of these states.")] = ()
    schedule: Annotated[Filter, Meta(description="Only those of this schedule (slug or name).")] = ""


class ShiftItem(Struct, frozen=True):
    """A shift, or a part of one, of a person."""

    person: Person
    starts_at: datetime
    ends_at: datetime


class SwapItem(Struct, frozen=True):
    """A shift that somebody offers: while it is `open`, they are on call. `taken` by `taker`; `withdrawn` (with a `taker`:
    cancelled after they took it); `lapsed` when it began untaken; `pointless` when it was not theirs any more. In an
    exchange, `exchange` is what they want for it."""

    number: int
    schedule: Named
    offered: ShiftItem
    exchange: ShiftItem | None
    note: str
    state: SwapState
    taker: Person | None
    created_at: datetime
    decided_at: datetime | None


class ClashItem(Struct, frozen=True):
    """What speaks against being on call in a time: being `on_call` in a schedule (`name`), `off`, or having a
    public `holiday` (called `name`)."""

    kind: str
    name: str
    starts_at: datetime
    ends_at: datetime


class TakenSwap(Struct, frozen=True):
    """With `clashes` nothing was done: taking it with `anyway` does it all the same."""

    swap: SwapItem
    clashes: list[ClashItem]


class WantedShift(Struct, frozen=True, forbid_unknown_fields=True):
    """The shift that this person has at a moment, of the same schedule."""

    person: Name
    at: Instant


class NewSwap(Struct, frozen=True, forbid_unknown_fields=True):
    """The shift, or the part of it, that is offered to the others of the schedule, or in exchange for one of theirs."""

    schedule: Annotated[Name, Meta(examples=["primary"])]
    starts_at: Instant
    ends_at: Instant
    exchange: WantedShift | None = None
    note: Annotated[str, Meta(max_length=500, pattern=NO_NUL)] = ""
    as_: Who = msgspec.field(name="as", default=None)


class TakingSwap(Struct, frozen=True, forbid_unknown_fields=True):
    """Who takes it; `anyway` also when something speaks against it."""

    anyway: bool = False
    as_: Who = msgspec.field(name="as", default=None)


def show_offer_item(offer: Offer) -> SwapItem:
    row, back = offer.swap, None
    if offer.other is not None and row.back_starts_at is not None and row.back_ends_at is not None:
        back = ShiftItem(show_person(offer.other), row.back_starts_at, row.back_ends_at)
    return SwapItem(
        row.id,
        show_named(offer.schedule),
        ShiftItem(show_person(offer.giver), row.starts_at, row.ends_at),
        back,
        row.note,
        row.state,
        show_person(offer.taker) if offer.taker is not None else None,
        row.created_at,
        row.decided_at,
    )


def show_clashes(clashes: Sequence[Clash]) -> list[ClashItem]:
    return [ClashItem(one.kind, one.name, one.starts_at, one.ends_at) for one in clashes]


async def list_swaps(call: Call[SwapsQuery, NoBody]) -> Listing[SwapItem]:
    query = call.query

    async def look(unit: Unit) -> Listing[SwapItem]:
        schedule = await named_by("schedule", get_schedule(unit, query.schedule)) if query.schedule else None
        found = await lists.list_swaps(
            unit.session,
            query.wanted(),
            schedule_id=schedule.id if schedule is not None else None,
            states=query.state,
        )
        offers = await name_offers(unit, found.rows)
        return build_listing([show_offer_item(one) for one in offers], found.next_after)

    return await call.look(look)


async def get_one(call: Call[NoQuery, NoBody]) -> SwapItem:
    async def look(unit: Unit) -> SwapItem:
        return show_offer_item(await show_offer(unit, await get_swap(unit, call.part("swap"))))

    return await call.look(look)


async def _find_person(call: Call[Any, Any], name: str | None) -> tuple[Actor, User]:
    actor, user = await find_responder(call, name)
    if user is None:
        raise Forbidden("person.needed", "as")
    return actor, user


async def offer(call: Call[NoQuery, NewSwap]) -> web.Response:
    body = call.body
    actor, user = await _find_person(call, body.as_)

    async def change(unit: Unit) -> SwapItem:
        schedule = await named_by("schedule", get_schedule(unit, body.schedule))
        exchange = None
        if body.exchange is not None:
            other = await named_by("exchange", get_person(unit, body.exchange.person))
            shift = await named_by("exchange", find_shift_at(unit, schedule, other, body.exchange.at))
            exchange = Exchange(other, *shift)
        offering = offer_shift(unit, schedule, user, body.starts_at, body.ends_at, body.note, exchange)
        row = await told_as(offering, "schedule", starts="starts_at", until="ends_at")
        return show_offer_item(await show_offer(unit, row))

    made = await call.parts.work.run(change, actor)
    return send(made, 201, {"Location": f"{PREFIX}/swaps/{made.number}"})


async def take(call: Call[NoQuery, TakingSwap]) -> TakenSwap:
    actor, user = await _find_person(call, call.body.as_)

    async def change(unit: Unit) -> TakenSwap:
        row = await get_swap(unit, call.part("swap"))
        clashes = await take_shift(unit, row, user, call.body.anyway)
        return TakenSwap(show_offer_item(await show_offer(unit, row)), show_clashes(clashes))

    return await call.parts.work.run(change, actor)


async def withdraw(call: Call[AsQuery, NoBody]) -> SwapItem:
    actor, user = await _find_person(call, call.query.as_)

    async def change(unit: Unit) -> SwapItem:
        row = await get_swap(unit, call.part("swap"))
        await withdraw_shift(unit, row, user)
        return show_offer_item(await show_offer(unit, row))

    return await call.parts.work.run(change, actor)


ONE = "/swaps/{swap}"
OPERATIONS = (
    Operation(
        "GET",
        "/swaps",
        "listSwaps",
        "Shifts that are or were offered.",
        list_swaps,
        Listing[SwapItem],
        SwapsQuery,
        problems=(404,),
    ),
    Operation(
        "POST",
        "/swaps",
        "offerShift",
        "Offer a shift to the others of its schedule.",
        offer,
        SwapItem,
        Body=NewSwap,
        status=201,
        scope=Scope.WRITE,
        problems=(404, 409),
        header=("Location", "Where the offer is."),
        links={"swap": {"operationId": "getSwap", "parameters": {"swap": "$response.body#/number"}}},
    ),
    Operation("GET", ONE, "getSwap", "One offer.", get_one, SwapItem, parts=(NUMBER,)),
    Operation(
        "POST",
        f"{ONE}/take",
        "takeShift",
        "Take a shift that is offered: the first who does has it.",
        take,
        TakenSwap,
        Body=TakingSwap,
        parts=(NUMBER,),
        scope=Scope.WRITE,
        problems=(403, 409),
    ),
    Operation(
        "DELETE",
        ONE,
        "withdrawShift",
        "Take back the offer of a shift.",
        withdraw,
        SwapItem,
        AsQuery,
        parts=(NUMBER,),
        scope=Scope.WRITE,
        problems=(403, 409),
    ),
)
