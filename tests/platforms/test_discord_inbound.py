"""What people do in Discord reaches the house, and they are answered: commands, buttons, forms, menus, reactions, rooms."""

import pytest

from bot.chat.card import Button, Card
from bot.chat.form import Choice, Form, FormField
from bot.chat.invocation import Invocation, MessageAction
from bot.chat.platform import Message, Once
from bot.chat.reply import Reply
from bot.errors import Problem, Unavailable
from tests.platforms.discord import Message as Said
from tests.platforms.discord_bot import Bot, open_bot, shown
from tests.platforms.inbound import eventually

FORM = Form(
    "incident update",
    "Send an update",
    "Send",
    (
        FormField("text", "What is new", "lines", required=True),
        FormField("next", "Next update", value="30 min"),
    ),
    "INC-7",
)


async def post_card(bot: Bot, *buttons: Button) -> Said:
    """A card with buttons, in a room."""
    room = await bot.add_room()
    card = Card("INC-7 · Disk full", buttons=buttons)
    address = await bot.platform.post(room.id, Message(card=card), Once("card-7"))
    return next(one for one in room.messages if one.id == address)


# commands


async def test_a_command_with_options_is_answered_to_who_gave_it() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        done = await bot.discord.command(kate, room, "incident priority", {"priority": "P1"})
        assert shown(done) == "done: /incident priority"
        assert done.ephemeral
        (called,) = bot.desk.invoked
        assert (called.values, called.channel, called.actor.name) == ({"priority": "P1"}, room.id, "Kate")


async def test_a_command_in_a_thread_of_a_room_is_about_its_incident() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        thread = await bot.discord.start_thread(kate, room, "the database")
        await bot.discord.command(kate, thread, "incident status", {"status": "identified"})
        assert bot.desk.invoked[0].channel == room.id


async def test_a_command_that_needs_more_opens_its_form_and_what_is_sent_runs_it() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        bot.desk.answer = lambda call: Reply(text="sent") if call.submitted else Reply(form=FORM)
        await bot.discord.command(kate, room, "incident update")
        modal = bot.discord.modal_of(kate)
        assert modal is not None
        sent = await bot.discord.submit(kate, modal, {"text": "All is well"})
        assert shown(sent) == "sent"
        call = bot.desk.invoked[-1]
        assert call.text == "/incident update INC-7"
        assert call.values == {"text": "All is well", "next": "30 min"}


async def test_a_form_with_a_mistake_says_so_and_keeps_what_was_typed() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()

        def answer(call: Invocation) -> Reply:
            if not call.submitted:
                return Reply(form=FORM)
            if call.values["next"] == "soon":
                return Reply(text="no duration", failed=True, problem=Problem("duration.wrong", "next"))
            return Reply(text="sent")

        bot.desk.answer = answer
        bot.desk.form = Form(
            FORM.command,
            FORM.title,
            FORM.submit,
            (
                FormField("text", "What is new", "lines", True, "All is well"),
                FormField("next", "Next", value="soon"),
            ),
            "INC-7",
        )
        await bot.discord.command(kate, room, "incident update")
        modal = bot.discord.modal_of(kate)
        assert modal is not None
        refused = await bot.discord.submit(kate, modal, {"text": "All is well", "next": "soon"})
        assert "no duration" in shown(refused)
        assert refused.message is not None
        await bot.discord.click(kate, refused.message, "Try again")
        again = bot.discord.modal_of(kate)
        assert again is not None
        assert "All is well" in str(again.body)
        assert shown(await bot.discord.submit(kate, again, {"next": "30 min"})) == "sent"
        assert bot.desk.invoked[-1].values == {"text": "All is well", "next": "30 min"}


async def test_a_form_can_be_opened_again_after_a_restart() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        bot.desk.form = FORM
        bot.desk.answer = lambda call: (
            Reply(text="no", failed=True, problem=Problem("x", "text"))
            if call.submitted
            else Reply(form=FORM)
        )
        await bot.discord.command(kate, room, "incident update")
        modal = bot.discord.modal_of(kate)
        assert modal is not None
        refused = await bot.discord.submit(kate, modal, {"text": "x"})
        assert bot.platform.listener is not None
        assert refused.message is not None
        bot.platform.listener.interactions.answers._forms.clear()
        assert (await bot.discord.click(kate, refused.message, "Try again")).ok
        assert bot.discord.modal_of(kate) is not None
        assert bot.desk.refreshed[-1].incident == "INC-7"


async def test_a_command_that_takes_long_is_answered_all_the_same() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        bot.desk.delay = 1.2
        done = await bot.discord.command(kate, room, "incident priority", {"priority": "P1"})
        assert done.deferred
        assert shown(done) == "done: /incident priority"


