"""Exactly what Slack receives for every card, form and answer; and Slack would take it."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

import pytest

from bot.chat.card import Card
from bot.chat.invocation import Invocation
from bot.chat.platform import Message
from bot.chat.slack.blocks import render_message, render_reply
from bot.chat.slack.home import build_home
from bot.chat.slack.manifest import build_manifest
from bot.chat.slack.modals import build_loading, build_modal, build_result
from bot.flow.unit import Actor
from storage.models import User
from tests.house import House, open_house
from tests.platforms.golden import compare
from tests.platforms.slack.blocks import judge_blocks, judge_view


@pytest.fixture
async def house(sqlite_url: str) -> AsyncIterator[House]:
    """Tocsin under a real name, with Kate on call and Mark beside her."""
    async with open_house(sqlite_url, {"TOCSIN_PUBLIC_URL": "https://tocsin.example.org"}) as opened:
        await opened.add_person("Kate Lin")
        await opened.add_person("Mark")
        yield opened


def keep_message(house: House, name: str, card: Card) -> None:
    sent = render_message(Message(card=card, summary=card.title), house.parts.templates)
    assert judge_blocks(sent.blocks) == []
    compare(f"slack/{name}", asdict(sent))


def keep_view(name: str, view: dict[str, Any]) -> None:
    assert judge_view(view) == []
    compare(f"slack/{name}", view)


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
    keep_message(house, "incident-opened", await last_card(house, "incident-1", 0))
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
    keep_message(house, "page-waiting", await last_card(house, direct))
    await give(house, "/incident ack INC-1")
    keep_message(house, "page-acknowledged", await last_card(house, direct))
    await give(house, "/incident resolve INC-1")
    keep_message(house, "page-over", await last_card(house, direct))
    kate = f"direct-{house.people['Kate Lin'].id}"
    await give(house, "/tocsin test-page")
    keep_message(house, "page-test", await last_card(house, kate))
    await give(house, "/page @kate-lin Need a second pair of eyes on the database", by="Mark")
    keep_message(house, "page-direct", await last_card(house, kate))


async def test_the_form_of_every_command(house: House) -> None:
    await give(house, "/incident declare Disk full")
    kate = house.people["Kate Lin"]
    for path, command in house.parts.registry.commands.items():
        if not command.arguments:
            continue
        incident = "INC-1" if command.about == "incident" else ""
        invocation = Invocation(f"/{path}", Actor(kate.name, kate.id, "slack"), "slack", "C1", incident)
        form = await house.parts.registry.refresh_form(invocation)
        assert form is not None
        keep_view(f"form-{path.replace(' ', '-')}", build_modal(form, "{}", house.parts.templates))


async def test_a_form_with_what_was_mistyped(house: House) -> None:
    reply = await house.command(
        "/incident declare Disk full priority:P9 service:nope", by=house.people["Mark"]
    )
    assert reply.form is not None
    keep_view("form-with-errors", build_modal(reply.form, "{}", house.parts.templates))


async def test_the_answers_of_commands(house: House) -> None:
    await fire(house, "web-1")
    await give(house, "/incident declare Disk full")
    words = house.parts.templates
    for name, line in (
        ("help", "/incident help"),
        ("incidents", "/incident list"),
        ("alerts", "/alert list"),
        ("alert", "/alert show 1"),
        ("catchup", "/incident catchup INC-1"),
        ("unknown", "/incident declaer"),
    ):
        reply = await house.command(line, by=house.people["Kate Lin"])
        sent = render_reply(reply, words)
        assert judge_blocks(sent.blocks) == []
        compare(f"slack/reply-{name}", asdict(sent))
        keep_view(f"result-{name}", build_result(reply, "Incidents", words))
    keep_view("loading", build_loading("Declare an incident", words))


async def test_the_home(house: House) -> None:
    await fire(house, "web-1")
    await give(house, "/incident declare Disk full")
    words = house.parts.templates
    head = words.read_card("# Tocsin\n[Declare an incident](/incident declare) !primary")
    cards = [head, await last_card(house, "incident-1", 0), await last_card(house, "incident-2", 0)]
    keep_view("home", build_home(cards, words))


async def test_the_manifest(house: House) -> None:
    words = house.parts.templates
    commands = [("/incident", "Work on incidents", "declare | list | help"), ("/page", "Page somebody", "")]
    url = "https://tocsin.example.org/slack/events"
    over_http = build_manifest(
        commands, words, name="Tocsin", request_url=url, unfurl_domain="tocsin.example.org"
    )
    compare("slack/manifest-http", over_http)
    compare("slack/manifest-socket", build_manifest(commands, words, name="Tocsin"))
