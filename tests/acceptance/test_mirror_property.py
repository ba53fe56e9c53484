"""Whatever people say, edit and delete in three rooms at once, and whatever fails meanwhile: in the end all rooms have the
same conversation, each thing once, and what was said on one platform stands in its order everywhere.

TOCSIN_TEST_MIRROR=200 plays that many stories instead of a few.
"""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from shutil import copyfile

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from bot.errors import Retry
from storage.models import OutboxRow
from tests.databases import in_thread
from tests.platforms.memory import MemoryPlatform
from tests.talking import Talk, open_talk

STORIES = int(os.environ.get("TOCSIN_TEST_MIRROR", "6"))
PLACES = ("slack", "discord", "room")

STEP = st.one_of(
    st.tuples(st.just("say"), st.sampled_from(PLACES)),
    st.tuples(st.just("say"), st.sampled_from(PLACES)),
    st.tuples(st.just("answer"), st.sampled_from(PLACES[:2])),
    st.tuples(st.just("edit"), st.integers(0, 9)),
    st.tuples(st.just("delete"), st.integers(0, 9)),
    st.tuples(st.just("away"), st.sampled_from(PLACES[:2])),
    st.tuples(st.just("back"), st.sampled_from(PLACES[:2])),
    st.tuples(st.just("fail"), st.sampled_from(PLACES[:2]), st.sampled_from(("post", "edit", "delete"))),
    st.tuples(st.just("drop"), st.sampled_from(PLACES[:2]), st.sampled_from(("post", "edit", "delete"))),
    st.tuples(st.just("deliver"), st.integers(1, 4)),
    st.tuples(st.just("kill"), st.booleans()),
    st.tuples(st.just("pass"), st.integers(1, 40)),
)


@dataclass
class Line:
    """Something that was said: where, its address there, and its words; None when it was taken back."""

    place: str
    address: str
    text: str | None


