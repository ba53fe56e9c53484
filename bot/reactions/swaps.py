"""What follows when a shift is offered, and from what becomes of it."""

from bot.access.merging import PeopleMerged
from bot.flow.unit import Unit
from bot.oncall.exceptions import AbsenceChanged, OverrideChanged
from bot.oncall.roster_changes import RosterChanged
from bot.oncall.swaps import SwapOffered, SwapSettled, list_candidates, look_again
from bot.reactions.incidents import list_platforms_of
from storage.models import Schedule, Swap, SwapCopy, User
from storage.questions import oncall
from storage.questions import swaps as ask
from storage.words import SwapState

TOLD = {
    SwapState.TAKEN: "swap_taken",
    SwapState.LAPSED: "swap_lapsed",
    SwapState.POINTLESS: "swap_pointless",
}


async def ask_for_somebody(unit: Unit, event: SwapOffered) -> None:
    """A card for everybody who may take it, and for the one who offers, wherever they can be written to."""
    swap = await unit.session.get_one(Swap, event.swap_id)
    copies = [
        SwapCopy(swap_id=swap.id, user_id=user.id, platform=platform, round=event.round, shown="")
        for user in (await unit.session.get_one(User, swap.user_id), *await list_candidates(unit, swap))
        for platform in await list_platforms_of(unit, user)
    ]
    unit.session.add_all(copies)
    await unit.session.flush()
    for copy in copies:
        put_copy(unit, copy)
    unit.touch("oncall")


def put_copy(unit: Unit, copy: SwapCopy) -> None:
    stream = f"person:{copy.user_id}@{copy.platform}"
    unit.put(stream, "swap.show", f"swap_copy:{copy.id}", coalesce=True)


async def show_what_became_of_it(unit: Unit, event: SwapSettled) -> None:
    for copy in await ask.list_copies(unit.session, event.swap_id):
        put_copy(unit, copy)
    unit.touch("oncall")


async def tell_who_offered(unit: Unit, event: SwapSettled) -> None:
    """Whoever offered a shift hears who has it, or that they stay on call, and of a swap that is undone both hear; who did
    it knows."""
    swap = await unit.session.get_one(Swap, event.swap_id)
    giver = await unit.session.get_one(User, swap.user_id)
    taker = await unit.session.get(User, swap.taker_id) if swap.taker_id is not None else None
    if swap.state in TOLD:
        await _tell(unit, swap, giver, TOLD[swap.state], giver, taker)
    elif taker is not None:
        for user in (giver, taker):
            if user.id != unit.actor.user_id:
                await _tell(unit, swap, user, "swap_cancelled", giver, taker)


async def _tell(unit: Unit, swap: Swap, user: User, words: str, giver: User, taker: User | None) -> None:
    schedule = await unit.session.get_one(Schedule, swap.schedule_id)
    data = {
        "schedule": schedule.name,
        "slug": schedule.slug,
        "giver": giver.name,
        "is_giver": user.id == giver.id,
        "taker": taker.name if taker is not None else "",
        "starts_at": swap.starts_at.isoformat(),
        "ends_at": swap.ends_at.isoformat(),
        "back_starts_at": swap.back_starts_at.isoformat() if swap.back_starts_at else "",
        "back_ends_at": swap.back_ends_at.isoformat() if swap.back_ends_at else "",
        "zone": user.zone,
    }
    for platform in await list_platforms_of(unit, user):
        unit.put(
            f"person:{user.id}@{platform}",
            "person.say",
            f"swap:{swap.id}",
            payload={"words": words, "data": data, "user": user.id},
        )


async def show_offers_to_one(unit: Unit, event: PeopleMerged) -> None:
    """Whoever has become one with somebody else may offer what their cards ask them to take."""
    await unit.session.flush()
    schedules = [one.id for one in await oncall.list_schedules(unit.session)]
    for swap in await ask.list_open(unit.session, schedules):
        for copy in await ask.list_copies(unit.session, swap.id):
            if copy.user_id == event.user_id:
                put_copy(unit, copy)


async def look_at_offers(
    unit: Unit, event: OverrideChanged | RosterChanged | AbsenceChanged | PeopleMerged
) -> None:
    """What is offered may not be the shift of whoever offers it any more."""
    if isinstance(event, (OverrideChanged, RosterChanged)):
        await look_again(unit, [event.schedule_id])
    else:
        await look_again(unit, [one.id for one in await oncall.list_schedules(unit.session)])
