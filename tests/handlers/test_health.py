"""What a load balancer, an operator and Prometheus learn from `/healthz`, `/readyz` and `/metrics`."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.flow.unit import Unit
from tests.away import database_away
from tests.house import House, open_house


@pytest.fixture
async def postgres_house(postgres_url: str) -> AsyncIterator[House]:
    async with open_house(postgres_url) as opened:
        yield opened


async def get(house: House, path: str) -> tuple[int, dict[str, Any]]:
    async with house.http.get(house.url + path) as response:
        return response.status, await response.json()


async def test_a_house_at_rest_is_healthy_and_ready(house: House) -> None:
    assert await get(house, "/healthz") == (200, {"status": "ok"})
    assert await get(house, "/readyz") == (
        200,
        {
            "status": "ok",
            "outbox": {"waiting": 0, "parked": 0, "oldest_seconds": 0.0},
            "timers": {"overdue_seconds": 0.0},
            "away": [],
        },
    )


async def test_without_its_database_it_is_not_ready_and_soon_after_it_is(postgres_house: House) -> None:
    async with database_away(postgres_house.parts.settings.database_url):
        status, answer = await get(postgres_house, "/readyz")
        assert (status, answer["status"]) == (503, "unavailable")
        assert (await get(postgres_house, "/healthz"))[0] == 200
        async with postgres_house.http.get(f"{postgres_house.url}/metrics") as response:
            assert response.status == 200
    assert (await get(postgres_house, "/readyz"))[0] == 200


async def test_what_waits_in_the_outbox_is_told(house: House) -> None:
    hook = await house.add_sender("generic")
    async with house.http.post(hook, json={"title": "Down", "priority": "P5"}) as response:
        assert response.status == 202
    house.clock.time += timedelta(seconds=12)
    status, answer = await get(house, "/readyz")
    assert status == 200
    assert answer["outbox"] == {"waiting": 1, "parked": 0, "oldest_seconds": 12.0}
    assert await house.metric("tocsin_outbox_oldest_seconds") == 12
    await house.settle()
    assert (await get(house, "/readyz"))[1]["outbox"]["waiting"] == 0


async def test_timers_that_are_a_minute_late_make_it_unready(house: House) -> None:
    await house.send({"title": "Down", "priority": "P5"})
    house.clock.time += timedelta(minutes=5, seconds=59)
    assert (await get(house, "/readyz"))[0] == 200
    house.clock.time += timedelta(seconds=2)
    status, answer = await get(house, "/readyz")
    assert (status, answer["status"], answer["timers"]) == (503, "late", {"overdue_seconds": 61.0})
    await house.settle()
    assert (await get(house, "/readyz"))[0] == 200


async def test_what_was_parked_is_told_and_work_goes_on(house: House) -> None:
    async def put(unit: Unit) -> None:
        unit.put("INC-1@nowhere", "room.open", "incident:1")

    await house.send({"title": "Down", "priority": "P1", "service": "web"})
    await house.parts.work.run(put)
    await house.settle()
    status, answer = await get(house, "/readyz")
    assert (status, answer["status"], answer["outbox"]["parked"]) == (200, "ok", 1)
    assert await house.metric('tocsin_outbox_rows{state="parked"}') == 1
    assert any("nowhere" in str(message.card) + message.text for message in await house.messages("ops"))


async def test_metrics_can_be_read_by_prometheus(sqlite_house: House) -> None:
    await sqlite_house.send({"title": "Down"})
    async with sqlite_house.http.get(f"{sqlite_house.url}/metrics") as response:
        assert response.content_type == "text/plain"
        families = {family.name for family in text_string_to_metric_families(await response.text())}
    assert {
        "tocsin_signals",
        "tocsin_outbox_rows",
        "tocsin_timer_lateness_seconds",
        "tocsin_http_seconds",
    } <= families


async def test_paths_with_secrets_do_not_become_metrics(sqlite_house: House) -> None:
    hook = await sqlite_house.add_sender("generic")
    await sqlite_house.send({"title": "Down"})
    async with sqlite_house.http.get(f"{sqlite_house.url}/metrics") as response:
        text = await response.text()
    assert hook.rpartition("/")[2] not in text
    assert 'route="/hooks/{source}/{key}"' in text
