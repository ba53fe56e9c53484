"""Heartbeats as timetables: silence opens one alert, a ping closes it, and a Tocsin that was down blames nobody for it."""

from datetime import timedelta

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event

from app import prepare
from bot.alerts.heartbeats import (
    Wanted,
    change_heartbeat,
    create_heartbeat,
    delete_heartbeat,
    find_deadline,
    get_heartbeat,
    switch_heartbeat,
)
from bot.errors import Invalid, Refused
from storage.models import Alert, AuditEntry, Heartbeat, Page
from storage.words import AlertStatus, HeartbeatStatus, Priority
from tests.house import START, House

BACKUP = Wanted("Nightly backup", 300)


async def make(house: House, wanted: Wanted = BACKUP) -> str:
    """Make a heartbeat; returns the URL that it pings."""
    _, key = await house.parts.work.run(lambda unit: create_heartbeat(unit, wanted))
    return f"{house.url}/heartbeats/{key}"


async def ping(house: House, url: str, method: str = "GET") -> int:
    async with house.http.request(method, url) as response:
        status = response.status
    await house.settle()
    return status


async def alerts(house: House) -> list[tuple[str, AlertStatus, int]]:
    return [(row.alias, row.status, row.count) for row in await house.rows(Alert)]


async def test_silence_opens_one_alert_and_the_next_ping_closes_it(house: House) -> None:
    url = await make(house)
    await house.at("10:00")
    assert await alerts(house) == []  # not armed: nobody knows yet whether it is set up
    assert await ping(house, url) == 200
    await house.at("15:29")
    assert await alerts(house) == []
    await house.at("15:30")
    await house.at("30:00")
    assert await alerts(house) == [("heartbeat:nightly-backup", AlertStatus.OPEN, 1)]
    (alert,) = await house.rows(Alert)
    assert (alert.title, alert.priority) == ("Nightly backup is silent", Priority.P2)
    assert "every 5 min" in alert.description
    assert await house.rows(Page)  # it goes the way of every alert: somebody is paged
    assert await ping(house, url, "POST") == 200
    assert await alerts(house) == [("heartbeat:nightly-backup", AlertStatus.CLOSED, 1)]
    await house.at("35:30")
    assert [status for _, status, _ in await alerts(house)] == [AlertStatus.CLOSED, AlertStatus.OPEN]


async def test_one_that_pings_in_time_is_never_late(house: House) -> None:
    url = await make(house)
    for minute in range(0, 60, 5):
        await house.at(f"{minute:02}:07" if minute % 10 else f"{minute:02}:20")
        assert await ping(house, url, "PUT") == 200
    assert await alerts(house) == []
    (row,) = await house.rows(Heartbeat)
    assert (row.status, row.last_ping_at) == (HeartbeatStatus.UP, START + timedelta(minutes=55, seconds=7))


async def test_a_ping_of_one_that_is_up_is_one_statement(house: House) -> None:
    url = await make(house)
    await ping(house, url)
    said: list[str] = []
    engine = house.parts.work.database._writer.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *what: said.append(str(what[2])))
    async with house.http.get(url) as response:
        assert response.status == 200
    assert [one.split()[0] for one in said if not one.startswith(("BEGIN", "COMMIT"))] == ["UPDATE"]


async def test_a_key_that_nobody_has_is_refused(house: House) -> None:
    assert await ping(house, f"{house.url}/heartbeats/hb_0000") == 401


async def test_after_a_time_away_everybody_has_a_whole_interval(house: House) -> None:
    url = await make(house)
    await ping(house, url)
    house.clock.time = START + timedelta(hours=2)  # down since the ping, and started again
    await prepare(house.parts)
    await house.settle()
    await house.at("02:05:29")
    assert await alerts(house) == []
    await house.at("02:05:30")
    assert len(await alerts(house)) == 1


