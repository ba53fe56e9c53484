"""The main job in one chat platform alone, as a timetable: no other door than the alert webhook and the platform itself."""

from tests.acceptance.test_main_job import FIRING, with_alert
from tests.platforms.contract.play import announcement_of, card_of, last_direct, participants, read, timeline
from tests.platforms.contract.stage import Chat, File, Person

KEPT = "Message delivery to incident timeline is successful"


async def play_main_job(chat: Chat) -> None:
    """From the first alert to the archive, without leaving the platform."""
    kate = await chat.add_person("Kate")
    mark = await chat.add_person("Mark", role="stakeholder", team="")
    room = await _is_paged_and_takes_it(chat, kate, mark)
    await _works_together(chat, room, kate)
    await _tells_stakeholders(chat, room, mark)
    await _grows_and_is_resolved(chat, room, mark)
    await _is_reviewed_and_archived(chat, room)
    assert chat.faults() == []


def count(names: list[str]) -> dict[str, int]:
    """How often each is there, the most frequent first."""
    return dict(sorted(((one, names.count(one)) for one in set(names)), key=lambda pair: -pair[1]))


async def _is_paged_and_takes_it(chat: Chat, kate: Person, mark: Person) -> str:
    olivia, house = chat.owner, chat.house

    # 00:00 a warning fires: who is on call is paged in person, and the incident has its channel and its announcement
    await house.at("00:00")
    await house.send(FIRING, "alertmanager")
    page = await last_direct(chat, olivia)
    assert "5xx above 5 %" in page.title
    assert "waiting for somebody" in page.text
    room = await chat.room_of("INC-1")
    assert (await chat.name_of(room)).startswith("inc-1-5xx-above-5-on-web-1")
    assert olivia.name in await chat.members_of(room)
    card = await card_of(chat, room)
    assert "Acknowledge" in card.buttons
    assert "5xx" in (await announcement_of(chat)).title
    assert await chat.directs(kate) == await chat.directs(mark) == []

    # 01:00 Olivia acknowledges where she was paged: page and card turn true, and nobody else is woken
    await house.at("01:00")
    await chat.press(olivia, page, "Acknowledge")
    assert "acknowledged by Olivia" in (await last_direct(chat, olivia)).text
    assert "Acknowledge" not in (await last_direct(chat, olivia)).buttons
    card = await card_of(chat, room)
    assert "Acknowledged: Olivia" in " ".join(card.text.split())
    await house.at("10:00")
    assert await chat.directs(kate) == []
    return room


async def _works_together(chat: Chat, room: str, kate: Person) -> None:
    olivia, house = chat.owner, chat.house

    # 10:00 Olivia takes the command by a button of the card, which shows it and is still the only card
    await chat.press(olivia, await card_of(chat, room), "Take command")
    card = await card_of(chat, room)
    assert "Take command" not in card.buttons
    assert "Commander: Olivia" in " ".join(card.text.split())

    # 11:00 Kate comes in with a log; Olivia keeps it by the message's menu, and Kate keeps another one by a reaction
    await house.at("11:00")
    await chat.join(kate, room)
    log = File("web-1.log", "text/plain", b"upstream timed out\n" * 20)
    found = await chat.say(kate, room, "web-1 times out, log attached", files=[log])
    assert await participants(chat) == {"Olivia", "Kate"}
    assert KEPT in (await chat.act(olivia, found, "timeline")).text
    cause = await chat.say(olivia, room, "Release 41 went out at 02:50")
    kept = await chat.pin(kate, cause)
    assert kept.sign or KEPT in kept.text
    entries = {entry["text"]: entry for entry in await timeline(chat)}
    assert {text: entry["by"] for text, entry in entries.items()} == {
        "web-1 times out, log attached": "Kate",
        "Release 41 went out at 02:50": "Olivia",
    }
    (kept,) = entries["web-1 times out, log attached"]["files"]
    assert (kept["name"], kept["size"], kept["error"]) == ("web-1.log", len(log.content), "")
    assert kept["url"]

    # 13:00 a task from a message: asked first, then on the card
    await house.at("13:00")
    todo = await chat.say(kate, room, "Roll back to release 40")
    asked = await chat.act(kate, todo, "task")
    assert asked.form is not None
    assert asked.form.values["title"] == "Roll back to release 40"
    await chat.fill(kate, {})
    assert "Tasks: 1 open" in " ".join((await card_of(chat, room)).text.split())


