"""Maintenance: planned work is quiet, window after window, and always ends."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.windows import find_next_start, read_rule
from bot.errors import Invalid
from storage.models import Alert, AuditEntry, Incident, Maintenance, Page, Silence
from tests.acceptance.test_silences import said, trouble
from tests.house import START, House


async def test_its_services_are_quiet_and_what_stays_open_goes_on_after_it(house: House) -> None:
    answer = await house.ask("/tocsin maintenance 1h service=Web name:upgrade")
    assert answer.startswith("Maintenance 1 (upgrade) of service=web is on until Mon 23 Nov 2026, 04:00 UTC")
    await house.send(trouble("web", priority="P1", service="web"))
    await house.send(trouble("other"))
    web, other = await house.rows(Alert)
    assert (web.held_by, web.incident_id, other.held_by) == ("maintenance:1", None, "")
    assert "Maintenance 1 (upgrade) is on" in await house.ask("/alert why 1")
    await house.at("1:00:01")
    assert [incident.title for incident in await house.rows(Incident)] == ["Trouble web"]
    assert (await said(house))[:2] == [
        "Maintenance 1 (upgrade) until Mon 23 Nov 2026, 04:00 UTC",
        "Maintenance 1 (upgrade) is over",
    ]
    assert (await house.rows(Maintenance))[0].ended_at is not None


async def test_one_that_repeats_comes_again_and_can_be_ended_each_way(house: House) -> None:
    answer = await house.ask(
        "/tocsin maintenance 30m everything starts:1h repeat:daily until:2026-11-27 name:backup"
    )
    assert "begins Mon 23 Nov 2026, 04:00 UTC and lasts 30 min, and repeats" in answer
    await house.send(trouble("before", priority="P5"))
    await house.at("1:10:00")
    assert (await house.rows(Alert))[0].held_by == "maintenance:1"
    assert "it comes again" in await house.ask("/tocsin end-maintenance 1")
    assert (await house.rows(Alert))[0].held_by == ""
    assert "is not on now" in await house.ask("/tocsin end-maintenance 1")
    await house.at("25:10:00")
    assert [row.starts_at for row in await house.rows(Silence)] == [
        START + timedelta(hours=1),
        START + timedelta(hours=25),
    ]
    await house.at("26:00:00")
    assert "is over. What" in await house.ask("/tocsin end-maintenance 1 whole:yes")
    await house.at("100:00:00")
    assert len(await house.rows(Silence)) == 3
    assert (await house.rows(Maintenance))[0].ended_at is not None
    audited = [row.what for row in await house.rows(AuditEntry) if row.what.startswith("maintenance")]
    assert audited == ["maintenance.planned", "maintenance.window_ended", "maintenance.ended"]
    assert [page for page in await house.rows(Page) if page.created_at > START + timedelta(hours=30)] == []


async def test_a_window_that_was_missed_begins_late_and_one_that_is_past_does_not(house: House) -> None:
    await house.ask("/tocsin maintenance 1h everything starts:1h repeat:daily until:2026-11-29 name:backup")
    house.clock.time = START + timedelta(hours=25, minutes=30)  # away all the time
    await house.settle()
    await house.send(trouble("late"))
    assert [alert.held_by for alert in await house.rows(Alert)] == ["maintenance:1"]
    await house.at("26:00:01")
    assert [alert.held_by for alert in await house.rows(Alert)] == [""]
    assert [row.starts_at for row in await house.rows(Silence)] == [
        START + timedelta(hours=hours) for hours in (1, 25, 49)
    ]


async def test_one_that_overlaps_itself_is_over_when_somebody_ends_it(house: House) -> None:
    await house.ask("/tocsin maintenance 30h everything repeat:daily until:2026-11-29")
    await house.send(trouble("first"))
    await house.at("26:00:00")
    await house.ask("/tocsin end-maintenance 1")
    assert [alert.held_by for alert in await house.rows(Alert)] == [""]
    await house.at("47:00:00")
    assert [alert.held_by for alert in await house.rows(Alert)] == [""]
    await house.at("48:00:01")
    assert [alert.held_by for alert in await house.rows(Alert)] == ["maintenance:1"]


async def test_whoever_plans_it_is_told_of_an_incident_that_goes_on_paging(sqlite_house: House) -> None:
    await sqlite_house.send({"title": "Checkout is slow", "priority": "P1", "service": "web"})
    told = await sqlite_house.ask("/tocsin maintenance 1h service=web")
    assert "INC-1 has such alerts already and goes on paging: /incident ack INC-1" in told


async def test_what_is_wrong_is_said(house: House) -> None:
    for line, words in (
        ("/tocsin maintenance 1h severity=warning", "Maintenance is for"),
        ("/tocsin maintenance 1h service=nowhere", "There is no service nowhere"),
        ("/tocsin maintenance 99d everything", "at most 30 days"),
        ("/tocsin maintenance 1h everything repeat:often until:30d", "is no rule"),
        ("/tocsin maintenance 1h everything repeat:FREQ=SECONDLY until:30d", "is no rule"),
        ("/tocsin maintenance 1h everything repeat:weekly", "needs a day until which it does"),
        ("/tocsin end-maintenance 7", "There is no maintenance 7"),
    ):
        assert words in await house.ask(line), line
    assert await house.rows(Maintenance) == []


@pytest.mark.parametrize(
    "text",
    [
        "sometimes",
        "FREQ=HOURLY",
        "FREQ=DAILY;COUNT=3",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "INTERVAL=2",
    ],
)
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        read_rule(text)


def test_a_wall_clock_hour_stays_when_the_clocks_change() -> None:
    paris = ZoneInfo("Europe/Paris")
    first = datetime(2026, 3, 27, 4, 0, tzinfo=paris).astimezone(UTC)
    until = datetime(2026, 4, 2, tzinfo=UTC)
    starts = []
    at = first - timedelta(seconds=1)
    while found := find_next_start(first, "FREQ=DAILY", "Europe/Paris", at, until):
        starts.append(found)
        at = found
    assert len(starts) == 6
    assert {start.astimezone(paris).strftime("%H:%M") for start in starts} == {"04:00"}
    assert starts[2] - starts[1] == timedelta(hours=23)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=MONTHLY;BYMONTHDAY=31"]),
    st.sampled_from(["UTC", "Europe/Paris", "America/New_York"]),
    st.timedeltas(timedelta(0), timedelta(days=200)),
)
def test_windows_go_forward_and_end(first: datetime, rule: str, zone: str, later: timedelta) -> None:
    until = first + timedelta(days=300)
    found = find_next_start(first, rule, zone, first + later, until)
    if found is not None:
        assert first + later < found <= until