@dataclass
class Story:
    """Plays the steps."""

    talk: Talk
    lines: list[Line] = field(default_factory=list)

    def platform(self, name: str) -> MemoryPlatform:
        return self.talk.slack if name == "slack" else self.talk.discord

    async def say(self, place: str) -> None:
        text = f"{place} says {len(self.lines)}"
        self.lines.append(Line(place, await self._say(place, text), text))

    async def _say(self, place: str, text: str, thread: str = "") -> str:
        if place != "room":
            chat = self.platform(place)
            return await chat.say(chat.rooms()[0], self.talk.kate[place], text, thread)
        url = f"{self.talk.house.url}/board/{await self.talk.browser.channel()}/say"
        async with self.talk.browser.http.post(url, data={"text": text}, allow_redirects=False) as answer:
            assert answer.status == 303
        return str((await self.talk.house.messages("incident-1"))[-1].id)

    async def answer(self, place: str) -> None:
        """Somebody answers the last thing that stands in their room."""
        messages = self.platform(place).rooms()[0].messages
        thread = next((key for key, one in reversed(messages.items()) if one.by or one.message.origin), "")
        text = f"{place} answers {len(self.lines)}"
        self.lines.append(Line(place, await self._say(place, text, thread), text))

    async def edit(self, number: int) -> None:
        line = self._pick(number)
        if line is None:
            return
        line.text = f"{line.text}, or rather {number}"
        if line.place == "room":
            await self._post(f"/messages/{line.address}/edit", text=line.text)
        else:
            chat = self.platform(line.place)
            await chat.change(chat.rooms()[0], line.address, line.text)

    async def delete(self, number: int) -> None:
        line = self._pick(number)
        if line is None:
            return
        line.text = None
        if line.place == "room":
            await self._post(f"/messages/{line.address}/delete")
        else:
            chat = self.platform(line.place)
            await chat.take_back(chat.rooms()[0], line.address)

    async def _post(self, path: str, **data: str) -> None:
        async with self.talk.browser.http.post(
            self.talk.house.url + path, data=data, allow_redirects=False
        ) as answer:
            assert answer.status == 303

    def _pick(self, number: int) -> Line | None:
        there = [line for line in self.lines if line.text is not None]
        return there[number % len(there)] if there else None

    async def away(self, place: str) -> None:
        self.platform(place).away = True

    async def back(self, place: str) -> None:
        self.platform(place).away = False

    async def fail(self, place: str, method: str) -> None:
        self.platform(place).fail(method, Retry("memory.busy", 1.0))

    async def drop(self, place: str, method: str) -> None:
        self.platform(place).drop_answer(method)

    async def deliver(self, most: int) -> None:
        """A few deliveries, one after the other."""
        outbox = self.talk.house.parts.outbox
        for job in await outbox.claim(most):
            await outbox._deliver(job)

    async def kill(self, sends: bool) -> None:
        """Rows are claimed, perhaps sent, and the process is gone before it has written that down."""
        outbox = self.talk.house.parts.outbox
        for job in await outbox.claim(3):
            if sends:
                try:
                    await outbox.deliverers[job.kind](job)
                except Exception:  # noqa: BLE001  nobody is there any more to hear of it
                    continue
        self.talk.restart()
        self.talk.house.clock.time += timedelta(seconds=31)

    async def pass_(self, seconds: int) -> None:
        self.talk.house.clock.time += timedelta(seconds=seconds)

    async def end(self) -> None:
        """Both platforms are there again; after a while nothing fails any more."""
        both = (self.talk.slack, self.talk.discord)
        for chat in both:
            chat.away = False
        await self.talk.house.move_to(self.talk.house.clock.time + timedelta(minutes=5))
        for chat in both:
            chat.mend()
        await self.talk.house.move_to(self.talk.house.clock.time + timedelta(minutes=10))

    async def check(self) -> None:
        names = {"room": self.talk.house.owner.name}
        wanted = {
            place: [
                (names.get(place, "Kate"), line.text)
                for line in self.lines
                if line.place == place and line.text
            ]
            for place in PLACES
        }
        seen = {
            "slack": self.talk.slack.rooms()[0].talk,
            "discord": self.talk.discord.rooms()[0].talk,
            "room": await self.talk.room_talk(),
        }
        for place, conversation in seen.items():
            assert Counter(conversation) == Counter(one for lines in wanted.values() for one in lines), place
            for origin, lines in wanted.items():
                assert [one for one in conversation if one in lines] == lines, (place, origin)
        for chat in (self.talk.slack, self.talk.discord):
            assert len(chat.rooms()) == 1
        rows = await self.talk.house.rows(OutboxRow)
        assert [f"{row.stream} {row.kind} {row.state} {row.error} {row.not_before}" for row in rows] == []


async def play(url: str, steps: list[tuple[object, ...]]) -> None:
    async with open_talk(url) as talk:
        story = Story(talk)
        await talk.declare()
        for name, *values in steps:
            step: Callable[..., object] = getattr(story, "pass_" if name == "pass" else str(name))
            await step(*values)  # type: ignore[misc]
        await story.end()
        await story.check()


@pytest.fixture
def originals(sqlite_url: str) -> Path:
    """A prepared database, to copy for each story."""
    return Path(sqlite_url.removeprefix("sqlite+aiosqlite:///"))


@settings(
    max_examples=STORIES,
    deadline=None,
    derandomize=STORIES < 50,
    phases=[Phase.explicit, Phase.generate] if STORIES < 50 else [Phase.generate, Phase.shrink],
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(steps=st.lists(STEP, min_size=10, max_size=40))
def test_all_rooms_end_with_the_same_conversation(originals: Path, steps: list[tuple[object, ...]]) -> None:
    import asyncio

    story = originals.with_name("story.db")
    for leftover in (story, story.with_name("story.db-wal"), story.with_name("story.db-shm")):
        leftover.unlink(missing_ok=True)
    copyfile(originals, story)
    note(f"{steps}")
    in_thread(lambda: asyncio.run(play(f"sqlite+aiosqlite:///{story}", steps)))
