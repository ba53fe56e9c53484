"""“Still on it?” in an incident's rooms loses its button as soon as nobody has to answer it, and says what became of it."""

import pytest
from sqlalchemy import update

from bot.chat.markup import render_text
from bot.flow.unit import Unit
from storage.models import EscalationPolicy
from tests.acceptance.test_still_on_it import URGENT, set_policy
from tests.acceptance.test_three_chats import Three, three
from tests.house import House

__all__ = ["three"]
ASKED = "Still on it?"


async def read_questions(house: House) -> list[tuple[str, str, list[str]]]:
    """Title, words and buttons of each question in the Room, oldest first."""
    cards = [message.card for message in await house.messages("incident-1") if message.card]
    return [
        (card["title"], render_text(card["body"]), [button["label"] for button in card.get("buttons", ())])
        for card in cards
        if card["title"].startswith(ASKED)
    ]


async def read_question(house: House) -> tuple[str, str]:
    """What became of the only question; it has no button."""
    ((title, words, buttons),) = await read_questions(house)
    assert buttons == []
    return title, words


async def ask(house: House) -> None:
    """It is acknowledged at the start, and asked about after half an hour."""
    await set_policy(house, ack_timeout=1800)
    await house.send(URGENT)
    await house.command("/incident ack INC-1")
    await house.at("30:00")
    ((title, _, buttons),) = await read_questions(house)
    assert (title, buttons) == (ASKED, ["Still on it"])


async def test_an_answer_shows_in_every_room(three: Three) -> None:
    house = three.house

    async def ask_soon(unit: Unit) -> None:
        await unit.session.execute(update(EscalationPolicy).values(ack_timeout=1800))

    await house.parts.work.run(ask_soon)
    await house.send(URGENT)
    await house.command("/incident ack INC-1")
    await house.at("30:00")
    await three.settle()
    for stage in (three.slack, three.discord):
        (asked,) = await three.seen(stage, ASKED)
        assert "Still on it" in asked.buttons
        assert "nothing was heard for 30" in asked.text
    await house.command("/incident ack INC-1", house.owner)
    await three.settle()
    title, words = await read_question(house)
    assert (title, words) == ("Still on it? Answered", f"{house.owner.name} is on it.")
    for stage in (three.slack, three.discord):
        (asked,) = await three.seen(stage, ASKED)
        assert asked.buttons == ()
        assert f"{house.owner.name} is on it." in " ".join(asked.text.split())
        assert "nothing was heard" not in asked.text


async def test_somebody_else_answers(house: House) -> None:
    await ask(house)
    await house.command("/incident ack INC-1", house.people["Kate"])
    assert await read_question(house) == ("Still on it? Answered", "Kate is on it.")
    await house.at("01:00:00")
    first, second = await read_questions(house)
    assert (first[2], second[0], second[2]) == ([], ASKED, ["Still on it"]), "asked again after as long"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/incident status INC-1 resolved", "INC-1 is resolved."),
        ("/incident status INC-1 closed", "INC-1 is closed."),
        ("/incident merge INC-1 into:INC-2", "INC-1 is closed."),
        ("/alert unack 1", "The acknowledgement was taken back"),
    ],
)
async def test_nobody_has_to_answer_any_more(house: House, line: str, words: str) -> None:
    await ask(house)
    await house.command("/incident declare Another")
    await house.command(line)
    title, told = await read_question(house)
    assert title == "Still on it? Not asked any more"
    assert told.startswith(words)


async def test_something_was_heard(house: House) -> None:
    await ask(house)
    await house.at("32:00")
    await house.command("/incident note INC-1 Looking at the database")
    await house.at("35:00")
    title, told = await read_question(house)
    assert (title, told) == ("Still on it? Not asked any more", "Something was heard since it was asked.")


async def test_nobody_answers(house: House) -> None:
    await ask(house)
    await house.at("35:00")
    title, told = await read_question(house)
    assert title == "Still on it? Not answered"
    assert told.startswith("Nobody said so before")
