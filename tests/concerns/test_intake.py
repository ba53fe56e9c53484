"""The way in under load: one open alert per trouble, in order, in one incident, and every receipt true."""

import asyncio
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from bot.alerts.intake import SenderChanged
from bot.alerts.queue import SHARE, WAITING_LIMIT, Delivery, FairQueue
from bot.alerts.signal import Action, Signal
from bot.catalog.integrations import renew_key
from bot.flow.unit import Unit
from storage.models import (
    Alert,
    BoardChannel,
    Escalation,
    Incident,
    IncidentRoom,
    Integration,
    OutboxRow,
    Page,
)
from storage.questions.catalog import list_named
from storage.words import AlertStatus, Priority
from tests.house import House, open_house


async def post(house: House, url: str, body: Any) -> tuple[int, list[dict[str, Any]]]:
    async with house.http.post(url, json=body) as response:
        return response.status, (await response.json()).get("alerts", [])


def trigger(alias: str, **more: Any) -> dict[str, Any]:
    return {"title": f"Trouble {alias}", "alias": alias, "priority": "P5", **more}


def over(alias: str) -> dict[str, Any]:
    return {"alias": alias, "status": "resolved"}


async def test_many_at_once_about_a_few_troubles_open_each_once_and_count_the_rest(house: House) -> None:
    url = await house.add_sender("generic")
    answers = await asyncio.gather(*(post(house, url, trigger(f"t{number % 6}")) for number in range(60)))
    assert {status for status, _ in answers} == {202}
    receipts = [receipt for _, alerts in answers for receipt in alerts]
    assert Counter((one["alias"], one["outcome"]) for one in receipts) == {
        **{(f"t{number}", "opened"): 1 for number in range(6)},
        **{(f"t{number}", "repeated"): 9 for number in range(6)},
    }
    alerts = await house.rows(Alert)
    assert {alert.alias: alert.count for alert in alerts} == {f"t{number}": 10 for number in range(6)}
    assert {(one["alias"], one["id"], one["alert"]) for one in receipts} == {
        (alert.alias, alert.uid, alert.id) for alert in alerts
    }


async def test_two_replicas_that_hear_of_the_same_troubles_open_each_once(postgres_url: str) -> None:
    async with open_house(postgres_url) as first, open_house(postgres_url) as second:
        url = await first.add_sender("generic")
        other = url.replace(first.url, second.url)
        posts = [post(first, (url, other)[number % 2], trigger(f"t{number % 5}")) for number in range(40)]
        answers = await asyncio.gather(*posts)
        assert {status for status, _ in answers} == {202}
        assert sorted(alert.alias for alert in await first.rows(Alert)) == [
            f"t{number}" for number in range(5)
        ]
        assert sum(alert.count for alert in await first.rows(Alert)) == 40
        outcomes = Counter(receipt["outcome"] for _, alerts in answers for receipt in alerts)
        assert outcomes == {"opened": 5, "repeated": 35}


async def test_order_within_a_request_holds(house: House) -> None:
    url = await house.add_sender("generic")
    _, receipts = await post(
        house, url, [over("x"), trigger("x"), trigger("x"), over("x"), over("x"), trigger("x")]
    )
    expected = ["nothing_open", "opened", "repeated", "closed", "nothing_open", "opened"]
    assert [receipt["outcome"] for receipt in receipts] == expected
    assert [(alert.status, alert.count) for alert in await house.rows(Alert)] == [
        (AlertStatus.CLOSED, 2),
        (AlertStatus.OPEN, 1),
    ]