async def test_a_process_that_hung_blames_nobody(house: House) -> None:
    url = await make(house)
    await ping(house, url)
    house.clock.time = START + timedelta(hours=2)  # no start: the machine slept, say
    await house.settle()
    assert await alerts(house) == []
    await house.at("02:05:30")
    assert len(await alerts(house)) == 1


async def test_a_failover_of_the_database_blames_nobody(house: House) -> None:
    """What came in these 40 seconds was answered with 503, and hardly anybody pings twice."""
    url = await make(house, Wanted("Watchdog", 60))
    await ping(house, url)
    await house.at("00:30")
    house.clock.time += timedelta(seconds=40)
    await house.settle()
    assert await alerts(house) == []
    await house.at("02:15")
    assert await alerts(house) == []
    await house.at("02:16")
    assert len(await alerts(house)) == 1


async def test_another_replica_that_starts_forgives_nothing(house: House) -> None:
    url = await make(house)
    await ping(house, url)
    await house.at("04:00")
    await prepare(house.parts)
    await house.at("05:30")
    is_alone = house.parts.work.database.is_sqlite
    assert len(await alerts(house)) == (0 if is_alone else 1)


async def test_one_that_is_switched_off_or_deleted_has_no_alert(house: House) -> None:
    for name in ("First", "Second"):
        await ping(house, await make(house, Wanted(name, 60)))
    await house.at("02:00")
    assert [status for _, status, _ in await alerts(house)] == [AlertStatus.OPEN] * 2
    first, second = await house.rows(Heartbeat)
    work = house.parts.work

    async def stop(unit: object) -> None:
        await switch_heartbeat(unit, await get_heartbeat(unit, "first"), False)  # type: ignore[arg-type]
        await delete_heartbeat(unit, await get_heartbeat(unit, "Second"))  # type: ignore[arg-type]

    await work.run(stop)
    await house.settle()
    assert [status for _, status, _ in await alerts(house)] == [AlertStatus.CLOSED] * 2
    assert [row.id for row in await house.rows(Heartbeat)] == [first.id]
    await house.at("10:00")
    assert len(await alerts(house)) == 2
    said = [row.what for row in await house.rows(AuditEntry) if row.subject.startswith("heartbeat:")]
    assert said == ["heartbeat.created"] * 2 + ["heartbeat.disabled", "heartbeat.deleted"]
    assert second.id != first.id


async def test_a_shorter_interval_counts_at_once(house: House) -> None:
    await ping(house, await make(house, Wanted("Backup", 3600, message="No backup!", priority=Priority.P1)))

    async def shorten(unit: object) -> None:
        heartbeat = await get_heartbeat(unit, "backup")  # type: ignore[arg-type]
        await change_heartbeat(unit, heartbeat, Wanted("Backup", 60, message="No backup!"))  # type: ignore[arg-type]

    await house.parts.work.run(shorten)
    await house.at("01:06")
    (alert,) = await house.rows(Alert)
    assert (alert.title, alert.priority) == ("No backup!", Priority.P2)


async def test_names_are_unique_and_intervals_sensible(sqlite_house: House) -> None:
    await make(sqlite_house)
    with pytest.raises(Refused):
        await make(sqlite_house, Wanted("nightly BACKUP", 60))
    for wrong in (Wanted("x", 29), Wanted("x", 31 * 86_400), Wanted("  ", 60)):
        with pytest.raises(Invalid):
            await make(sqlite_house, wrong)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(30, 2_592_000))
def test_nobody_is_late_before_an_interval_in_which_tocsin_listened(
    ping_at: int, since: int, interval: int
) -> None:
    pinged, listening = START + timedelta(seconds=ping_at), START + timedelta(seconds=since)
    deadline = find_deadline(pinged, listening, interval)
    assert min(deadline - pinged, deadline - listening) > timedelta(seconds=interval)
    assert deadline - max(pinged, listening) <= timedelta(seconds=interval + 300)


