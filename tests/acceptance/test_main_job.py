"""The main job as a timetable, read back through the API: from the first alert to the postmortem."""

from typing import Any

from storage.models import BoardMessage, Timer
from tests.house import House

FIRING: dict[str, Any] = {
    "version": "4",
    "status": "firing",
    "groupKey": "{}",
    "externalURL": "http://alertmanager.example.org",
    "alerts": [
        {
            "status": "firing",
            "labels": {
                "alertname": "HighErrorRate",
                "severity": "warning",
                "service": "web",
                "instance": "web-1",
            },
            "annotations": {
                "summary": "5xx above 5 % on web-1",
                "runbook_url": "https://runbooks.example.org/5xx",
            },
            "generatorURL": "http://prometheus.example.org/graph",
            "fingerprint": "aaaa",
        }
    ],
}


def with_alert(fingerprint: str, severity: str, status: str = "firing") -> dict[str, Any]:
    alert = FIRING["alerts"][0]
    labels = {**alert["labels"], "severity": severity, "instance": fingerprint}
    return {**FIRING, "alerts": [{**alert, "fingerprint": fingerprint, "labels": labels, "status": status}]}


class Reader:
    """Reads the API with a key."""

    def __init__(self, house: House, key: str) -> None:
        self.house, self.headers = house, {"Authorization": f"Bearer {key}"}

    async def get(self, path: str) -> Any:
        async with self.house.http.get(f"{self.house.url}/api/v1/{path}", headers=self.headers) as response:
            assert response.status == 200, await response.text()
            return await response.json()


async def cards(house: House, channel: str) -> list[BoardMessage]:
    return [message for message in await house.messages(channel) if message.card]


async def test_from_the_first_alert_to_the_postmortem(house: House) -> None:
    api = Reader(house, await house.key("read"))
    kate = await house.add_person("Kate")
    mark = await house.add_person("Mark", role="stakeholder", team="")

    # 00:00 a warning fires: INC-1 opens with its room, its card and its announcement, and pages who is on call
    await house.at("00:00")
    status, answer = await house.send(FIRING, "alertmanager")
    assert (status, answer["alerts"][0]["outcome"]) == (202, "opened")
    incident = await api.get("incidents/INC-1")
    assert (incident["title"], incident["priority"], incident["status"]) == (
        "5xx above 5 % on web-1",
        "P3",
        "investigating",
    )
    (card,) = await cards(house, "incident-1")
    assert "INC-1" in card.card["title"]
    assert len(await cards(house, "announcements")) == 1
    assert [page.user_id for page in await house.pages()] == [house.owner.id]

    # 00:30 more of the same trouble joins and lifts the priority; the card is edited, not repeated
    await house.at("00:30")
    await house.send(with_alert("bbbb", "critical"), "alertmanager")
    await house.send(FIRING, "alertmanager")
    incident = await api.get("incidents/INC-1")
    assert incident["priority"] == "P1"
    alerts = (await api.get("alerts"))["items"]
    assert sorted(alert["count"] for alert in alerts) == [1, 2]
    (card,) = await cards(house, "incident-1")
    assert card.card["tone"] == "P1"

    # 05:00 nobody has acknowledged: the whole team is paged; Kate takes it and the command
    await house.at("05:00")
    assert len(await house.pages(kate)) == 1
    await house.command("/incident ack INC-1", by=kate)
    await house.command("/incident role INC-1 commander me", by=kate)
    await house.at("30:00")
    assert len(await house.pages(kate)) == 1

    # 31:00 an update goes to the room, the announcement and who follows, and promises the next one
    await house.at("31:00")
    await house.command("/incident follow INC-1", by=mark)
    await house.command(
        "/incident update INC-1 We rolled back and are watching status:monitoring next:20m", by=kate
    )
    assert (await api.get("incidents/INC-1"))["status"] == "monitoring"
    assert any("Update on INC-1" in message.card["title"] for message in await cards(house, "incident-1"))
    assert any(message.thread_id for message in await house.messages("announcements"))
    assert any(
        "Update on INC-1" in message.card["title"] for message in await cards(house, f"direct-{mark.id}")
    )

    # 51:00 the promise passes: Kate is reminded in person, and puts it off
    await house.at("50:59")
    assert not any(
        "is due" in message.card.get("title", "") for message in await cards(house, f"direct-{kate.id}")
    )
    await house.at("51:00")
    assert any("is due" in message.card["title"] for message in await cards(house, f"direct-{kate.id}"))
    await house.command("/incident snooze INC-1 15m", by=kate)
    reminded = len(await cards(house, f"direct-{kate.id}"))
    await house.at("01:05:59")
    assert len(await cards(house, f"direct-{kate.id}")) == reminded
    await house.at("01:06:00")
    assert len(await cards(house, f"direct-{kate.id}")) == reminded + 1

    # 01:10 resolved and closed: card, announcement and alerts follow, and nothing is left but archiving the room
    await house.at("01:10:00")
    await house.command("/incident note INC-1 Rolled back release 41 at:40m", by=kate)
    await house.command("/incident resolve INC-1 Errors are back to normal", by=kate)
    await house.command("/incident close INC-1", by=kate)
    incident = await api.get("incidents/INC-1")
    assert incident["status"] == "closed"
    assert {alert["status"] for alert in (await api.get("alerts"))["items"]} == {"closed"}
    assert (await cards(house, "incident-1"))[0].card["tone"] == "resolved"
    assert (await cards(house, "announcements"))[0].card["tone"] == "resolved"
    assert [timer.kind for timer in await house.rows(Timer, Timer.subject == "incident:1")] == [
        "archive_room"
    ]

    # 01:20 the postmortem is drafted from the record
    await house.at("01:20:00")
    await house.command("/incident postmortem INC-1", by=kate)
    postmortem = await api.get("incidents/INC-1/postmortem")
    assert "Rolled back release 41" in str(postmortem)
    assert "1 h 10 min" in str(postmortem)
    timeline = (await api.get("incidents/INC-1/timeline?limit=200"))["items"]
    times = [entry["at"] for entry in timeline]
    assert times in (sorted(times), sorted(times, reverse=True))
    kinds = {entry["kind"] for entry in timeline}
    assert {
        "incident_declared",
        "alerts_joined",
        "priority_changed",
        "responders_invited",
        "person_paged",
        "incident_acknowledged",
        "role_taken",
        "update_posted",
        "update_overdue",
        "note",
        "incident_resolved",
        "incident_closed",
        "postmortem_drafted",
        "room_opened",
    } <= kinds


