"""The stages of the contract: each test that asks for `stage` is played on every platform, one that asks for
`stage_each_way` on each way by which a platform hears of people, and one that asks for `chat` where people have accounts
of their own.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.house import open_house
from tests.platforms.contract.discord_stage import open_discord_stage
from tests.platforms.contract.discord_threads import open_thread_stage
from tests.platforms.contract.room_stage import RoomStage
from tests.platforms.contract.slack_stage import open_slack_stage
from tests.platforms.contract.stage import Chat, Stage

WAYS_IN = ["slack-http", "slack-socket", "discord"]
ELSEWHERE = ["slack-socket", "discord"]
EVERYWHERE = ["room", *ELSEWHERE]
ANY_WORDS = ["room", "slack-socket"]


@asynccontextmanager
async def open_stage(name: str, database_url: str) -> AsyncIterator[Stage]:
    """A stage with nobody on it but the owner."""
    if name == "room":
        async with open_house(database_url) as house:
            stage = await RoomStage.open(house)
            yield stage
            await stage.close()
    else:
        async with open_chat(name, database_url) as chat:
            yield chat


@asynccontextmanager
async def open_chat(name: str, database_url: str) -> AsyncIterator[Chat]:
    """The same, for a platform that lives elsewhere."""
    if name.startswith("discord"):
        opening = open_thread_stage if name == "discord-threads" else open_discord_stage
        async with opening(database_url) as discord:
            yield discord
    else:
        async with open_slack_stage(name, database_url) as slack:
            yield slack


@pytest.fixture(params=EVERYWHERE)
async def stage(request: pytest.FixtureRequest, sqlite_url: str) -> AsyncIterator[Stage]:
    """Every platform in turn."""
    async with open_stage(request.param, sqlite_url) as opened:
        yield opened


@pytest.fixture(params=ANY_WORDS)
async def stage_of_any_words(request: pytest.FixtureRequest, sqlite_url: str) -> AsyncIterator[Stage]:
    """Every platform that lets people type commands that there are not."""
    async with open_stage(request.param, sqlite_url) as opened:
        yield opened


@pytest.fixture(params=["room", *WAYS_IN])
async def stage_each_way(request: pytest.FixtureRequest, sqlite_url: str) -> AsyncIterator[Stage]:
    """Every platform in turn, by each way in."""
    async with open_stage(request.param, sqlite_url) as opened:
        yield opened


@pytest.fixture(
    params=[
        ("room", "sqlite_url"),
        ("slack-socket", "sqlite_url"),
        ("discord", "sqlite_url"),
        pytest.param(("slack-http", "postgres_url"), marks=pytest.mark.postgresql),
        pytest.param(("discord", "postgres_url"), marks=pytest.mark.postgresql),
    ],
    ids=lambda pair: f"{pair[0]}-{pair[1].removesuffix('_url')}",
)
async def stage_on_both(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """Every platform by each way in, and each database."""
    name, database = request.param
    async with open_stage(name, request.getfixturevalue(database)) as opened:
        yield opened


@pytest.fixture(params=[*ELSEWHERE, "discord-threads"])
async def chat(request: pytest.FixtureRequest, sqlite_url: str) -> AsyncIterator[Chat]:
    """Every platform that lives elsewhere, with accounts and rooms of its own."""
    async with open_chat(request.param, sqlite_url) as opened:
        yield opened


@pytest.fixture(params=WAYS_IN)
async def chat_each_way(request: pytest.FixtureRequest, sqlite_url: str) -> AsyncIterator[Chat]:
    """The same, by each way in."""
    async with open_chat(request.param, sqlite_url) as opened:
        yield opened
