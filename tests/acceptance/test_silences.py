"""Silences: quiet for a while, and nothing lost by it."""

from typing import Any

import pytest

from bot.chat.markup import render_text
from storage.models import Alert, AuditEntry, Escalation, Incident, Silence
from storage.words import AlertStatus, EscalationState
from tests.house import House


def trouble(alias: str, **more: Any) -> dict[str, Any]:
    return {"title": f"Trouble {alias}", "alias": alias, "priority": "P5", **more}


async def said(house: House, channel: str = "announcements") -> list[str]:
    return [str(message.card["title"]) for message in await house.messages(channel) if message.card]


async def test_a_silenced_alert_is_counted_and_shown_but_pages_nobody_until_it_ends(house: House) -> None:
    await house.send(trouble("other"))
    answer = await house.ask("/tocsin silence 1h severity=warning why:restart")
    assert answer.startswith("Silence 1 lasts until Mon 23 Nov 2026, 04:00 UTC: alerts with severity=warning")
    before = len(await house.pages())
    await house.send(trouble("quiet", priority="P1", labels={"severity": "warning"}))
    await house.send(trouble("quiet", priority="P1", labels={"severity": "warning"}))
    await house.send(trouble("loud", labels={"severity": "critical"}))
    (quiet,) = await house.rows(Alert, Alert.alias == "quiet")
    assert (quiet.count, quiet.held_by, quiet.incident_id) == (2, "silence:1", None)
    assert await house.rows(Incident) == []
    assert [page.subject for page in (await house.pages())[before:]] == ["alert:3"]
    assert "Silence 1 (severity=warning) matches" in await house.ask("/alert why 2")
    await house.at("59:00")
    assert len([page for page in await house.pages() if page.subject == "alert:2"]) == 0
    (quiet,) = await house.rows(Alert, Alert.alias == "quiet")
    assert quiet.held_by == "silence:1"
    await house.at("1:00:01")
    (quiet,) = await house.rows(Alert, Alert.alias == "quiet")
    assert (quiet.held_by, quiet.incident_id) == ("", 1)
    assert await said(house) == [
        "Silence 1 until Mon 23 Nov 2026, 04:00 UTC",
        "Silence 1 is over",
        "INC-1 · Trouble quiet",
    ]
    over = (await house.messages("announcements"))[1].card
    assert over is not None
    assert "1 alert that is still open pages now" in str(over["body"])


async def test_a_resolve_passes_and_then_nothing_waits_for_the_end(house: House) -> None:
    await house.ask("/tocsin silence 1h severity=warning")
    await house.send(trouble("quiet", labels={"severity": "warning"}))
    await house.send({"alias": "quiet", "status": "resolved"})
    (alert,) = await house.rows(Alert)
    assert alert.status is AlertStatus.CLOSED
    await house.at("2:00:00")
    assert await house.pages() == []
    assert len(await said(house)) == 2


async def test_an_alert_that_pages_already_is_left_alone_and_pages_again_when_it_is_ended(
    house: House,
) -> None:
    await house.send(trouble("disk"))
    assert len(await house.pages()) == 1
    answer = await house.ask("/tocsin silence 4h 1")
    assert "1 alert that is open is held back now" in answer
    await house.at("3:30:00")
    assert len(await house.pages()) == 1
    assert [one.state for one in await house.rows(Escalation)] == [EscalationState.STOPPED]
    assert "Silence 1" in await house.ask("/alert why 1")
    assert "1 alert that is still open pages now" in await house.ask("/tocsin unsilence 1")
    assert len(await house.pages()) == 2
    assert (await house.rows(Alert))[0].held_by == ""
    assert [entry.what for entry in await house.rows(AuditEntry) if entry.what.startswith("silence")] == [
        "silence.created",
        "silence.ended",
    ]
    assert "over" in await house.ask("/tocsin unsilence 1")


async def test_its_maker_hears_before_it_ends_only_when_something_waits(house: House) -> None:
    kate = await house.add_person("Kate")
    await house.command("/tocsin silence 4h severity=warning", kate)
    await house.command("/tocsin silence 4h severity=info", kate)
    await house.send(trouble("quiet", labels={"severity": "warning"}))
    await house.at("3:37:00")
    heard = await said(house, f"direct-{kate.id}")
    assert heard == ["Silence 1 ends at 07:00"]
    await house.command("/tocsin extend-silence 1 2h", kate)
    await house.at("5:00:00")
    (alert,) = await house.rows(Alert)
    assert alert.held_by == "silence:1"
    assert alert.held_until == (await house.rows(Silence))[0].ends_at
    assert [page for page in await house.pages() if page.subject == "alert:1"] == []


async def test_arguments_may_be_named_and_patterns_written(house: House) -> None:
    await house.ask('/tocsin silence until:4h what:"title=~Trouble.*"')
    assert (await house.rows(Silence))[0].matchers == [
        {"name": "title", "operation": "matches", "value": "Trouble.*"}
    ]


