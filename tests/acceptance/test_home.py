"""What a person sees first in a chat platform's home."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event

from bot.chat.card import Card
from bot.chat.markup import render_text
from bot.flow.unit import Actor
from storage.models import User
from tests.house import House


async def open_home(house: House, user: User) -> tuple[Card, ...]:
    return await house.parts.inbound.show_home(Actor(user.name, user.id, "slack"))


def titles(cards: tuple[Card, ...]) -> list[str]:
    return [card.title for card in cards]


def line(card: Card) -> str:
    return render_text("\n".join([card.body, *(f"{one.label}: {one.value}" for one in card.fields)]))


@contextmanager
def counting() -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield asked
    event.remove(Engine, "before_cursor_execute", note)


async def test_a_quiet_home_says_who_is_on_call_and_that_nothing_is_open(house: House) -> None:
    cards = await open_home(house, house.owner)
    assert titles(cards) == ["Tocsin", "On call now", "Your next shifts", "Open incidents"]
    assert house.owner.name in line(cards[0])
    assert [button.command for button in cards[0].buttons] == ["/incident declare"]
    assert house.owner.name in line(cards[1])
    assert "now" in line(cards[2])
    assert line(cards[3]).strip() == "No incident is open."


async def test_pages_incidents_and_tasks_are_there_until_they_are_done(house: House) -> None:
    kate = await house.add_person("Kate")
    await house.send({"title": "Checkout fails", "alias": "a", "priority": "P1", "service": "web"})
    await house.command("/incident declare Disk full priority:P4")
    await house.command("/incident task INC-1 Restart the gateway owner:me")
    await house.command("/incident role INC-1 commander @kate")
    cards = await open_home(house, house.owner)
    assert titles(cards)[3:] == [
        "Waiting for you",
        "INC-1 · Checkout fails",
        "Open incidents",
        "INC-1 · Checkout fails",
        "INC-2 · Disk full",
        "Your tasks",
        "Restart the gateway",
    ]
    assert "Commander: Kate" in line(cards[6])
    page, done = cards[4].buttons[0], cards[9].buttons[0]
    for button in (page, done):
        assert not (await house.command(button.command)).failed
    after = titles(await open_home(house, house.owner))
    assert "Waiting for you" not in after
    assert "Your tasks" not in after
    assert titles(await open_home(house, kate))[:2] == ["Tocsin", "On call now"]


async def test_a_page_without_a_subject_is_answered_from_there(house: House) -> None:
    kate = await house.add_person("Kate")
    await house.command("/page @kate Please look at the payments")
    cards = await open_home(house, kate)
    assert "Waiting for you" in titles(cards)
    page = cards[titles(cards).index("Waiting for you") + 1]
    assert "Please look at the payments" in line(page)
    assert not (await house.command(page.buttons[0].command, by=kate)).failed
    assert "Waiting for you" not in titles(await open_home(house, kate))


async def test_a_private_incident_is_only_in_the_homes_of_its_people(house: House) -> None:
    await house.add_person("Kate")
    mark = await house.add_person("Mark", team="")
    await house.command("/incident declare Breach at the vendor private:yes")
    await house.command("/incident task INC-1 Call the lawyers owner:mark")
    assert "Breach" not in str(await open_home(house, mark))
    assert "lawyers" not in str(await open_home(house, mark))
    assert "Breach" in str(await open_home(house, house.owner))


async def test_the_most_urgent_ten_are_shown_with_a_handful_of_questions(house: House) -> None:
    for number in range(12):
        await house.command(f"/incident declare Trouble {number} priority:P{number % 4 + 2}")
    await house.send({"title": "Checkout fails", "alias": "a", "priority": "P1", "service": "web"})
    with counting() as asked:
        cards = await open_home(house, house.owner)
    shown = titles(cards)[titles(cards).index("Open incidents") + 1 :]
    assert len(shown) == 10
    assert "Checkout fails" in shown[0]
    assert "all of them" in line(cards[titles(cards).index("Open incidents")])
    assert len(asked) <= 12  # seven of them say who is on call: nobody is read one by one
