"""A year of 200 people and 100 schedules in twelve zones, on a hand-moved clock: every page goes to whom a slow reading of
the rules says, at the time it says, and no other page goes out."""

import os
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import delete

from bot.catalog.apply import apply_config
from bot.catalog.file import read_config
from bot.errors import Problem
from bot.flow.unit import Unit
from bot.oncall.exceptions import forward_shifts, make_override, take_time_off
from bot.oncall.swaps import offer_shift, take_shift
from storage.models import Alert, Page, Schedule, Swap, Timer, User
from storage.words import PageState
from tests.acceptance.year import Foreteller, Paged, Team, Trouble, Year, make_year
from tests.house import House
from tests.oncall.oracle import MINUTE

SEED = int(os.environ.get("TOCSIN_YEAR_SEED", "1"))
"""Another year: `TOCSIN_YEAR_SEED=7 pytest tests/acceptance/test_year.py`."""
SIZE = {"people": 200, "teams": 100, "troubles": 150}
Do = Callable[[], Awaitable[object]]
Happening = tuple[datetime, int, Do]


async def settle_in(house: House, year: Year, folder: Path) -> dict[str, User]:
    path = folder / "tocsin.yaml"
    path.write_text(yaml.safe_dump(year.write()))

    async def apply(unit: Unit) -> None:
        await apply_config(unit, read_config(path, {}))

    await house.parts.work.run(apply)
    return {user.handle: user for user in await house.rows(User)}


async def live(house: House, year: Year, people: dict[str, User]) -> None:
    """Let it all happen, in order; what was refused did not happen."""
    schedules = {row.slug: row for row in await house.rows(Schedule)}
    happenings: list[Happening] = []

    def opens(number: int, one: Trouble) -> Do:
        async def send() -> None:
            body = {
                "title": f"Trouble {number}",
                "alias": f"a{number}",
                "priority": "P3",
                "team": one.team.slug,
            }
            await house.send(body)
            (alert,) = await house.rows(Alert, Alert.alias == f"a{number}")
            one.number = alert.id

        return send

    def command(one: Trouble, what: str) -> Do:
        return lambda: house.command(f"/alert {what} {one.number}", house.owner)

    def change(kept: list[Any], one: Any, make: Callable[..., Awaitable[object]], *values: Any) -> None:
        async def do() -> None:
            try:
                await house.parts.work.run(lambda unit: make(unit, *values))
            except Problem:
                kept.remove(one)
            await house.parts.work.run(forget_what_is_told)

        happenings.append((one[0], 3, do))

    offers: dict[int, tuple[int, Team, str, str]] = {}

    def swap(number: int, team: Team, taker: str, start: datetime, end: datetime) -> Do:
        async def offer() -> None:
            on_call = sorted(Foreteller(year).find_on_call(team, start, house.clock.time))
            if not on_call:
                return
            values = schedules[team.slug], people[on_call[0]], start, end
            try:
                offered = await house.parts.work.run(lambda unit: offer_shift(unit, *values))
            except Problem:
                return
            offers[number] = offered.id, team, on_call[0], taker

        return offer

    def take(number: int) -> Do:
        async def accept() -> None:
            if number not in offers:
                return
            swap_id, team, giver, taker = offers[number]

            async def accepted(unit: Unit) -> Swap:
                row = await unit.session.get_one(Swap, swap_id)
                await take_shift(unit, row, people[taker], anyway=True)
                return row

            try:
                row = await house.parts.work.run(accepted)
            except Problem:
                return
            year.overrides.append((house.clock.time, team, taker, row.starts_at, row.ends_at, giver))
            await house.parts.work.run(forget_what_is_told)

        return accept

    for number, one in enumerate(year.troubles, 1):
        happenings.append((one.opens, 0, opens(number, one)))
        if one.acknowledged is not None:
            happenings.append((one.acknowledged, 1, command(one, "ack")))
        happenings.append((one.closed, 2, command(one, "close")))
    for override in list(year.overrides):
        _, team, who, start, end, _ = override
        user = people[who] if who else None
        change(year.overrides, override, make_override, schedules[team.slug], user, start, end)
    for number, (made, team, taker, start, end) in enumerate(year.swaps):
        happenings.append((made, 4, swap(number, team, taker, start, end)))
        happenings.append((made + 30 * MINUTE, 4, take(number)))
    for forwarding in list(year.forwardings):
        _, giver, taker, start, end = forwarding
        change(year.forwardings, forwarding, forward_shifts, people[giver], people[taker], start, end)
    for off in list(year.times_off):
        _, who, start, end = off
        change(year.times_off, off, take_time_off, people[who], start, end)
    outages = iter([*year.outages, (None, None)])
    gone, back = next(outages)
    for at, _, do in sorted(happenings, key=lambda happening: happening[:2]):
        while gone is not None and back is not None and gone < at:
            await house.move_to(max(gone, house.clock.time))
            house.clock.time = max(back, house.clock.time)
            gone, back = next(outages)
        await house.move_to(at)
        await do()


async def forget_what_is_told(unit: Unit) -> None:
    """Warnings of gaps and notices of shifts have tests of their own, and would take most of the time."""
    await unit.session.execute(delete(Timer).where(Timer.kind.in_(["watch_gaps", "tell_shifts"])))


async def test_every_page_of_a_year_goes_to_whom_the_rules_say(sqlite_house: House, tmp_path: Path) -> None:
    house = sqlite_house
    year = make_year(SEED, **SIZE)
    people = await settle_in(house, year, tmp_path)
    await live(house, year, people)
    handles = {user.id: user.handle for user in people.values()}
    pages = await house.rows(Page, Page.subject != "")
    paged: Counter[Paged] = Counter(
        (page.created_at, int(page.subject[6:]), handles[page.user_id], page.round, page.step)
        for page in pages
    )
    foretold = Counter(one for trouble in year.troubles for one in Foreteller(year).tell(trouble))
    more, less = paged - foretold, foretold - paged
    wrong = more + less
    assert not wrong, describe(year, more, less)
    assert len(paged) > len(year.troubles)
    assert any(override[-1] for override in year.overrides), "somebody has swapped"
    states = Counter(page.state for page in pages)
    assert set(states) <= {PageState.SENT, PageState.ANSWERED, PageState.DROPPED}, states
    assert {page.error for page in pages if page.state is PageState.DROPPED} <= {"a newer page says the same"}
    assert not await house.rows(Timer, Timer.attempts > 0)


def describe(year: Year, more: Counter[Paged], less: Counter[Paged]) -> str:
    """The first alert that went wrong, and how."""
    number = min(one[1] for one in [*more, *less])
    trouble = next(one for one in year.troubles if one.number == number)
    counts = f"{sum(more.values())} pages too many, {sum(less.values())} too few"
    told = [f"seed {year.seed}: {counts}; the first: {trouble}"]
    for word, which in (("not foretold", more), ("missing", less)):
        told += [f"{word}: {one}" for one in sorted(which) if one[1] == number]
    return "\n".join(told)
