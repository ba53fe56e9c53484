"""Whatever is offered, taken by several at once, withdrawn, overridden and cancelled, and whenever: nobody is on call twice
for one shift, no shift is nobody's, a taken offer is one override, and every card shows what became of it.

TOCSIN_TEST_SWAPS=200 plays that many stories instead of a few.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from bot.chat.card import Card
from bot.flow.unit import Unit
from bot.oncall.resolve import resolve
from bot.oncall.rosters import list_rosters
from storage.models import Override, Swap, User
from storage.words import SwapState
from tests.acceptance.test_swaps import begin
from tests.databases import in_thread
from tests.house import House, open_house

STORIES = int(os.environ.get("TOCSIN_TEST_SWAPS", "6"))
HOUR = timedelta(hours=1)
SIGNS = {
    SwapState.OPEN: ("look for somebody", "looks for somebody", "offers you an exchange"),
    SwapState.TAKEN: ("Taken by",),
    SwapState.WITHDRAWN: ("Withdrawn",),
    SwapState.LAPSED: ("Nobody took it",),
    SwapState.POINTLESS: ("Not wanted any more",),
}
PEOPLE, NUMBERS = st.integers(0, 2), st.integers(1, 4)
STEP = st.one_of(
    st.tuples(st.just("offer"), PEOPLE, st.booleans()),
    st.tuples(st.just("offer"), PEOPLE, st.booleans()),
    st.tuples(st.just("take"), NUMBERS, st.lists(PEOPLE, min_size=1, max_size=4)),
    st.tuples(st.just("take"), NUMBERS, st.lists(PEOPLE, min_size=1, max_size=4)),
    st.tuples(st.just("withdraw"), PEOPLE, NUMBERS),
    st.tuples(st.just("override"), PEOPLE, st.integers(0, 70)),
    st.tuples(st.just("cancel"), NUMBERS),
    st.tuples(st.just("go_on"), st.integers(1, 30)),
)


@dataclass
class Story:
    """Plays the steps; three people have a day each."""

    house: House
    people: tuple[User, ...]

    async def offer(self, person: int, in_exchange: bool) -> None:
        exchange = f" exchange:@{self.people[(person + 1) % 3].handle}" if in_exchange else ""
        await self.house.command(f"/oncall swap next{exchange}", self.people[person])

    async def take(self, number: int, people: list[int]) -> None:
        before = await self._find(number)
        was_open = before is not None and before.state is SwapState.OPEN
        answers = await asyncio.gather(
            *(self.house.ask(f"/oncall take-swap {number} yes", self.people[one]) for one in people)
        )
        won = [one for one, answer in zip(people, answers, strict=True) if answer.startswith("You have the")]
        assert len(won) <= was_open
        after = await self._find(number)
        if won:
            assert after is not None
            assert after.taker_id == self.people[won[0]].id

    async def withdraw(self, person: int, number: int) -> None:
        await self.house.command(f"/oncall withdraw-swap {number}", self.people[person])

    async def override(self, person: int, hours: int) -> None:
        start = self.house.clock.time + hours * HOUR
        line = f"until:{(start + 5 * HOUR).isoformat()} starts:{start.isoformat()}"
        await self.house.command(f"/oncall override @{self.people[person].handle} {line}")

    async def cancel(self, number: int) -> None:
        await self.house.command(f"/oncall cancel override-{number}")

    async def go_on(self, hours: int) -> None:
        await self.house.move_to(self.house.clock.time + hours * HOUR)

    async def _find(self, number: int) -> Swap | None:
        return next(iter(await self.house.rows(Swap, Swap.id == number)), None)

    async def check(self) -> None:
        now = self.house.clock.time
        for swap in await self.house.rows(Swap):
            assert swap.state is not SwapState.OPEN or swap.starts_at > now
            given = [
                one
                for one in await self.house.rows(Override, Override.giver_id == swap.user_id)
                if (one.user_id, one.starts_at) == (swap.taker_id, swap.starts_at)
            ]
            assert len(given) <= (swap.state is SwapState.TAKEN), "more than one got it"
        await self._check_cards()
        spans = await self.house.parts.work.look(self._resolve)
        assert [len(span.people) for span in spans] == [1] * len(spans)

    async def _resolve(self, unit: Unit) -> list[Any]:
        start, end = unit.now, unit.now + timedelta(days=9)
        (roster,) = await list_rosters(unit, start, end, [1])
        return resolve(roster.plan, start, end)

    async def _check_cards(self) -> None:
        """Of each person's cards as many show each state as the database says."""
        states = [swap.state for swap in await self.house.rows(Swap)]
        for user in self.people:
            shown = [
                Card.unpack(one.card).title
                for one in await self.house.messages(f"direct-{user.id}")
                if one.card
            ]
            for state, signs in SIGNS.items():
                has_some = any(sign in title for title in shown for sign in signs)
                assert not has_some or state in states, (state, shown)


async def play(url: str, steps: list[tuple[Any, ...]]) -> None:
    async with open_house(url) as house:
        story = Story(house, await begin(house))
        for name, *values in steps:
            step: Callable[..., Any] = getattr(story, name)
            await step(*values)
            await story.check()


@settings(
    max_examples=STORIES,
    deadline=None,
    derandomize=STORIES < 50,
    phases=[Phase.explicit, Phase.generate] if STORIES < 50 else [Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEP, min_size=8, max_size=20))
def test_a_shift_has_one_person_whatever_is_swapped(originals: Path, steps: list[tuple[Any, ...]]) -> None:
    story = originals.with_name("story.db")
    for leftover in (story, story.with_name("story.db-wal"), story.with_name("story.db-shm")):
        leftover.unlink(missing_ok=True)
    copyfile(originals, story)
    note(f"{steps}")
    in_thread(lambda: asyncio.run(play(f"sqlite+aiosqlite:///{story}", steps)))


@pytest.fixture
def originals(sqlite_url: str) -> Path:
    """A prepared database, to copy for each story."""
    return Path(sqlite_url.removeprefix("sqlite+aiosqlite:///"))


async def test_the_same_on_both_databases(house: House) -> None:
    story = Story(house, await begin(house))
    await story.offer(0, False)
    await story.take(1, [1, 2, 1, 2])
    await story.check()
    await story.offer(1, False)
    await story.offer(2, True)
    await asyncio.gather(story.take(2, [0, 2]), story.withdraw(1, 2), story.override(0, 20))
    await story.check()
    await story.go_on(60)
    await story.check()
