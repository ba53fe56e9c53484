"""What tests in a real browser begin with: a Tocsin that is served, and a Chromium."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.acceptance.browser import open_chromium
from tests.served import Served, open_served


@pytest.fixture
async def served(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with open_served(sqlite_url, tmp_path / "data") as opened:
        (tmp_path / "data").mkdir(exist_ok=True)
        await opened.start()
        yield opened


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with open_chromium() as opened:
        yield opened