@pytest.mark.parametrize(
    ("line", "until", "matchers"),
    [
        ('1h alertname=~"Disk.*"', "04:00", [("alertname", "matches", "Disk.*")]),
        ('1h alertname="Disk full"', "04:00", [("alertname", "is", "Disk full")]),
        ('1h "free space"="1 %"', "04:00", [("free space", "is", "1 %")]),
        ('"tomorrow 09:00" severity=info', "09:00", [("severity", "is", "info")]),
        (
            '1h alertname=~"Disk.*", instance!=db1 why:"db2 is being replaced"',
            "04:00",
            [("alertname", "matches", "Disk.*"), ("instance", "is_not", "db1")],
        ),
        ("1h alertname=“Disk full”", "04:00", [("alertname", "is", "Disk full")]),
        ('1h title="Say “hi”"', "04:00", [("title", "is", "Say “hi”")]),
        ('1h title="Disk full" why:new', "04:00", [("title", "is", "Disk full")]),
    ],
)
async def test_what_the_page_says_to_type_works(
    sqlite_house: House, line: str, until: str, matchers: list[tuple[str, str, str]]
) -> None:
    told = await sqlite_house.ask(f"/tocsin silence {line}")
    assert "Silence 1 lasts until" in told, told
    (row,) = await sqlite_house.rows(Silence)
    found = [
        (str(one["name"]).removeprefix("labels."), one["operation"], one["value"]) for one in row.matchers
    ]
    assert found == matchers
    assert f"{row.ends_at:%H:%M}" == until


async def test_what_is_wrong_is_said(house: House) -> None:
    for line, words in (
        ("/tocsin silence 1h service=nowhere", "There is no service nowhere"),
        ("/tocsin silence 1h severity=~(", "This is no regular expression"),
        ("/tocsin silence 1h severity!=info", "match every alert"),
        ("/tocsin silence 1h Disk is full", "is no matcher"),
        ("/tocsin silence 99w a=b", "That is too long"),
        ("/tocsin silence soon a=b", "time"),
        ("/tocsin unsilence 9", "There is no silence 9"),
    ):
        assert words in await house.ask(line), line
    assert await house.rows(Silence) == []


async def test_the_button_of_an_alert_proposes_what_to_silence(house: House) -> None:
    await house.send(trouble("disk", service="web", labels={"alertname": "DiskFull", "instance": "db1"}))
    reply = await house.command("/alert show 1")
    assert reply.card is not None
    (button,) = [one for one in reply.card.buttons if one.label == "Silence"]
    form = (await house.command(button.command)).form
    assert form is not None
    until, what, _ = form.fields
    assert [choice.value for choice in until.choices][:3] == ["1h", "4h", "tomorrow 09:00"]
    assert what.value == "1"
    assert [choice.value for choice in what.choices] == [
        "1",
        'title="Trouble disk"',
        "service=web",
        "alertname=DiskFull, instance=db1",
        "alertname=DiskFull",
        "instance=db1",
        "integration=generic",
    ]
    answer = await house.command(
        "/tocsin silence", what="alertname=DiskFull, instance=db1", until="tomorrow 09:00"
    )
    assert "until Tue 24 Nov 2026, 09:00 UTC" in answer.text.replace("\\", "")


CHECKOUT = {"title": "Checkout is slow", "alias": "slow", "priority": "P1", "service": "web"}


async def test_an_incident_goes_on_paging_and_everybody_is_told_so(house: House) -> None:
    await house.send(CHECKOUT)
    told = await house.ask("/tocsin silence 1h service=web")
    assert "INC-1 has such alerts already and goes on paging: /incident ack INC-1 says" in told
    (alert,) = await house.rows(Alert)
    assert (alert.held_by, alert.incident_id) == ("", 1)
    assert [one.state for one in await house.rows(Escalation)] == [EscalationState.RUNNING]
    (begun,) = [
        one.card
        for one in await house.messages("announcements")
        if one.card and "Silence" in one.card["title"]
    ]
    (field,) = [one for one in begun["fields"] if one["label"] == "Goes on paging"]
    assert render_text(field["value"]) == "INC-1"
    words = [render_text(message.text) for message in await house.messages("incident-1")]
    assert any("INC-1 goes on paging until somebody is on it: /incident ack INC-1" in text for text in words)
    assert "alerts_silenced" in await house.timeline()
    assert "Silence 1 (service=web), by" in await house.ask("/incident timeline INC-1")
    await house.send({**CHECKOUT, "alias": "slower"})
    assert [one.incident_id for one in await house.rows(Alert)] == [1, None]
    before = len(await house.pages())
    await house.at("20:00")
    assert len(await house.pages()) > before
    assert not (await house.command("/incident ack INC-1")).failed


async def test_an_incident_that_somebody_works_on_hears_what_stays_away(house: House) -> None:
    await house.send(CHECKOUT)
    await house.command("/incident ack INC-1")
    assert "goes on paging" not in await house.ask("/tocsin silence 1h service=web")
    words = [render_text(message.text) for message in await house.messages("incident-1")]
    assert any("new alerts like those here are held back" in text for text in words)
    assert not any("goes on paging" in text for text in words)


async def test_what_begins_by_itself_tells_the_incident_too_and_names_no_private_one(house: House) -> None:
    kate = await house.add_person("Kate", team="")
    await house.ask("/tocsin maintenance 1h service=web starts:10m name:upgrade")
    await house.send(CHECKOUT)
    await house.command("/incident private yes", incident="INC-1")
    await house.at("10:01")
    assert "alerts_silenced" in await house.timeline()
    (begun,) = [
        one.card
        for one in await house.messages("announcements")
        if one.card and "Maintenance" in one.card["title"]
    ]
    assert "INC" not in str(begun)
    assert [one.state for one in await house.rows(Escalation)] == [EscalationState.RUNNING]
    assert "INC-1" not in await house.ask("/tocsin silence 1h service=web", by=kate)