async def test_who_closes_is_led_to_the_postmortem_that_is_drafted(house: House) -> None:
    for ref in ("INC-1", "INC-2"):
        await house.command("/incident declare Checkout is slow")
        await house.command(f"/incident resolve {ref} It is fast again")
    await house.command("/incident postmortem INC-2")
    assert "/incident postmortem drafts" in await house.ask("/incident close INC-1")
    assert "/INC-2/postmortem" in await house.ask("/incident close INC-2")


async def test_merging_moves_alerts_and_ends_paging(house: House) -> None:
    await house.send({"title": "Checkout fails", "alias": "a", "priority": "P1", "service": "web"})
    await house.command("/incident declare Payments are slow")
    await house.command("/incident merge INC-1 INC-2")
    await house.at("01:00:00")
    assert len(await house.pages()) == 1
    assert "Checkout fails" in await house.ask("/incident alerts INC-2")
    assert "merged" in await house.ask("/incident reopen INC-1")


async def test_a_thousand_alerts_are_one_incident_one_card_and_a_handful_of_messages(house: House) -> None:
    storm = [
        {"title": f"Pod {number} is down", "alias": f"pod-{number}", "priority": "P2", "service": "web"}
        for number in range(1000)
    ]
    status, _ = await house.send(storm)
    assert status == 202
    api = Reader(house, await house.key("read"))
    assert [one["ref"] for one in (await api.get("incidents"))["items"]] == ["INC-1"]
    assert len(await house.messages("incident-1")) == 1
    assert len(await house.messages("announcements")) == 1
    assert len(await house.pages()) == 1
    assert "1000 open of 1000" in str((await house.messages("incident-1"))[0].card).replace("\\", "")


async def test_three_people_can_command_from_different_places_at_once(house: House) -> None:
    import asyncio

    people = [await house.add_person(name) for name in ("Ann", "Ben", "Cid")]
    await house.send({"title": "Checkout fails", "alias": "a", "priority": "P1", "service": "web"})
    await asyncio.gather(
        *(house.command("/incident role INC-1 commander me", by=person) for person in people)
    )
    await asyncio.gather(*(house.command("/incident note INC-1 hello", by=person) for person in people))
    await house.settle()
    assert (await house.timeline()).count("note") == 3
    api = Reader(house, await house.key("read"))
    assert (await api.get("incidents/INC-1"))["status"] == "investigating"
