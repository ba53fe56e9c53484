"""Exactly what Discord receives for every card, form, answer and command; and Discord would take it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.chat.card import Card
from bot.chat.command_shapes import list_shapes
from bot.chat.discord.commands import build_commands
from bot.chat.discord.components import read_press
from bot.chat.discord.embeds import Rendered, render_message, render_question, render_reply
from bot.chat.discord.modals import build_modal, render_form_again
from bot.chat.form import Form
from bot.chat.invocation import Invocation
from bot.chat.platform import Message
from bot.flow.unit import Actor
from storage.models import User
from tests.house import House, open_house
from tests.platforms.discord_judge import faults_of_commands, faults_of_message, faults_of_modal
from tests.platforms.golden import compare


@pytest.fixture
async def house(sqlite_url: str) -> AsyncIterator[House]:
    """Tocsin under a real name, with Kate on call and Mark beside her."""
    async with open_house(sqlite_url, {"TOCSIN_PUBLIC_URL": "https://tocsin.example.org"}) as opened:
        await opened.add_person("Kate Lin")
        await opened.add_person("Mark")
        yield opened


def keep(name: str, sent: Rendered) -> None:
    assert faults_of_message(sent) == []
    compare(f"discord/{name}", sent.body)


def keep_message(house: House, name: str, card: Card, *, notify: bool = False) -> None:
    message = Message(card=card, summary=card.title)
    keep(name, render_message(message, house.parts.templates, notify=notify))


def keep_form(house: House, name: str, form: Form) -> None:
    modal = build_modal(form, house.parts.templates)
    assert faults_of_modal(modal) == []
    compare(f"discord/{name}", modal)


async def last_card(house: House, channel: str, number: int = -1) -> Card:
    return Card.unpack([message for message in await house.messages(channel) if message.card][number].card)


async def give(house: House, line: str, by: str = "Kate Lin") -> None:
    reply = await house.command(line, by=house.people[by])
    assert not reply.failed, reply.text
    assert reply.form is None, reply.form


async def fire(house: House, alias: str, title: str = "5xx above 5 % on web-1 <b>now</b>") -> None:
    body = {
        "alias": alias,
        "message": title,
        "priority": "P1",
        "description": "see https://runbooks.example.org/5xx",
    }
    status, _ = await house.send(body)
    assert status == 202


async def test_the_card_of_an_incident_over_its_life(house: House) -> None:
    await fire(house, "web-1")
    opened = await last_card(house, "incident-1", 0)
    keep_message(house, "incident-opened", opened)
    keep_message(house, "announcement-opened", await last_card(house, "announcements"))
    await house.at("05:00")
    await give(house, "/incident ack INC-1")
    await give(house, "/incident role INC-1 commander me")
    await give(house, "/incident summary INC-1 Payments fail for *some* cards & <b>all</b> of EU.")
    await give(house, "/incident task INC-1 Roll back the payment service")
    await house.at("12:00")
    await give(house, "/incident update INC-1 We found the cause and are rolling back. next:30m")
    keep_message(house, "incident-worked-on", await last_card(house, "incident-1", 0))
    keep_message(house, "announcement-worked-on", await last_card(house, "announcements", 0))
    keep_message(house, "update", await last_card(house, "incident-1"))
    await house.at("20:00")
    await give(house, "/incident declare Search is slow", by="Mark")
    await give(house, "/incident merge INC-2 INC-1", by="Mark")
    keep_message(house, "incident-merged", await last_card(house, "incident-2", 0))
    await house.at("1:05:00")
    await give(house, "/incident resolve INC-1")
    keep_message(house, "incident-resolved", await last_card(house, "incident-1", 0))
    keep_message(house, "announcement-resolved", await last_card(house, "announcements", 0))


async def test_what_is_asked_before_something_of_the_menu_is_done(house: House) -> None:
    await fire(house, "web-1")
    rows = render_message(
        Message(card=await last_card(house, "incident-1", 0)), house.parts.templates
    ).components
    (menu,) = rows[-1]["components"]
    for option in menu["options"]:
        press = read_press(menu | {"values": [option["value"]]}, rows)
        assert press is not None
        if press.asks:
            keep(f"question-{press.label.lower()}", render_question(press, house.parts.templates))


async def test_the_card_of_an_alert(house: House) -> None:
    await fire(house, "web-1")
    for state, line in (("open", ""), ("acknowledged", "/alert ack 1"), ("closed", "/alert close 1")):
        if line:
            await give(house, line)
        card = (await house.command("/alert show 1")).card
        assert card is not None
        keep_message(house, f"alert-{state}", card)


async def test_the_card_of_a_page(house: House) -> None:
    owner: User = house.owner
    await fire(house, "web-1")
    direct = f"direct-{owner.id}"
    keep_message(house, "page-waiting", await last_card(house, direct), notify=True)
    await give(house, "/incident ack INC-1")
    keep_message(house, "page-acknowledged", await last_card(house, direct), notify=True)
    await give(house, "/incident resolve INC-1")
    keep_message(house, "page-over", await last_card(house, direct), notify=True)
    kate = f"direct-{house.people['Kate Lin'].id}"
    await give(house, "/tocsin test-page")
    keep_message(house, "page-test", await last_card(house, kate), notify=True)
    await give(house, "/page @kate-lin Need a second pair of eyes on the database", by="Mark")
    keep_message(house, "page-direct", await last_card(house, kate), notify=True)


async def test_the_form_of_every_command(house: House) -> None:
    await give(house, "/incident declare Disk full")
    kate = house.people["Kate Lin"]
    for path, command in house.parts.registry.commands.items():
        if not command.arguments:
            continue
        incident = "INC-1" if command.about == "incident" else ""
        invocation = Invocation(f"/{path}", Actor(kate.name, kate.id, "discord"), "discord", "C1", incident)
        form = await house.parts.registry.refresh_form(invocation)
        assert form is not None
        keep_form(house, f"form-{path.replace(' ', '-')}", form)


async def test_a_form_with_what_was_mistyped(house: House) -> None:
    line = "/incident declare Disk full priority:P9 service:nope private:yes"
    form = (await house.command(line, by=house.people["Mark"])).form
    assert form is not None
    keep_form(house, "form-with-errors", form)
    keep("form-again", render_form_again(form, "token", house.parts.templates))


async def test_the_answers_of_commands(house: House) -> None:
    await fire(house, "web-1")
    await give(house, "/incident declare Disk full")
    for name, line in (
        ("help", "/incident help"),
        ("incidents", "/incident list"),
        ("alerts", "/alert list"),
        ("alert", "/alert show 1"),
        ("catchup", "/incident catchup INC-1"),
        ("unknown", "/incident declaer"),
    ):
        reply = await house.command(line, by=house.people["Kate Lin"])
        keep(f"reply-{name}", render_reply(reply, house.parts.templates))


async def test_the_commands(house: House) -> None:
    tree = build_commands(list_shapes(house.parts.registry.commands.values()), house.parts.templates)
    assert faults_of_commands(tree.commands) == []
    kept: dict[str, Any] = {"commands": list(tree.commands), "paths": tree.paths, "menus": tree.menus}
    compare("discord/commands", kept)
