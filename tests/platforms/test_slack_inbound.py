"""What people do in Slack reaches the house, by Socket Mode and over HTTP, and they are answered."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from bot.chat.card import Button, Card
from bot.chat.invocation import File
from bot.chat.reply import Reply
from bot.errors import Unavailable
from tests.patience import ANSWER_SECONDS
from tests.platforms.inbound import Bot, eventually, open_bot


@pytest.fixture(params=["http", "socket"])
async def bot(request: pytest.FixtureRequest) -> AsyncIterator[Bot]:
    async with open_bot(request.param, reactions=(("pushpin", "timeline"), ("memo", "task"))) as opened:
        yield opened


@pytest.fixture
async def by_http() -> AsyncIterator[Bot]:
    async with open_bot("http") as opened:
        yield opened


@pytest.fixture
async def by_socket() -> AsyncIterator[Bot]:
    async with open_bot("socket") as opened:
        yield opened


# commands


async def test_a_command_is_run_and_answered_to_who_typed_it(bot: Bot) -> None:
    kate = bot.slack.add_user("kate", email="kate@example.org", tz="Europe/Berlin")
    general = bot.slack.add_channel("general", members=[kate])
    delivery = await bot.slack.command(kate, general, "/incident", "priority P1 & more")
    assert (delivery.status, delivery.body) == (200, None)
    assert delivery.ack_seconds < ANSWER_SECONDS
    await eventually(lambda: bot.told(kate))
    (invocation,) = bot.desk.invoked
    assert (invocation.platform, invocation.channel) == ("slack", general.id)
    assert invocation.text == "/incident priority P1 & more"
    assert bot.told(kate) == [f"done: {invocation.text}".replace("&", "&amp;")]
    (visitor,) = bot.desk.met
    assert (visitor.address, visitor.name, visitor.email) == (kate.id, "kate", "kate@example.org")
    assert (visitor.zone, visitor.guest) == ("Europe/Berlin", False)


async def test_a_bare_command_asks_for_help_and_page_for_its_form(bot: Bot) -> None:
    kate = bot.slack.add_user("kate")
    general = bot.slack.add_channel("general", members=[kate])
    for name, text in (("/incident", ""), ("/oncall", "help"), ("/page", ""), ("/page", "<https://x.org|x>")):
        await bot.slack.command(kate, general, name, text)
    await eventually(lambda: len(bot.desk.invoked) == 4)
    lines = sorted(invocation.text for invocation in bot.desk.invoked)
    assert lines[:3] == ["/incident help", "/oncall help", "/page"]


async def test_who_is_mentioned_is_introduced_first(bot: Bot) -> None:
    kate, robert = bot.slack.add_user("kate"), bot.slack.add_user("robert", email="r@example.org")
    general = bot.slack.add_channel("general", members=[kate])
    await bot.slack.command(
        kate, general, "/incident", f"invite {bot.slack.mention(robert)} Knows the gateway"
    )
    await eventually(lambda: bot.desk.invoked)
    assert bot.desk.invoked[0].text == f"/incident invite <@{robert.id}> Knows the gateway"
    assert {visitor.address for visitor in bot.desk.met} == {kate.id, robert.id}


async def test_the_profile_is_asked_for_once(by_http: Bot) -> None:
    kate = by_http.slack.add_user("kate")
    general = by_http.slack.add_channel("general", members=[kate])
    for _ in range(3):
        await by_http.slack.command(kate, general, "/incident", "list")
    await eventually(lambda: len(by_http.desk.invoked) == 3)
    assert by_http.slack.count("users.info") == 1
    assert by_http.slack.count("auth.test") == 1


async def test_guests_act_as_guests_and_strangers_too(by_http: Bot) -> None:
    guest = by_http.slack.add_user("guest", guest=True)
    stranger = by_http.slack.add_user("stranger", stranger=True)
    general = by_http.slack.add_channel("general", members=[guest, stranger])
    for user in (guest, stranger):
        await by_http.slack.command(user, general, "/incident", "list")
    await eventually(lambda: len(by_http.desk.invoked) == 2)
    assert [visitor.guest for visitor in by_http.desk.met] == [True, True]


async def test_bots_and_people_who_are_gone_are_told_that_they_cannot_act(bot: Bot) -> None:
    general = bot.slack.add_channel("general")
    for user in (bot.slack.add_user("deploybot", bot=True), bot.slack.add_user("gone", deleted=True)):
        await bot.slack.command(user, general, "/incident", "declare Disk full")
        (told,) = await eventually(partial(bot.slack.ephemerals_of, user))
        assert "Only people can act here" in told.words
    assert bot.desk.invoked == []


async def test_when_slack_cannot_say_who_it_is_the_person_is_told(by_http: Bot) -> None:
    kate = by_http.slack.add_user("kate")
    general = by_http.slack.add_channel("general", members=[kate])
    by_http.slack.answer_500("users.info")
    await by_http.slack.command(kate, general, "/incident", "declare Disk full")
    assert "please try again" in (await eventually(lambda: by_http.told(kate)))[0]
    assert by_http.desk.invoked == []


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (Unavailable("storage.unavailable"), "The database cannot be reached"),
        (RuntimeError("a fault of ours"), "Something went wrong inside"),
    ],
)
async def test_what_goes_wrong_inside_is_said(by_http: Bot, failure: Exception, words: str) -> None:
    def fail(_: object) -> Reply:
        raise failure

    by_http.desk.answer = fail
    kate = by_http.slack.add_user("kate")
    general = by_http.slack.add_channel("general", members=[kate])
    await by_http.slack.command(kate, general, "/incident", "list")
    assert words in (await eventually(lambda: by_http.told(kate)))[0]


async def test_the_answer_finds_another_way_when_its_address_is_used_up(by_http: Bot) -> None:
    kate = by_http.slack.add_user("kate")
    general = by_http.slack.add_channel("general", members=[kate], with_bot=True)
    elsewhere = by_http.slack.add_channel("elsewhere", members=[kate], private=True)
    by_http.desk.delay = 0.2
    for channel, way in ((general, "chat.postEphemeral"), (elsewhere, "chat.postMessage")):
        await by_http.slack.command(kate, channel, "/incident", "list")
        by_http.slack.workspace.answerings.clear()
        await eventually(partial(by_http.slack.count, way))
    assert by_http.slack.ephemerals_of(kate)[0].channel is general
    await eventually(lambda: by_http.slack.direct(kate))


async def test_a_delivery_that_comes_twice_acts_once(bot: Bot) -> None:
    kate = bot.slack.add_user("kate")
    room = bot.slack.add_channel("inc-1", members=[kate], with_bot=True)
    bot.desk.rooms.add(room.id)
    bot.slack.redeliver = True
    await bot.slack.command(kate, room, "/incident", "declare Disk full")
    message = await bot.slack.say(kate, room, "The disk is full")
    await bot.slack.react(kate, message, "memo")
    await eventually(lambda: bot.desk.actions)
    await asyncio.sleep(0.2)
    assert (
        len(bot.desk.invoked) == len(bot.told(kate)) - 1 == len(bot.desk.heard) == len(bot.desk.actions) == 1
    )


async def test_an_event_is_acknowledged_when_it_is_dealt_with(bot: Bot) -> None:
    """So that one which a crash cuts short is delivered again."""
    kate = bot.slack.add_user("kate")
    room = bot.slack.add_channel("inc-1", members=[kate], with_bot=True)
    bot.desk.rooms.add(room.id)
    message = await bot.slack.say(kate, room, "The disk is full")
    bot.desk.delay = 0.3
    delivery = await bot.slack.react(kate, message, "memo")
    assert delivery.ok
    assert len(bot.desk.actions) == 1


async def test_an_event_that_takes_long_is_acknowledged_before_slack_gives_up(bot: Bot) -> None:
    kate = bot.slack.add_user("kate")
    room = bot.slack.add_channel("inc-1", members=[kate], with_bot=True)
    bot.desk.rooms.add(room.id)
    message = await bot.slack.say(kate, room, "The disk is full")
    bot.desk.delay = 4.0
    delivery = await bot.slack.react(kate, message, "memo")
    assert delivery.ok
    assert delivery.attempts == 1
    assert bot.desk.actions == []
    await eventually(lambda: len(bot.desk.actions) == 1)


# clicks


async def test_a_button_runs_its_line_and_a_menu_too(bot: Bot) -> None:
    kate = bot.slack.add_user("kate")
    room = bot.slack.add_channel("inc-1", members=[kate], with_bot=True)
    buttons = (
        Button("Acknowledge", "/incident ack INC-1", "primary"),
        Button("Resolve", "/incident resolve INC-1", menu=True),
        Button("Close", "/incident close INC-1", menu=True),
        Button("Room", "https://tocsin.example.org/INC-1"),
    )
    bot.desk.answer = lambda call: Reply(text=call.text, card=Card("INC-1 · Disk full", buttons=buttons))
    await bot.slack.command(kate, room, "/incident", "show")
    card = (await eventually(lambda: bot.slack.ephemerals_of(kate)))[0]
    bot.desk.answer = lambda call: Reply(text=call.text)
    await bot.slack.click(kate, card, "Acknowledge")
    await bot.slack.choose(kate, card, "Resolve")
    delivery = await bot.slack.click(kate, card, "Room")
    assert delivery.ok
    await eventually(lambda: len(bot.slack.ephemerals_of(kate)) == 3)
    assert sorted(call.text for call in bot.desk.invoked) == [
        "/incident ack INC-1",
        "/incident resolve INC-1",
        "/incident show",
    ]
    assert all(call.channel == room.id for call in bot.desk.invoked)
    assert "Acknowledge" in card.words  # the card stays


async def test_what_cannot_be_undone_at_once_is_asked_once(bot: Bot) -> None:
    kate = bot.slack.add_user("kate")
    room = bot.slack.add_channel("inc-1", members=[kate], with_bot=True)
    buttons = (
        Button("Add task", "/incident task INC-1", menu=True),
        Button("Resolve", "/incident resolve INC-1", menu=True, confirm=True),
    )
    bot.desk.answer = lambda call: Reply(text=call.text, card=Card("INC-1 · Disk full", buttons=buttons))
    await bot.slack.command(kate, room, "/incident", "show")
    card = (await eventually(lambda: bot.slack.ephemerals_of(kate)))[0]
    await bot.slack.choose(kate, card, "Resolve")
    question = await eventually(lambda: bot.slack.modal_of(kate))
    assert "counts as over now" in question.words
    assert [call.text for call in bot.desk.invoked] == ["/incident show"]
    await bot.slack.close_view(kate, question)
    assert len(bot.desk.invoked) == 1
    await bot.slack.choose(kate, card, "Resolve")
    await bot.slack.submit(kate, await eventually(lambda: bot.slack.form_of(kate)), {})
    await eventually(lambda: len(bot.desk.invoked) == 2)
    assert (bot.desk.invoked[1].text, bot.desk.invoked[1].channel) == ("/incident resolve INC-1", room.id)
    await eventually(lambda: len(bot.slack.ephemerals_of(kate)) == 2)
    assert bot.slack.modal_of(kate) is None


async def test_a_click_on_the_home_tab_is_answered_in_a_modal_and_the_tab_is_fresh(bot: Bot) -> None:
    kate = bot.slack.add_user("kate")
    bot.desk.cards = (Card("You are on call", buttons=(Button("Declare", "/incident list"),)),)
    await bot.slack.open_home(kate)
    home = await eventually(lambda: bot.slack.home_of(kate))
    assert "You are on call" in home.words
    bot.desk.cards = (Card("INC-1 is open"),)
    await bot.slack.click(kate, home, "Declare")
    modal = await eventually(lambda: bot.slack.modal_of(kate))
    assert "done: /incident list" in modal.words
    await eventually(lambda: "INC-1 is open" in bot.slack.home_of(kate).words)  # type: ignore[union-attr]


# messages


async def test_what_is_said_in_a_room_is_handed_in(bot: Bot) -> None:
    kate, robert = bot.slack.add_user("kate"), bot.slack.add_user("robert")
    room = bot.slack.add_channel("inc-1", members=[kate, robert], with_bot=True)
    bot.desk.rooms.add(room.id)
    head = await bot.slack.say(
        kate, room, f"<@{robert.id}> &lt;look&gt;", files=[("graph.png", "image/png", b"PNG")]
    )
    await bot.slack.say(robert, room, "on it", thread=head)
    await eventually(lambda: len(bot.desk.heard) == 2)
    (_, first), (_, second) = sorted(bot.desk.heard, key=lambda one: one[1].sent_at)
    assert (first.channel, first.message, first.actor.name) == (room.id, head.ts, "kate")
    assert first.text.startswith("@robert ")
    assert abs(first.sent_at - datetime.now(UTC)) < timedelta(seconds=30)
    assert isinstance(first.files[0], File)
    assert (first.files[0].name, first.files[0].mime, first.files[0].size) == ("graph.png", "image/png", 3)
    assert (await bot.platform.fetch_file(first.files[0].address, 100)) == b"PNG"
    assert (second.thread, first.thread) == (head.ts, "")


async def test_edits_and_deletions_are_handed_in_and_unfurled_links_are_not(bot: Bot) -> None:
    kate = bot.slack.add_user("kate")
    room = bot.slack.add_channel("inc-1", members=[kate], with_bot=True)
    bot.desk.rooms.add(room.id)
    message = await bot.slack.say(kate, room, "The disk is ful")
    await eventually(lambda: bot.desk.heard)
    await bot.slack.edit(kate, message, "The disk is ful")
    await bot.slack.edit(kate, message, "The disk is full")
    await bot.slack.delete(kate, message)
    await eventually(lambda: len(bot.desk.heard) == 3)
    told = [(kind, said.message, said.text) for kind, said in bot.desk.heard]
    assert told[1:] == [("edited", message.ts, "The disk is full"), ("deleted", message.ts, "")]


async def test_a_deletion_waits_for_a_database_that_is_away(by_http: Bot) -> None:
    kate = by_http.slack.add_user("kate")
    room = by_http.slack.add_channel("inc-1", members=[kate], with_bot=True)
    by_http.desk.rooms.add(room.id)
    message = await by_http.slack.say(kate, room, "a secret")
    await eventually(lambda: by_http.desk.heard)
    by_http.desk.trouble = Unavailable("storage.unavailable")
    delivery = await by_http.slack.delete(kate, message)
    assert delivery.ok
    await asyncio.sleep(0.1)
    by_http.desk.trouble = None
    await eventually(lambda: by_http.desk.heard[-1][0] == "deleted")


async def test_what_happens_in_a_channel_keeps_its_order(by_http: Bot) -> None:
    kate = by_http.slack.add_user("kate")
    room = by_http.slack.add_channel("inc-1", members=[kate], with_bot=True)
    by_http.desk.rooms.add(room.id)
    by_http.desk.delay = 0.05
    message = await by_http.slack.say(kate, room, "0")
    for number in range(1, 6):
        await by_http.slack.edit(kate, message, str(number))
        by_http.desk.delay = 0.05 / number
    await eventually(lambda: len(by_http.desk.heard) == 6)
    assert [said.text for _, said in by_http.desk.heard] == ["0", "1", "2", "3", "4", "5"]


async def test_other_channels_cost_one_look(bot: Bot) -> None:
    kate = bot.slack.add_user("kate")
    general = bot.slack.add_channel("general", members=[kate], with_bot=True)
    for number in range(5):
        await bot.slack.say(kate, general, f"lunch {number}?")
    await eventually(lambda: bot.desk.looked)
    await asyncio.sleep(0.1)
    assert bot.desk.looked == [general.id]
    assert (bot.desk.heard, bot.desk.met, bot.slack.count("users.info")) == ([], [], 0)


async def test_the_bots_own_messages_and_those_of_other_apps_are_not_heard(bot: Bot) -> None:
    kate, deploybot = bot.slack.add_user("kate"), bot.slack.add_user("deploybot", bot=True)
    room = bot.slack.add_channel("inc-1", members=[kate, deploybot], with_bot=True)
    bot.desk.rooms.add(room.id)
    await bot.platform.client.call("chat.postMessage", channel=room.id, text="from the bot")
    await bot.slack.say(deploybot, room, "deployed")
    await bot.slack.say(kate, room, "thanks")
    await eventually(lambda: bot.desk.heard)
    await bot.slack.settle()
    await asyncio.sleep(0.1)
    assert [said.text for _, said in bot.desk.heard] == ["thanks"]


async def test_a_reaction_in_a_room_keeps_the_message_and_says_so(bot: Bot) -> None:
    kate, robert = bot.slack.add_user("kate"), bot.slack.add_user("robert")
    room = bot.slack.add_channel("inc-1", members=[kate, robert], with_bot=True)
    bot.desk.rooms.add(room.id)
    head = await bot.slack.say(kate, room, "The disk is full")
    reply = await bot.slack.say(kate, room, "It is /var", thread=head)
    await bot.slack.react(robert, head, "pushpin::skin-tone-3")
    await bot.slack.react(robert, reply, "pushpin")
    await bot.slack.react(robert, reply, "tada")
    await eventually(lambda: len(bot.slack.ephemerals_of(robert)) == 2)
    actions = sorted(bot.desk.actions, key=lambda action: action.said.sent_at)
    assert [(action.action, action.said.text) for action in actions] == [
        ("timeline", "The disk is full"),
        ("timeline", "It is /var"),
    ]
    assert {(action.actor.name, action.said.actor.name) for action in actions} == {("robert", "kate")}
    assert all(action.said.permalink.startswith("http") for action in actions)
    assert sorted(bot.told(robert)) == ["kept: It is /var", "kept: The disk is full"]


async def test_a_task_is_made_once_of_a_message_whoever_reacts(bot: Bot) -> None:
    kate, robert = bot.slack.add_user("kate"), bot.slack.add_user("robert")
    room = bot.slack.add_channel("inc-1", members=[kate, robert], with_bot=True)
    bot.desk.rooms.add(room.id)
    message = await bot.slack.say(kate, room, "Clean /var")
    await bot.slack.react(kate, message, "memo")
    await bot.slack.react(robert, message, "memo")
    await eventually(lambda: len(bot.desk.actions) == 2)
    assert len({action.arrival for action in bot.desk.actions}) == 1


async def test_a_reaction_elsewhere_does_nothing(bot: Bot) -> None:
    kate = bot.slack.add_user("kate")
    general = bot.slack.add_channel("general", members=[kate], with_bot=True)
    message = await bot.slack.say(kate, general, "The disk is full")
    await bot.slack.react(kate, message, "pushpin")
    await asyncio.sleep(0.1)
    assert (bot.desk.actions, bot.told(kate)) == ([], [])


# people and channels


async def test_who_comes_and_goes_is_handed_in_but_not_the_bot(bot: Bot) -> None:
    kate, robert = bot.slack.add_user("kate"), bot.slack.add_user("robert")
    room = bot.slack.add_channel("inc-1", members=[kate])
    bot.desk.rooms.add(room.id)
    await bot.slack.invite_bot(kate, room)
    invited = bot.slack.add_user("ines")
    assert (
        await bot.platform.invite(room.id, (invited.id,)) == ()
    )  # she is in it, and has not come by herself
    await bot.slack.join(robert, room)
    await eventually(lambda: len(bot.desk.moves) == 1)
    await bot.slack.leave(robert, room)
    await eventually(lambda: len(bot.desk.moves) == 2)
    assert [(move.actor.name, move.joined) for move in bot.desk.moves] == [
        ("robert", True),
        ("robert", False),
    ]


async def test_what_is_done_to_a_room_by_hand_is_handed_in(bot: Bot) -> None:
    kate = bot.slack.add_user("kate")
    room = bot.slack.add_channel("inc-1", members=[kate], with_bot=True)
    bot.desk.rooms.add(room.id)
    await bot.slack.command(kate, room, "/incident", "show")
    await eventually(lambda: bot.desk.known)
    await bot.slack.rename(kate, room, "inc-1-disk")
    await eventually(lambda: len(bot.desk.changes) == 1)
    await bot.slack.archive(kate, room)
    await eventually(lambda: len(bot.desk.changes) == 2)
    await bot.slack.unarchive(kate, room)
    await eventually(lambda: len(bot.desk.changes) == 3)
    await bot.slack.delete_channel(kate, room)
    await eventually(lambda: len(bot.desk.changes) == 4)
    assert [change.change for change in bot.desk.changes] == ["renamed", "archived", "restored", "deleted"]
    assert bot.desk.changes[0].name == "inc-1-disk"
    assert [change.actor.name for change in bot.desk.changes[1:3]] == ["kate", "kate"]


async def test_a_changed_address_makes_the_person_known_anew(bot: Bot) -> None:
    kate = bot.slack.add_user("kate", email="kate@example.org")
    general = bot.slack.add_channel("general", members=[kate])
    await bot.slack.command(kate, general, "/incident", "list")
    await eventually(lambda: bot.desk.met)
    bot.desk.known.clear()
    await bot.slack.change_user(kate, email="lin@example.org")
    await eventually(lambda: len(bot.desk.met) == 2)
    assert bot.desk.met[1].email == "lin@example.org"


async def test_a_link_to_the_room_is_unfurled(bot: Bot) -> None:
    kate = bot.slack.add_user("kate")
    general = bot.slack.add_channel("general", members=[kate], with_bot=True)
    url = "https://tocsin.example.org/INC-1"
    bot.desk.previews[url] = Card("INC-1 · Disk full", "P1", url)
    await bot.slack.share_link(kate, general, url)
    await bot.slack.share_link(kate, general, "https://tocsin.example.org/INC-2")
    ((channel, _, unfurls),) = await eventually(lambda: bot.slack.unfurls)
    assert channel == general.id
    assert list(unfurls) == [url]
    assert "Disk full" in str(unfurls[url]["blocks"])


async def test_the_home_tab_says_why_it_shows_nothing(by_http: Bot) -> None:
    kate = by_http.slack.add_user("kate")

    by_http.desk.trouble = Unavailable("storage.unavailable")
    await by_http.slack.open_home(kate)
    home = await eventually(lambda: by_http.slack.home_of(kate))
    assert "The database cannot be reached" in home.words
