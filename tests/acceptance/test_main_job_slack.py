"""The main job in Slack alone, as a timetable: no other door than the alert webhook and Slack itself."""

from tests.acceptance.test_main_job import FIRING, with_alert
from tests.platforms.contract.play import announcement_of, card_of, last_direct, participants, read, timeline
from tests.platforms.contract.slack_stage import SlackStage, open_slack_stage
from tests.platforms.contract.stage import File, Person

KEPT = "Message delivery to incident timeline is successful"
MOST_CALLS = 75


async def test_from_the_first_alert_to_the_archive_without_leaving_slack(sqlite_url: str) -> None:
    async with open_slack_stage("slack-socket", sqlite_url) as slack:
        kate = await slack.add_person("Kate")
        mark = await slack.add_person("Mark", role="stakeholder", team="")
        room = await _is_paged_and_takes_it(slack, kate, mark)
        await _works_together(slack, room, kate)
        await _tells_stakeholders(slack, room, mark)
        await _grows_and_is_resolved(slack, room, mark)
        await _is_reviewed_and_archived(slack, room)
        print(f"calls of Slack: {len(slack.slack.calls)}, {_count(slack)}")
        assert len(slack.slack.calls) <= MOST_CALLS
        assert [call for call in slack.slack.calls if not call.ok] == []
        assert slack.faults() == []


async def _is_paged_and_takes_it(slack: SlackStage, kate: Person, mark: Person) -> str:
    olivia, house = slack.owner, slack.house

    # 00:00 a warning fires: who is on call is paged in person, and the incident has its channel and its announcement
    await house.at("00:00")
    await house.send(FIRING, "alertmanager")
    page = await last_direct(slack, olivia)
    assert "5xx above 5 %" in page.title
    assert "waiting for somebody" in page.text
    room = await slack.room_of("INC-1")
    assert (await slack.name_of(room)).startswith("inc-1-5xx-above-5-on-web-1")
    assert olivia.name in await slack.members_of(room)
    card = await card_of(slack, room)
    assert "Acknowledge" in card.buttons
    assert "5xx" in (await announcement_of(slack)).title
    assert await slack.directs(kate) == await slack.directs(mark) == []

    # 01:00 Olivia acknowledges where she was paged: page and card turn true, and nobody else is woken
    await house.at("01:00")
    await slack.press(olivia, page, "Acknowledge")
    assert "acknowledged by Olivia" in (await last_direct(slack, olivia)).text
    assert "Acknowledge" not in (await last_direct(slack, olivia)).buttons
    card = await card_of(slack, room)
    assert "Acknowledged: Olivia" in " ".join(card.text.split())
    await house.at("10:00")
    assert await slack.directs(kate) == []
    return room


async def _works_together(slack: SlackStage, room: str, kate: Person) -> None:
    olivia, house = slack.owner, slack.house

    # 10:00 Olivia takes the command by a button of the card, which shows it and is still the only card
    await slack.press(olivia, await card_of(slack, room), "Take command")
    card = await card_of(slack, room)
    assert "Take command" not in card.buttons
    assert "Commander: Olivia" in " ".join(card.text.split())

    # 11:00 Kate comes in with a log; Olivia keeps it by the message's menu, and Kate keeps another one by a reaction
    await house.at("11:00")
    await slack.join(kate, room)
    log = File("web-1.log", "text/plain", b"upstream timed out\n" * 20)
    found = await slack.say(kate, room, "web-1 times out, log attached", files=[log])
    assert await participants(slack) == {"Olivia", "Kate"}
    assert KEPT in (await slack.act(olivia, found, "timeline")).text
    cause = await slack.say(olivia, room, "Release 41 went out at 02:50")
    assert KEPT in (await slack.pin(kate, cause)).text
    entries = {entry["text"]: entry for entry in await timeline(slack)}
    assert {text: entry["by"] for text, entry in entries.items()} == {
        "web-1 times out, log attached": "Kate",
        "Release 41 went out at 02:50": "Olivia",
    }
    (kept,) = entries["web-1 times out, log attached"]["files"]
    assert (kept["name"], kept["size"], kept["error"]) == ("web-1.log", len(log.content), "")
    assert kept["url"]

    # 13:00 a task from a message: asked first, then on the card
    await house.at("13:00")
    todo = await slack.say(kate, room, "Roll back to release 40")
    asked = await slack.act(kate, todo, "task")
    assert asked.form is not None
    assert asked.form.values["title"] == "Roll back to release 40"
    await slack.fill(kate, {})
    assert "Tasks: 1 open" in " ".join((await card_of(slack, room)).text.split())


