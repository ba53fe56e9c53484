"""Offers of shifts as people and programs read them: with names in place of ids."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot.flow.unit import Unit
from storage.models import Schedule, Swap, User
from storage.questions import access, catalog, oncall
from storage.questions import swaps as ask


@dataclass(frozen=True)
class Offer:
    """A shift of `giver`'s that is or was offered; in exchange, for one of `other`'s."""

    swap: Swap
    schedule: Schedule
    giver: User
    other: User | None
    taker: User | None


async def list_offers(unit: Unit, schedule_ids: Collection[int] | None = None) -> list[Offer]:
    """The open ones of these schedules or of all, those that begin first at first."""
    schedules = await oncall.list_schedules(unit.session, schedule_ids)
    return await name_offers(unit, await ask.list_open(unit.session, [one.id for one in schedules]))


async def show_offer(unit: Unit, swap: Swap) -> Offer:
    return (await name_offers(unit, [swap]))[0]


async def name_offers(unit: Unit, rows: Sequence[Swap]) -> list[Offer]:
    named = {one for row in rows for one in (row.user_id, row.other_id, row.taker_id) if one is not None}
    people = await access.list_users_by_id(unit.session, named)
    schedules = await catalog.list_by_id(unit.session, Schedule, {row.schedule_id for row in rows})
    return [
        Offer(
            row,
            schedules[row.schedule_id],
            people[row.user_id],
            people.get(row.other_id or 0),
            people.get(row.taker_id or 0),
        )
        for row in rows
    ]
