"""Senders of PagerDuty get the answers that PagerDuty documents: schemathesis asks the running server."""

import asyncio
import sys
from collections import Counter
from pathlib import Path

import pytest

from storage.models import Alert, Change
from tests.house import open_house

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
DESCRIPTION = Path(__file__).parents[1] / "payloads/pagerduty-events/openapi.json"
TAKES_MORE = "negative_data_rejection"
"""We read more than is documented: a number as a text, another word for a severity. All other checks hold."""


@pytest.mark.postgresql
async def test_every_event_as_documented_is_taken_and_what_is_refused_is_told(
    postgres_url: str, tmp_path: Path
) -> None:
    """On PostgreSQL, which refuses more than SQLite: long numbers, NUL in text."""
    async with open_house(postgres_url) as house:
        url = await house.add_sender("pagerduty_events")
        file = tmp_path / "openapi.json"
        file.write_text(DESCRIPTION.read_text().replace("ROUTING KEY", url.rpartition("/")[2]))
        process = await asyncio.create_subprocess_exec(
            SCHEMATHESIS, "run", file, "--url", house.url, "--exclude-checks", TAKES_MORE,
            "--max-examples", "20", "--generation-deterministic", "--continue-on-failure",
            cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()[-20_000:]
        kept = Counter(one.status.value for one in await house.rows(Alert))
        assert kept["open"] > 10, output.decode()
        assert len(await house.rows(Change)) > 10