async def _tells_stakeholders(slack: SlackStage, room: str, mark: Person) -> None:
    olivia, house = slack.owner, slack.house

    # 15:00 Mark follows by the button under the announcement
    await house.at("15:00")
    await slack.press(mark, await announcement_of(slack), "Follow")

    # 16:00 Olivia sends an update by the card's form; a mistyped time is told at its field, and nothing is lost
    await house.at("16:00")
    opened = await slack.press(olivia, await card_of(slack, room), "Send status update")
    assert opened.form is not None
    wrong = await slack.fill(
        olivia, {"text": "We are rolling back", "status": "identified", "next": "soonish"}
    )
    assert wrong.form is not None
    assert "soonish" in wrong.form.errors["next"]
    assert wrong.form.values["text"] == "We are rolling back"
    assert await slack.directs(mark) == []
    await slack.fill(olivia, {"next": "20m"})
    assert any("We are rolling back" in one.text for one in await slack.messages(room))
    announcement = await announcement_of(slack)
    (under,) = [one for one in await slack.messages(slack.announcements) if one.thread]
    assert under.thread == announcement.id
    assert "We are rolling back" in under.text
    assert "We are rolling back" in (await last_direct(slack, mark)).text


async def _grows_and_is_resolved(slack: SlackStage, room: str, mark: Person) -> None:
    olivia, house = slack.owner, slack.house

    # 20:00 more of the same trouble joins and lifts the priority: the same card, the same channel
    await house.at("20:00")
    before = await card_of(slack, room)
    await house.send(with_alert("bbbb", "critical"), "alertmanager")
    card = await card_of(slack, room)
    assert card.id == before.id
    assert "Priority: P1" in " ".join(card.text.split())
    assert "2 open of 2" in card.text
    assert "P1" in await slack.topic_of(room)
    assert "P1" in (await announcement_of(slack)).text
    assert await slack.room_of("INC-2") == ""

    # 25:00 a stakeholder can't resolve it, and is told why
    await house.at("25:00")
    assert "takes the role responder" in (await slack.type(mark, slack.lobby, "/incident resolve INC-1")).text

    # 36:00 the promise of the update passes: who commands is reminded
    await house.at("35:59")
    reminded = len(await slack.directs(olivia))
    await house.at("36:00")
    assert len(await slack.directs(olivia)) == reminded + 1

    # 40:00 resolved from the menu, which asks once
    await house.at("40:00")
    asked = await slack.press(olivia, await card_of(slack, room), "Resolve")
    assert "Paging stops" in asked.question
    assert "Resolved" not in (await card_of(slack, room)).text
    await slack.confirm(olivia)
    assert "Resolved" in (await card_of(slack, room)).text
    assert "Resolved" in (await announcement_of(slack)).text
    assert {alert["status"] for alert in (await read(slack, "alerts"))["items"]} == {"closed"}


async def _is_reviewed_and_archived(slack: SlackStage, room: str) -> None:
    olivia, house = slack.owner, slack.house

    # 45:00 the postmortem is drafted from the record, and then the incident is closed
    await house.at("45:00")
    await slack.press(olivia, await card_of(slack, room), "Postmortem")
    postmortem = str(await read(slack, "incidents/INC-1/postmortem"))
    for words in ("Release 41 went out", "web-1.log", "40 min", "Roll back to release 40"):
        assert words in postmortem
    await slack.press(olivia, await card_of(slack, room), "Close")
    assert "Closed" in (await card_of(slack, room)).text
    assert sum(one.pinned for one in await slack.messages(room)) == 1

    # a day later the channel is archived, and was the only one
    await house.at("24:44:00")
    assert not await slack.is_archived(room)
    await house.at("24:46:00")
    assert await slack.is_archived(room)


def _count(slack: SlackStage) -> dict[str, int]:
    """How often each method was called, the most frequent first."""
    methods = [call.method for call in slack.slack.calls]
    return dict(sorted(((one, methods.count(one)) for one in set(methods)), key=lambda pair: -pair[1]))
