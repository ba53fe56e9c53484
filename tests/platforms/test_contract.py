"""The contract of every chat platform: commands, forms, buttons, the card, and pages to people."""

import re

from tests.platforms.contract.play import announcement_of, card_of, declare, last_direct, read, timeline
from tests.platforms.contract.stage import Stage


async def test_a_command_opens_an_incident_with_everything_that_belongs_to_it(stage_on_both: Stage) -> None:
    stage = stage_on_both
    answer = await stage.type(
        stage.owner, stage.lobby, '/incident declare Checkout: "500" & slöw! priority:P1 service:web'
    )
    assert "INC-1" in answer.text
    room = await stage.room_of("INC-1")
    assert re.fullmatch(r"inc-1-checkout[a-z0-9-]*", await stage.name_of(room))
    assert "P1" in await stage.topic_of(room)
    card = await card_of(stage, room)
    assert 'INC-1 · Checkout: "500" & slöw!' in card.title
    for shown in ("P1", "Investigating", "Impact", "Elapsed", "Commander"):
        assert shown in card.text
    assert {"Add responder", "Take command", "Resolve", "Change priority"} <= set(card.buttons)
    announcement = await announcement_of(stage)
    assert "Follow" in announcement.buttons
    assert not any("is open" in one.text for one in await stage.messages(room)), (
        "only its author sees the answer"
    )


async def test_a_command_without_its_argument_opens_the_form_and_the_form_does_what_the_line_does(
    stage_each_way: Stage,
) -> None:
    stage = stage_each_way
    opened = await stage.type(stage.owner, stage.lobby, "/incident declare")
    assert opened.form is not None
    assert {"title", "priority", "service", "team", "summary"} <= set(opened.form.values)
    assert opened.form.errors == {}
    answer = await stage.fill(
        stage.owner,
        {"title": "Mail is late", "priority": "P2", "service": "web", "summary": "Since noon\nin Berlin"},
    )
    assert answer.form is None
    assert "INC-1" in answer.text
    incident = await read(stage, "incidents/INC-1")
    assert (incident["title"], incident["priority"], incident["summary"]) == (
        "Mail is late",
        "P2",
        "Since noon\nin Berlin",
    )
    assert [service["slug"] for service in incident["services"]] == ["web"]


async def test_what_is_wrong_is_said_at_its_field_and_what_is_right_stays(stage_each_way: Stage) -> None:
    stage = stage_each_way
    room = await declare(stage)
    opened = await stage.type(stage.owner, room, "/incident update We rolled back next:soonish")
    assert opened.form is not None
    assert opened.form.values["text"] == "We rolled back"
    assert "soonish" in opened.form.errors["next"]
    again = await stage.fill(stage.owner, {"next": "yesterday-ish"})
    assert again.form is not None
    assert list(again.form.errors) == ["next"]
    assert "yesterday-ish" in again.form.errors["next"]
    assert again.form.values["text"] == "We rolled back"
    assert (await read(stage, "incidents/INC-1/updates"))["items"] == []
    done = await stage.fill(stage.owner, {"next": "20m"})
    assert done.form is None
    updates = (await read(stage, "incidents/INC-1/updates"))["items"]
    assert [update["text"] for update in updates] == ["We rolled back"]


async def test_help_is_in_place(stage: Stage) -> None:
    answer = await stage.type(stage.owner, stage.lobby, "/incident help")
    for command in ("/incident declare", "/incident update", "/incident resolve"):
        assert command in answer.text


async def test_a_mistyped_command_is_told_the_nearest_ones(stage_of_any_words: Stage) -> None:
    stage = stage_of_any_words
    answer = await stage.type(stage.owner, stage.lobby, "/incident delcare Mail is late")
    assert "/incident declare" in answer.text
    assert await stage.room_of("INC-1") == ""


async def test_a_button_acts_as_the_person_who_presses_it_and_the_card_turns_true_in_place(
    stage_on_both: Stage,
) -> None:
    stage = stage_on_both
    kate = await stage.add_person("Kate")
    await stage.house.send({"title": "Disk is full", "priority": "P1", "service": "web"})
    room = await stage.room_of("INC-1")
    await stage.join(kate, room)
    before = await card_of(stage, room)
    assert "Acknowledge" in before.buttons
    await stage.press(kate, before, "Acknowledge")
    after = await card_of(stage, room)
    assert after.id == before.id
    assert "Acknowledge" not in after.buttons
    assert "Kate" in after.text
    assert sum("INC-1" in one.title for one in await stage.messages(room)) == 1
    assert (await read(stage, "incidents/INC-1"))["acknowledged_by"]["name"] == "Kate"
    assert [entry["by"] for entry in await timeline(stage, "incident_acknowledged")] == ["Kate"]


async def test_a_button_that_asks_for_more_opens_the_form_of_that_incident(stage: Stage) -> None:
    room = await declare(stage)
    await declare(stage, line="Something else")
    opened = await stage.press(stage.owner, await card_of(stage, room), "Change priority")
    assert opened.form is not None
    await stage.fill(stage.owner, {"priority": "P4"})
    assert (await read(stage, "incidents/INC-1"))["priority"] == "P4"
    assert (await read(stage, "incidents/INC-2"))["priority"] == "P3"


async def test_resolving_asks_once_and_taking_command_does_not(stage_each_way: Stage) -> None:
    stage = stage_each_way
    room = await declare(stage)
    taken = await stage.press(stage.owner, await card_of(stage, room), "Take command")
    assert taken.question == ""
    assert (await read(stage, "incidents/INC-1"))["commander"]["name"] == stage.owner.name
    asked = await stage.press(stage.owner, await card_of(stage, room), "Resolve")
    assert "Paging stops" in asked.question
    assert (await read(stage, "incidents/INC-1"))["status"] == "investigating"
    await stage.confirm(stage.owner)
    card = await card_of(stage, room)
    assert "Resolved" in card.text
    assert "Resolve" not in card.buttons
    assert "Close" in card.buttons
    assert "Resolved" in (await announcement_of(stage)).text


async def test_a_page_is_a_direct_message_whose_every_copy_turns_true(stage: Stage) -> None:
    kate = await stage.add_person("Kate")
    await stage.house.send({"title": "Disk is full", "priority": "P1", "service": "web"})
    page = await last_direct(stage, stage.owner)
    assert "Disk is full" in page.title
    assert "Acknowledge" in page.buttons
    assert await stage.directs(kate) == []
    await stage.house.at("05:00")
    hers = await last_direct(stage, kate)
    await stage.press(kate, hers, "Acknowledge")
    for person in (stage.owner, kate):
        seen = (await stage.directs(person))[0]
        assert "Acknowledge" not in seen.buttons
        assert "acknowledged by Kate" in seen.text
    assert "Kate" in (await card_of(stage, await stage.room_of("INC-1"))).text


async def test_a_guest_is_refused_with_a_sentence_and_may_follow(stage: Stage) -> None:
    guest = await stage.add_guest("Gus")
    await declare(stage)
    refused = await stage.type(guest, stage.lobby, "/incident resolve INC-1")
    assert "takes the role responder" in refused.text
    assert (await read(stage, "incidents/INC-1"))["status"] == "investigating"
    followed = await stage.press(guest, await announcement_of(stage), "Follow")
    assert "INC-1" in followed.text
    assert "takes the role" not in followed.text
    assert [one["name"] for one in (await read(stage, "incidents/INC-1"))["followers"]] == ["Gus"]
