"""Alertmanager's API: what Prometheus posts becomes alerts, and they end as it said; amtool's questions have answers."""

import base64
import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.expiry import DEFAULT
from bot.alerts.signal import Action
from bot.errors import Malformed
from handlers.alertmanager.posting import fingerprint, read_alerts
from handlers.alertmanager.wire import PostableAlert
from handlers.webhooks.kept import read_kept
from storage.models import Alert, AlertExpiry, AlertNote, Integration, RawPayload, Silence, Timer
from storage.words import AlertStatus, Priority
from tests.house import START, House

CAPTURED = Path(__file__).parents[1] / "payloads/alertmanager"


def spell(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


@dataclass
class Client:
    """What speaks to `/hooks/prometheus/<key>/api/v2`."""

    house: House
    url: str

    async def ask(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        url = f"{self.url}/api/v2{path}"
        async with self.house.http.request(method, url, json=body, params=query) as response:
            text = await response.read()
            answer = await response.json() if text else None
            status = response.status
        await self.house.settle()
        return status, answer

    async def post(self, *alerts: dict[str, Any]) -> tuple[int, Any]:
        return await self.ask("POST", "/alerts", list(alerts))

    async def silence(self, matchers: list[dict[str, Any]], **more: Any) -> tuple[int, Any]:
        body = {
            "matchers": matchers,
            "startsAt": spell(0),
            "endsAt": spell(60),
            "createdBy": "kate",
            "comment": "disk is exchanged",
            **more,
        }
        return await self.ask("POST", "/silences", body)


def alert(name: str = "DiskFull", ends: float | None = 4, **labels: str) -> dict[str, Any]:
    found = {
        "labels": {"alertname": name, "severity": "warning"} | labels,
        "annotations": {"summary": f"{name} somewhere", "runbook_url": "https://wiki.example/disk"},
        "startsAt": spell(-1),
        "generatorURL": "http://prometheus:9090/graph",
    }
    return found if ends is None else {**found, "endsAt": spell(ends)}


def wanted(name: str, value: str, regex: bool = False, equal: bool = True) -> dict[str, Any]:
    return {"name": name, "value": value, "isRegex": regex, "isEqual": equal}


@pytest.fixture
async def client(house: House) -> Client:
    return Client(house, await house.add_sender("prometheus"))


async def test_it_fires_repeats_and_is_resolved(client: Client) -> None:
    for minute in (4, 5):
        assert await client.post(alert(ends=minute)) == (200, None)
    (found,) = await client.house.rows(Alert)
    assert (found.title, found.priority, found.count) == ("DiskFull somewhere", Priority.P3, 2)
    assert [link["title"] for link in found.links] == ["Graph", "Runbook"]
    assert await client.post(alert(ends=-0.5)) == (200, None)
    (found,) = await client.house.rows(Alert)
    assert found.status is AlertStatus.CLOSED
    await client.house.at("10:00")  # what was noted of its end does no harm
    assert await client.house.rows(AlertExpiry) == []


async def test_what_is_not_sent_again_ends_when_it_was_said_to(client: Client) -> None:
    await client.post(alert(ends=4), alert("CpuHigh", ends=None))
    await client.house.at("03:00")
    await client.post(alert(ends=7))
    (timer,) = await client.house.rows(Timer, Timer.kind == "expire_alerts")
    assert timer.due_at == START + DEFAULT
    await client.house.at("05:01")
    states = {one.title.split()[0]: one.status for one in await client.house.rows(Alert)}
    assert states == {"DiskFull": AlertStatus.OPEN, "CpuHigh": AlertStatus.CLOSED}
    await client.house.at("07:01")
    assert {one.status for one in await client.house.rows(Alert)} == {AlertStatus.CLOSED}
    assert [note.kind for note in await client.house.rows(AlertNote, AlertNote.kind == "expired")] == [
        "expired",
        "expired",
    ]
    assert await client.house.rows(Timer, Timer.kind == "expire_alerts") == []


async def test_many_end_together_with_one_timer(client: Client) -> None:
    await client.post(*(alert(number=str(number), service="web") for number in range(250)))
    assert len(await client.house.rows(Timer, Timer.kind == "expire_alerts")) == 1
    await client.house.at("04:01")
    assert {one.status for one in await client.house.rows(Alert)} == {AlertStatus.CLOSED}


async def test_what_is_wrong_is_refused_and_the_rest_is_kept(client: Client) -> None:
    status, answer = await client.post(alert(), {"labels": {"": "c"}}, {"labels": {"empty": ""}})
    assert status == 400
    assert "alerts[1].labels, alerts[2].labels" in answer
    assert len(await client.house.rows(Alert)) == 1
    for body, words in (
        ({"labels": {}}, "Expected `array`"),
        ([{"labels": {"a": 1}}], "Expected `str`, got `int`"),
        ([{}], "labels"),
    ):
        status, answer = await client.ask("POST", "/alerts", body)
        assert (status, words in answer) == (400, True), answer
    status, answer = await client.ask("GET", "/alerts", filter="alertname")
    assert (status, "is no matcher" in answer) == (400, True)
    status, answer = await client.ask("GET", "/alerts", receiver="(")
    assert status == 400
    status, answer = await client.ask("GET", "/alerts", active="perhaps")
    assert status == 400


async def test_nothing_is_answered_without_a_key(client: Client) -> None:
    house, key = client.house, client.url.rpartition("/")[2]
    basic = base64.b64encode(f"prometheus:{key}".encode()).decode()
    wrong = base64.b64encode(b"prometheus:wrong").decode()
    for path in ("/alerts", "/alerts/groups", "/silences", "/status", "/receivers", f"/silence/{'0' * 36}"):
        for headers, expected in (
            ({}, 401),
            ({"Authorization": f"Bearer {key}x"}, 401),
            ({"Authorization": f"Basic {wrong}"}, 401),
            ({"Authorization": "Basic ???"}, 401),
            ({"Authorization": f"Bearer {key}"}, 404 if "silence/" in path else 200),
            ({"Authorization": f"Basic {basic}"}, 404 if "silence/" in path else 200),
        ):
            async with house.http.get(f"{house.url}/api/v2{path}", headers=headers) as response:
                assert response.status == expected, (path, headers)
                assert ("WWW-Authenticate" in response.headers) is (expected == 401)
    other = (await house.add_sender("generic")).rpartition("/")[2]
    async with house.http.get(f"{house.url}/hooks/prometheus/{other}/api/v2/alerts") as response:
        assert response.status == 401
    async with house.http.post(client.url, json=[]) as response:
        assert (response.status, "path_prefix" in await response.text()) == (400, True)


async def test_alerts_are_told_with_what_silences_them(client: Client) -> None:
    await client.post(alert(instance="db1"), alert(instance="db2"), alert("CpuHigh", service="web"))
    _, made = await client.silence([wanted("instance", "db1|db9", regex=True)])
    status, found = await client.ask("GET", "/alerts")
    assert (status, len(found)) == (200, 3)
    by_place = {one["labels"].get("instance", ""): one for one in found}
    assert by_place["db1"]["status"] == {
        "state": "suppressed",
        "silencedBy": [made["silenceID"]],
        "mutedBy": [],
        "inhibitedBy": [],
    }
    assert by_place["db2"]["status"]["state"] == "active"
    assert by_place["db2"]["endsAt"] == "2026-11-23T03:04:00.000Z"
    assert by_place["db2"]["annotations"] == {
        "summary": "DiskFull somewhere",
        "runbook_url": "https://wiki.example/disk",
    }
    for query, count in (
        ({"filter": 'alertname="DiskFull"'}, 2),
        ({"filter": "instance!=db1"}, 2),
        ({"filter": '{instance=~"db.*",severity=warning}'}, 2),
        ({"silenced": "false"}, 2),
        ({"active": "false"}, 1),
        ({"receiver": "first-.*"}, 3),
        ({"receiver": "first"}, 0),
        ({"inhibited": "false", "unprocessed": "false"}, 3),
    ):
        _, answer = await client.ask("GET", "/alerts", **query)
        assert len(answer) == count, query
    _, groups = await client.ask("GET", "/alerts/groups", muted="false", active="true")
    assert [(one["labels"], len(one["alerts"])) for one in groups] == [
        ({"alertname": "CpuHigh"}, 1),
        ({"alertname": "DiskFull"}, 2),
    ]
    assert await client.ask("GET", "/receivers") == (200, [{"name": "first-team"}])
    assert (await client.ask("GET", "/status"))[1]["cluster"]["status"] == "disabled"


async def test_a_sender_silences_its_own_alerts_only(client: Client) -> None:
    house = client.house
    _, made = await client.silence([wanted("severity", "warning")])
    await client.post(alert())
    await house.send({"title": "Other", "labels": {"severity": "warning"}, "priority": "P5"})
    own, other = await house.rows(Alert)
    assert (own.held_by, other.held_by) == ("silence:1", "")
    assert [page.subject for page in await house.pages()] == ["alert:2"]
    await house.ask("/tocsin silence 1h title=~.*")
    assert (await house.rows(Silence))[1:] == []  # it would match everything
    await house.ask("/tocsin silence 1h title=~.+")
    _, listed = await client.ask("GET", "/silences")
    assert [one["matchers"][0]["name"] for one in listed] == ["severity", "tocsin_title"]
    status, answer = await client.ask("DELETE", f"/silence/{listed[1]['id']}")
    assert (status, "made by people" in answer) == (403, True)
    assert await client.ask("DELETE", f"/silence/{made['silenceID']}") == (200, None)
    assert await client.ask("DELETE", f"/silence/{made['silenceID']}") == (200, None)
    _, answer = await client.ask("GET", f"/silence/{made['silenceID']}")
    assert answer["status"]["state"] == "expired"


async def test_a_silence_is_changed_in_place_or_replaced(client: Client) -> None:
    _, made = await client.silence([wanted("severity", "warning")])
    number = made["silenceID"]
    matchers = [wanted("severity", "warning")]
    assert (await client.silence(matchers, id=number, endsAt=spell(90)))[1]["silenceID"] == number
    _, shown = await client.ask("GET", f"/silence/{number}")
    assert shown["endsAt"] == "2026-11-23T04:30:00.000Z"
    _, other = await client.silence([wanted("severity", "critical")], id=number)
    assert other["silenceID"] != number
    assert (await client.ask("GET", f"/silence/{number}"))[1]["status"]["state"] == "expired"
    assert (await client.silence(matchers, id="0" * 36))[0] == 404
    assert (await client.silence([wanted("a", "(", regex=True)]))[0] == 400
    assert (await client.silence([wanted("a", "b", equal=False)]))[0] == 400
    assert (await client.silence(matchers, endsAt=spell(-5)))[0] == 400


async def test_a_message_that_was_kept_is_read_again_as_it_was_then(client: Client) -> None:
    await client.post(alert(ends=5), {"labels": {}})
    (sender,) = await client.house.rows(Integration, Integration.source == "prometheus")
    (kept,) = await client.house.rows(RawPayload)
    for minutes, action in ((0, Action.TRIGGER), (9, Action.RESOLVE)):
        kept.received_at = START + timedelta(minutes=minutes)
        assert [(one.action, one.labels) for one in read_kept(sender, kept)] == [(action, alert()["labels"])]
    kept.body = '{"labels": {}}'
    with pytest.raises(Malformed):
        read_kept(sender, kept)


async def test_one_that_begins_later_holds_from_then(client: Client) -> None:
    house = client.house
    await client.silence([wanted("severity", "info")], startsAt=spell(10), endsAt=spell(40))
    _, (shown,) = await client.ask("GET", "/silences")
    assert shown["status"]["state"] == "pending"
    await client.post(alert(ends=60, severity="info"))
    assert (await house.rows(Alert))[0].held_by == ""
    await house.at("12:00")
    before = len(await house.pages())
    assert (await house.rows(Alert))[0].held_by == "silence:1"
    await house.at("39:59")
    assert len(await house.pages()) == before
    await house.at("40:01")
    assert len(await house.pages()) == before + 1


names = st.from_regex(r"[a-z_]{1,5}", fullmatch=True) | st.text(max_size=8)
labels = st.dictionaries(names, st.text(max_size=8), max_size=4)


@given(st.lists(st.builds(PostableAlert, labels, labels), max_size=5))
def test_each_alert_is_a_signal_or_a_fault(alerts: list[PostableAlert]) -> None:
    posted = read_alerts(alerts, START)
    assert len(posted.signals) + len(posted.faults) == len(alerts)
    assert set(posted.expiries) == {signal.alias for signal in posted.signals}


@pytest.mark.parametrize("path", sorted(CAPTURED.glob("v0*.json")), ids=lambda path: path.stem)
def test_the_fingerprint_is_the_one_that_alertmanager_sends(path: Path) -> None:
    alerts = json.loads(path.read_text())["alerts"]
    assert [fingerprint(alert["labels"]) for alert in alerts] == [alert["fingerprint"] for alert in alerts]