async def test_a_form_that_comes_too_late_is_opened_by_a_button() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        bot.desk.delay, bot.desk.answer = 1.2, lambda call: Reply(form=FORM)
        late = await bot.discord.command(kate, room, "incident update")
        assert late.message is not None
        bot.desk.delay = 0.0
        await bot.discord.click(kate, late.message, "Try again")
        assert bot.discord.modal_of(kate) is not None


async def test_an_option_offers_what_fits() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        bot.desk.choices = [Choice("@ann", "Ann Example"), Choice("@bob", "Bob Example")]
        found = await bot.discord.autocomplete(kate, room, "page", "who", "ann")
        assert found == [{"name": "Ann Example", "value": "@ann"}]
        await bot.discord.autocomplete(kate, room, "incident show", "incident", "INC")
        invocation, name, _ = bot.desk.suggested[-1]
        assert (invocation.text, name) == ("/incident merge", "into")


async def test_what_is_delivered_twice_is_done_once() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        bot.discord.deliver_twice = True
        done = await bot.discord.command(kate, room, "incident priority", {"priority": "P1"})
        assert shown(done) == "done: /incident priority"
        assert len(bot.desk.invoked) == 1


async def test_a_house_that_is_away_says_so() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        bot.desk.trouble = Unavailable("database.away")
        done = await bot.discord.command(kate, room, "incident priority", {"priority": "P1"})
        assert shown(done)
        assert bot.desk.invoked == []


async def test_somebody_who_left_the_server_cannot_act_in_direct_messages() -> None:
    async with open_bot() as bot:
        kate = bot.discord.add_user("kate")
        card = Card("Page", buttons=(Button("Acknowledge", "/alert ack 1"),))
        await bot.platform.post_direct(kate.id, Message(card=card), Once("page-1"))
        (page,) = bot.discord.direct(kate)
        assert shown(await bot.discord.click(kate, page, "Acknowledge")) == "done: /alert ack 1"
        await bot.discord.leave_guild(kate)
        assert "Only members" in shown(await bot.discord.click(kate, page, "Acknowledge"))
        assert len(bot.desk.invoked) == 1


async def test_a_page_can_be_acknowledged_while_discord_does_not_say_who_is_a_member() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        await bot.discord.command(kate, room, "incident show")
        assert bot.platform.listener is not None
        bot.platform.guild._members.clear()
        bot.discord.answer_500("get_guild_member", times=None)
        card = Card("Page", buttons=(Button("Acknowledge", "/alert ack 1"),))
        await bot.platform.post_direct(kate.id, Message(card=card), Once("page-1"))
        (page,) = bot.discord.direct(kate)
        assert shown(await bot.discord.click(kate, page, "Acknowledge")) == "done: /alert ack 1"


async def test_nobody_acts_from_another_server() -> None:
    async with open_bot(guild="") as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        await bot.discord.command(kate, room, "incident show")
        tell = bot.discord.tell
        elsewhere = {"guild_id": "123456789012345678"}
        bot.discord.tell = lambda event, body, channel=None: tell(event, {**body, **elsewhere}, channel)  # type: ignore[method-assign]
        refused = await bot.discord.command(kate, room, "incident priority", {"priority": "P1"})
        assert "Only members" in shown(refused)
        assert len(bot.desk.invoked) == 1


async def test_members_without_the_role_that_may_respond_are_guests() -> None:
    async with open_bot(responders="sre") as bot:
        kate, ann, room = bot.discord.add_user("kate"), bot.discord.add_user("ann"), await bot.add_room()
        bot.discord.add_role("sre", kate)
        for person in (kate, ann):
            await bot.discord.command(person, room, "incident priority", {"priority": "P1"})
        assert [(one.name, one.guest) for one in bot.desk.met] == [("Kate", False), ("Ann", True)]


# buttons


async def test_a_button_runs_its_line_also_after_a_restart() -> None:
    async with open_bot() as bot:
        kate = bot.discord.add_user("kate")
        card = await post_card(bot, Button("Acknowledge", "/incident ack"))
        assert bot.platform.listener is not None
        await bot.platform.listener.stop()
        await bot.platform.start(bot.desk)
        await bot.discord.wait_connected()
        assert shown(await bot.discord.click(kate, card, "Acknowledge")) == "done: /incident ack"


async def test_a_button_that_asks_is_confirmed_once() -> None:
    async with open_bot() as bot:
        kate = bot.discord.add_user("kate")
        card = await post_card(bot, Button("Close", "/incident close", confirm=True))
        asked = await bot.discord.click(kate, card, "Close")
        assert bot.desk.invoked == []
        assert asked.message is not None
        assert "Close?" in shown(asked)
        question = asked.message
        await bot.discord.click(kate, question, "Close")
        assert question.words == "done: /incident close"
        assert question.components == []
        assert [one.text for one in bot.desk.invoked] == ["/incident close"]