async def test_order_over_requests_that_are_committed_together_holds(house: House) -> None:
    """Requests that wait for the same commit are taken in the order in which they came."""
    await house.add_sender("generic")
    (sender, *_) = await house.rows(Integration, Integration.name == "generic")
    actions = [Action.TRIGGER, Action.RESOLVE] * 10 + [Action.TRIGGER]
    signals = [Signal(action, "x", "Trouble", priority=Priority.P5) for action in actions]
    receipts = await asyncio.gather(*(house.parts.intake.accept(sender.id, [signal]) for signal in signals))
    assert [one.outcome for (one,) in receipts] == ["opened", "closed"] * 10 + ["opened"]
    alerts = await house.rows(Alert)
    assert [alert.status for alert in alerts] == [AlertStatus.CLOSED] * 10 + [AlertStatus.OPEN]
    assert [one.alert_id for (one,) in receipts] == [alert.id for alert in alerts[:10] for _ in range(2)] + [
        alerts[10].id
    ]


async def test_five_hundred_alerts_of_one_trouble_are_one_incident_that_says_little(house: House) -> None:
    url = await house.add_sender("generic")
    storm = [trigger(f"pod-{number}", priority="P2", service="web") for number in range(500)]
    parts = [post(house, url, storm[start : start + 50]) for start in range(0, 500, 50)]
    assert {status for status, _ in await asyncio.gather(*parts)} == {202}
    queued = await house.rows(OutboxRow)
    assert len(queued) <= 8, Counter(row.kind for row in queued)
    await house.settle()
    (incident,) = await house.rows(Incident)
    alerts = await house.rows(Alert)
    assert len(alerts) == 500
    assert {alert.incident_id for alert in alerts} == {incident.id}
    assert len(await house.rows(IncidentRoom)) == 1
    assert [channel.key for channel in await house.rows(BoardChannel, BoardChannel.kind == "incident")] == [
        "incident-1"
    ]
    assert len(await house.messages("incident-1")) == 1
    assert len(await house.messages("announcements")) == 1
    assert len(await house.rows(Escalation)) == 1
    assert len(await house.rows(Page)) == 1
    assert len(await house.timeline()) <= 20


async def test_the_end_of_five_hundred_alerts_says_little(house: House) -> None:
    url = await house.add_sender("generic")
    await post(house, url, [trigger(f"pod-{number}", priority="P2", service="web") for number in range(500)])
    await house.settle()
    before = len(await house.messages("incident-1"))
    await post(house, url, [over(f"pod-{number}") for number in range(500)])
    await house.settle()
    assert await house.rows(Alert, Alert.status == AlertStatus.OPEN) == []
    assert len(await house.messages("incident-1")) <= before + 1
    assert len(await house.timeline()) <= 20


async def test_a_request_that_fails_does_not_take_others_with_it(house: House) -> None:
    """What it says can't be stored, or its integration is gone: whoever waits for the same commit has their alerts stored
    nevertheless."""
    await house.add_sender("generic")
    (sender, *_) = await house.rows(Integration, Integration.name == "generic")
    results = await asyncio.gather(
        *(
            house.parts.intake.accept(
                999 if number == 3 else sender.id,
                [Signal(Action.TRIGGER, f"t{number}", "\ud800" if number == 1 else "Trouble")],
            )
            for number in range(6)
        ),
        return_exceptions=True,
    )
    assert isinstance(results.pop(3), SenderChanged)
    assert isinstance(results.pop(1), UnicodeEncodeError | DBAPIError)
    assert [one.outcome for receipts in results if isinstance(receipts, list) for one in receipts] == [
        "opened"
    ] * 4
    assert [alert.alias for alert in await house.rows(Alert)] == ["t0", "t2", "t4", "t5"]


async def test_more_than_can_be_held_is_refused_whole(sqlite_house: House) -> None:
    url = await sqlite_house.add_sender("generic")
    body = [{"alias": str(number)} for number in range(WAITING_LIMIT + 1)]
    async with sqlite_house.http.post(url, json=body) as response:
        assert (response.status, (await response.json())["title"]) == (503, "intake.full")
        assert response.headers["Retry-After"]
    assert await sqlite_house.rows(Alert) == []
    assert (await post(sqlite_house, url, body[:1]))[0] == 202