async def _tells_stakeholders(chat: Chat, room: str, mark: Person) -> None:
    olivia, house = chat.owner, chat.house

    # 15:00 Mark follows by the button under the announcement
    await house.at("15:00")
    await chat.press(mark, await announcement_of(chat), "Follow")

    # 16:00 Olivia sends an update by the card's form; a mistyped time is told at its field, and nothing is lost
    await house.at("16:00")
    opened = await chat.press(olivia, await card_of(chat, room), "Send status update")
    assert opened.form is not None
    wrong = await chat.fill(
        olivia, {"text": "We are rolling back", "status": "identified", "next": "soonish"}
    )
    assert wrong.form is not None
    assert "soonish" in wrong.form.errors["next"]
    assert wrong.form.values["text"] == "We are rolling back"
    assert await chat.directs(mark) == []
    await chat.fill(olivia, {"next": "20m"})
    assert any("We are rolling back" in one.text for one in await chat.messages(room))
    announcement = await announcement_of(chat)
    (under,) = [one for one in await chat.messages(chat.announcements) if one.thread]
    assert under.thread == announcement.id
    assert "We are rolling back" in under.text
    assert "We are rolling back" in (await last_direct(chat, mark)).text


async def _grows_and_is_resolved(chat: Chat, room: str, mark: Person) -> None:
    olivia, house = chat.owner, chat.house

    # 20:00 more of the same trouble joins and lifts the priority: the same card, the same channel
    await house.at("20:00")
    before = await card_of(chat, room)
    await house.send(with_alert("bbbb", "critical"), "alertmanager")
    card = await card_of(chat, room)
    assert card.id == before.id
    assert "Priority: P1" in " ".join(card.text.split())
    assert "2 open of 2" in card.text
    assert "P1" in await chat.topic_of(room)
    assert "P1" in (await announcement_of(chat)).text
    assert await chat.room_of("INC-2") == ""

    # 25:00 a stakeholder can't resolve it, and is told why
    await house.at("25:00")
    assert "takes the role responder" in (await chat.type(mark, chat.lobby, "/incident resolve INC-1")).text

    # 36:00 the promise of the update passes: who commands is reminded
    await house.at("35:59")
    reminded = len(await chat.directs(olivia))
    await house.at("36:00")
    assert len(await chat.directs(olivia)) == reminded + 1

    # 40:00 resolved from the menu, which asks once
    await house.at("40:00")
    asked = await chat.press(olivia, await card_of(chat, room), "Resolve")
    assert "Paging stops" in asked.question
    assert "Resolved" not in (await card_of(chat, room)).text
    await chat.confirm(olivia)
    assert "Resolved" in (await card_of(chat, room)).text
    assert "Resolved" in (await announcement_of(chat)).text
    assert {alert["status"] for alert in (await read(chat, "alerts"))["items"]} == {"closed"}


async def _is_reviewed_and_archived(chat: Chat, room: str) -> None:
    olivia, house = chat.owner, chat.house

    # 45:00 the postmortem is drafted from the record, and then the incident is closed
    await house.at("45:00")
    await chat.press(olivia, await card_of(chat, room), "Postmortem")
    postmortem = str(await read(chat, "incidents/INC-1/postmortem"))
    for words in ("Release 41 went out", "web-1.log", "40 min", "Roll back to release 40"):
        assert words in postmortem
    await chat.press(olivia, await card_of(chat, room), "Close")
    assert "Closed" in (await card_of(chat, room)).text
    assert sum(one.pinned for one in await chat.messages(room)) == 1

    # a day later the channel is archived, and was the only one
    await house.at("24:44:00")
    assert not await chat.is_archived(room)
    await house.at("24:46:00")
    assert await chat.is_archived(room)