async def test_a_choice_of_a_menu_runs_its_line() -> None:
    async with open_bot() as bot:
        kate = bot.discord.add_user("kate")
        card = await post_card(
            bot,
            Button("Resolve", "/incident resolve", menu=True),
            Button("Close", "/incident close", menu=True, confirm=True),
        )
        await bot.discord.choose(kate, card, "Resolve")
        assert bot.desk.invoked[-1].text == "/incident resolve"
        asked = await bot.discord.choose(kate, card, "Close")
        assert "Close?" in shown(asked)
        assert len(bot.desk.invoked) == 1


# menus of messages and people


async def test_a_message_is_added_to_the_timeline_by_its_menu() -> None:
    async with open_bot() as bot:
        kate, ann, room = bot.discord.add_user("kate"), bot.discord.add_user("ann"), await bot.add_room()
        files = [("disk.png", "image/png", b"picture")]
        said = await bot.discord.say(ann, room, f"<@{kate.id}> the disk is full", files=files)
        done = await bot.discord.menu(kate, said, "Add to incident timeline")
        assert "the disk is full" in shown(done)
        (action,) = bot.desk.actions
        assert (action.action, action.actor.name, action.said.actor.name) == ("timeline", "Kate", "Ann")
        assert action.said.text == "@Kate the disk is full"
        assert action.said.permalink.endswith(f"/{room.id}/{said.id}")
        content = await bot.platform.fetch_file(action.said.files[0].address, 1_000)
        assert content == b"picture"


async def test_a_message_elsewhere_asks_for_the_incident() -> None:
    async with open_bot() as bot:
        kate = bot.discord.add_user("kate")
        lobby = bot.discord.add_channel("lobby")
        said = await bot.discord.say(kate, lobby, "the disk is full")
        bot.desk.choices = [Choice("INC-7", "Disk full")]

        def act(action: MessageAction) -> Reply:
            if action.incident:
                return Reply(text=f"kept in {action.incident}")
            return Reply(text="no room", failed=True, problem=Problem("incident.not_a_room"))

        bot.desk.act = act
        await bot.discord.menu(kate, said, "Add to incident timeline")
        modal = bot.discord.modal_of(kate)
        assert modal is not None
        sent = await bot.discord.submit(kate, modal, {"about_incident": "INC-7"})
        assert shown(sent) == "kept in INC-7"
        assert bot.desk.actions[-1].said.text == "the disk is full"


async def test_an_incident_is_declared_from_a_message_and_keeps_it() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        said = await bot.discord.say(kate, room, "the disk is full")
        bot.desk.form = Form(
            "incident declare", "Declare", "Declare", (FormField("title", "Title", value="the disk is full"),)
        )
        await bot.discord.menu(kate, said, "Declare an incident")
        modal = bot.discord.modal_of(kate)
        assert modal is not None
        assert bot.desk.refreshed[-1].values == {"title": "the disk is full"}
        await bot.discord.submit(kate, modal)
        call = bot.desk.invoked[-1]
        assert (call.text, call.values) == ("/incident declare", {"title": "the disk is full"})
        assert call.about is not None
        assert call.about.message == said.id


async def test_a_person_is_paged_by_their_menu() -> None:
    async with open_bot() as bot:
        kate, ann, room = bot.discord.add_user("kate"), bot.discord.add_user("ann"), await bot.add_room()
        who = FormField("who", "Who", required=True, value=f"<@{ann.id}>")
        bot.desk.form = Form("page", "Page somebody", "Page", (who, FormField("why", "Why", required=True)))
        await bot.discord.menu(kate, ann, "Page", room)
        modal = bot.discord.modal_of(kate)
        assert modal is not None
        assert "Ann" in modal.words
        await bot.discord.submit(kate, modal, {"why": "help"})
        assert bot.desk.invoked[-1].values == {"who": f"<@{ann.id}>", "why": "help"}


# what is said and done in rooms


async def test_what_is_said_in_a_room_is_heard_and_followed() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        said = await bot.discord.say(kate, room, "the disk is full")
        reply = await bot.discord.say(kate, room, "look", reply_to=said)
        await bot.discord.edit(kate, said, "the disk was full")
        await bot.discord.delete(kate, said)
        heard = await eventually(lambda: bot.desk.heard if len(bot.desk.heard) == 4 else None)
        assert [(kind, one.message, one.text) for kind, one in heard] == [
            ("said", said.id, "the disk is full"),
            ("said", reply.id, "look"),
            ("edited", said.id, "the disk was full"),
            ("deleted", said.id, ""),
        ]
        assert heard[1][1].thread == said.id
        assert heard[0][1].actor.name == "Kate"