@pytest.mark.parametrize("length", [512, 513, 5_000])
async def test_long_aliases_that_differ_at_their_end_stay_two_alerts(
    sqlite_house: House, length: int
) -> None:
    url = await sqlite_house.add_sender("generic")
    aliases = ["x" * (length - 1) + end for end in "ab"]
    await post(sqlite_house, url, [trigger(alias) for alias in aliases])
    _, receipts = await post(sqlite_house, url, [trigger(alias) for alias in aliases])
    assert [receipt["outcome"] for receipt in receipts] == ["repeated", "repeated"]
    assert len(await sqlite_house.rows(Alert)) == 2


async def test_metrics_count_what_was_accepted(sqlite_house: House) -> None:
    name = 'tocsin_signals_total{outcome="opened",source="generic"}'
    before = await sqlite_house.metric(name)
    url = await sqlite_house.add_sender("generic")
    await post(sqlite_house, url, [trigger("a"), trigger("b")])
    assert await sqlite_house.metric(name) == before + 2
    assert await sqlite_house.metric("tocsin_intake_waiting") == 0


async def test_a_noisy_sender_neither_fills_the_queue_nor_goes_before_the_others() -> None:
    queue, loop = FairQueue(), asyncio.get_running_loop()
    signals = [Signal(Action.TRIGGER, str(number)) for number in range(100)]
    while queue.has_room(1, len(signals)):
        queue.add(Delivery(1, signals, loop.create_future()))
    assert queue.count == SHARE
    assert queue.has_room(2, len(signals))
    for _ in range(3):
        queue.add(Delivery(2, signals[:1], loop.create_future()))
    group = queue.take(500)
    assert [one.integration_id for one in group] == [1, 2, 1, 2, 1, 2, 1]
    queue.leave(group)
    assert queue.has_room(1, 400)
    while queue:
        queue.leave(queue.take(1_000))
    assert queue.count == 0


async def test_a_key_that_was_renewed_lets_nobody_in_who_was_known(house: House) -> None:
    url = await house.add_sender("generic")
    assert (await post(house, url, trigger("a")))[0] == 202
    _, key = await house.parts.work.run(lambda unit: renew_key(unit, "generic"))
    assert (await post(house, url, trigger("b")))[0] == 401
    renewed = f"{house.url}/hooks/generic/{key}"
    assert (await post(house, renewed, trigger("c")))[0] == 202
    assert [alert.alias for alert in await house.rows(Alert)] == ["a", "c"]


async def test_settings_that_changed_hold_for_the_next_request_of_a_known_sender(house: House) -> None:
    url = await house.add_sender("generic")
    assert (await post(house, url, trigger("a")))[0] == 202

    async def change(unit: Unit) -> None:
        rows = await list_named(unit.session, Integration)
        sender = next(row for row in rows if row.slug == "generic")
        sender.settings = {"mapping": {"title": "what", "alias": "alias", "priority": "'P5'"}}

    await house.parts.work.run(change)
    assert (await post(house, url, {"what": "Disk full", "alias": "b"}))[0] == 202
    assert [alert.title for alert in await house.rows(Alert)] == ["Trouble a", "Disk full"]


async def test_an_alert_and_its_page_cost_few_statements(sqlite_house: House) -> None:
    """Each is some hundred microseconds; what they do grows with nothing that is stored."""
    house = sqlite_house
    url = await house.add_sender("generic")
    await house.send(trigger("first"))
    asked: list[str] = []
    for engine in (house.parts.work.database._writer, house.parts.work.database._reader):
        event.listen(
            engine.sync_engine,
            "before_cursor_execute",
            lambda _c, _cursor, statement, _v, _x, _many: asked.append(statement),
        )
    assert (await post(house, url, trigger("second")))[0] == 202
    await house.parts.outbox.drain()
    assert len(asked) <= 45
    assert len(await house.pages()) == 2
