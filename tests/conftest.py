"""What every test may ask for."""

import gc
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import HealthCheck, settings

from bot.logs import start_logs
from migrations.run import migrate
from tests.house import House, open_house

pytest_plugins = ["tests.databases"]
# What an example decides is tested, not how long it takes: the machine may be busy.
settings.register_profile("tocsin", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tocsin")


def pytest_collection_finish() -> None:
    """What was imported and collected stays until the end, and need not be looked through for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(autouse=True, scope="session")
def _logs() -> None:
    """As in a running Tocsin. Unconfigured, structlog draws each trace with all variables, for seconds."""
    start_logs("info")


@pytest.fixture(scope="session")
def database_preparation() -> Callable[[str], None]:
    """Each test's database has the whole schema."""

    def prepare(url: str) -> None:
        migrate(url)

    return prepare


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """The whole of Tocsin on a real port and a real database, its clock moved by hand."""
    async with open_house(database_url) as opened:
        yield opened


@pytest.fixture
async def sqlite_house(sqlite_url: str) -> AsyncIterator[House]:
    """The same on SQLite alone, where the database makes no difference."""
    async with open_house(sqlite_url) as opened:
        yield opened