async def test_what_is_said_in_a_thread_of_a_room_is_said_in_the_room() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        said = await bot.discord.say(kate, room, "the disk is full")
        thread = await bot.discord.start_thread(kate, said, "which disk")
        await bot.discord.say(kate, thread, "the second one")
        heard = await eventually(lambda: bot.desk.heard if len(bot.desk.heard) == 2 else None)
        (inside,) = [one for _, one in heard if one.text == "the second one"]
        assert (inside.channel, inside.thread) == (room.id, thread.id)


async def test_the_bots_own_words_and_other_channels_are_not_heard() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        lobby = bot.discord.add_channel("lobby")
        await bot.platform.post(room.id, Message("our own"), Once("own"))
        await bot.discord.say(kate, lobby, "elsewhere")
        await bot.discord.say(kate, room, "here")
        await eventually(lambda: bot.desk.heard)
        assert [one.text for _, one in bot.desk.heard] == ["here"]


async def test_a_pushpin_puts_a_message_on_the_timeline_and_the_bot_joins_in() -> None:
    async with open_bot() as bot:
        kate, ann, room = bot.discord.add_user("kate"), bot.discord.add_user("ann"), await bot.add_room()
        said = await bot.discord.say(ann, room, "the disk is full")
        await bot.discord.react(kate, said, "🎉")
        await bot.discord.react(kate, said, "📌")
        await eventually(lambda: len(said.reactions["📌"]) == 2)
        (action,) = bot.desk.actions
        assert (action.action, action.said.text, action.actor.name) == (
            "timeline",
            "the disk is full",
            "Kate",
        )
        assert bot.told(kate) == []


async def test_a_pushpin_that_is_refused_is_answered_directly() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        said = await bot.discord.say(kate, room, "the disk is full")
        bot.desk.act = lambda action: Reply(text="you may not", failed=True)
        await bot.discord.react(kate, said, "📌")
        await eventually(lambda: bot.told(kate))
        assert "you may not" in bot.told(kate)[0]


@pytest.mark.parametrize("emoji", ["📝", "📝️"])
async def test_other_emoji_can_stand_for_actions(emoji: str) -> None:
    async with open_bot(reactions=((emoji, "task"),)) as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        said = await bot.discord.say(kate, room, "turn it off")
        await bot.discord.react(kate, said, "📝")
        await eventually(lambda: bot.desk.actions)
        assert bot.desk.actions[0].action == "task"


async def test_who_is_let_into_a_room_or_taken_out_of_it_moves() -> None:
    async with open_bot() as bot:
        kate, room = bot.discord.add_user("kate"), await bot.add_room()
        ann = bot.discord.add_user("ann")
        await bot.platform.invite(room.id, (ann.id,))
        await bot.discord.let_in(bot.discord.owner, room, kate)
        await bot.discord.put_out(bot.discord.owner, room, kate)
        moves = await eventually(lambda: bot.desk.moves if len(bot.desk.moves) == 2 else None)
        assert [(one.actor.name, one.joined) for one in moves] == [("Kate", True), ("Kate", False)]


async def test_a_room_that_is_renamed_put_away_brought_back_or_deleted_by_hand_is_known() -> None:
    async with open_bot() as bot:
        room, owner = await bot.add_room(), bot.discord.owner
        archive = await bot.discord.create_channel(owner, "Incidents archive", 4)
        await bot.discord.rename(owner, room, "disk")
        await bot.discord.move(owner, room, archive)
        await bot.discord.move(owner, room, None)
        await bot.discord.delete_channel(owner, room)
        changes = await eventually(lambda: bot.desk.changes if len(bot.desk.changes) == 4 else None)
        assert [one.change for one in changes] == ["renamed", "archived", "restored", "deleted"]
        assert changes[0].name == "disk"


async def test_threads_as_rooms_tell_who_comes_and_who_leaves() -> None:
    async with open_bot(rooms="threads") as bot:
        kate, parent = bot.discord.add_user("kate"), bot.discord.add_channel("incidents")
        thread = await bot.discord.start_thread(bot.discord.owner, parent, "inc-7")
        bot.desk.rooms.add(thread.id)
        await bot.discord.join_thread(kate, thread)
        await bot.discord.leave_thread(kate, thread)
        moves = await eventually(lambda: bot.desk.moves if len(bot.desk.moves) == 2 else None)
        assert [(one.actor.name, one.joined) for one in moves] == [("Kate", True), ("Kate", False)]