async def test_a_program_makes_pings_changes_and_deletes_one(house: House) -> None:
    headers = {"Authorization": f"Bearer {await house.key()}"}
    url = f"{house.url}/api/v1/heartbeats"
    body = {"name": "Nightly backup", "interval": 300, "team": "first-team", "service": "web", "tags": ["db"]}
    async with house.http.post(url, json=body, headers=headers) as response:
        made = await response.json()
        assert (response.status, made["status"], made["team"]["slug"]) == (201, "waiting", "first-team")
    assert await ping(house, made["ping_url"].replace(house.parts.settings.public_url, house.url)) == 200
    one = f"{url}/nightly-backup"
    async with house.http.post(f"{one}/ping", headers=headers) as response:
        assert (response.status, (await response.json())["status"]) == (200, "up")
    async with house.http.put(one, json={"name": "Backup", "interval": 60}, headers=headers) as response:
        changed = await response.json()
        assert (changed["slug"], changed["name"], changed["team"]) == ("nightly-backup", "Backup", None)
    await house.at("01:06")
    async with house.http.get(url, headers=headers) as response:
        assert [one["status"] for one in (await response.json())["items"]] == ["late"]
    async with house.http.delete(one, headers=headers) as response:
        assert response.status == 200
    await house.settle()
    assert [status for _, status, _ in await alerts(house)] == [AlertStatus.CLOSED]
    async with house.http.get(one, headers=headers) as response:
        assert response.status == 404


async def test_the_room_and_the_doctor_show_them(sqlite_house: House) -> None:
    house = sqlite_house
    await make(house)
    await ping(house, await make(house, Wanted("Certificate renewal", 60)))
    await house.at("02:00")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        await (await browser.post(await house.sign_in_url(), allow_redirects=False)).text()
        async with browser.get(f"{house.url}/heartbeats") as response:
            page = (await response.text()).partition('<ul class="rows">')[2]
    assert page.index("Certificate renewal") < page.index(">late<") < page.index("Nightly backup")
    assert "never heard" in page
    assert "Never heard, so nobody misses them: Nightly backup" in await house.ask("/tocsin doctor")


async def test_people_list_pause_and_resume_them(house: House) -> None:
    url = await make(house)
    assert "Nightly backup (nightly-backup), every 5 min: never heard" in await house.ask(
        "/tocsin heartbeats"
    )
    await ping(house, url)
    await house.at("10:00")
    assert "late, last ping 10 min ago" in await house.ask("/tocsin heartbeats")
    assert "is paused" in await house.ask("/tocsin pause-heartbeat Nightly backup")
    assert [status for _, status, _ in await alerts(house)] == [AlertStatus.CLOSED]
    assert "paused, last ping" in await house.ask("/tocsin heartbeats")
    assert await ping(house, url) == 200
    await house.at("30:00")
    assert len(await alerts(house)) == 1
    assert "is watched from its next ping on" in await house.ask("/tocsin resume-heartbeat nightly-backup")
    await ping(house, url)
    await house.at("40:00")
    assert [status for _, status, _ in await alerts(house)] == [AlertStatus.CLOSED, AlertStatus.OPEN]
    said = [row.what for row in await house.rows(AuditEntry) if row.subject.startswith("heartbeat:")]
    assert said == ["heartbeat.created", "heartbeat.disabled", "heartbeat.enabled"]


async def test_only_an_admin_pauses_one_and_what_is_wrong_is_said(sqlite_house: House) -> None:
    kate = await sqlite_house.add_person("Kate")
    await make(sqlite_house)
    assert "admin" in await sqlite_house.ask("/tocsin pause-heartbeat nightly-backup", by=kate)
    assert (await sqlite_house.rows(Heartbeat))[0].active
    assert "Nightly backup" in await sqlite_house.ask("/tocsin heartbeats", by=kate)
    told = await sqlite_house.ask("/tocsin pause-heartbeat nobody")
    assert "There is no heartbeat nobody; there are nightly-backup" in told
