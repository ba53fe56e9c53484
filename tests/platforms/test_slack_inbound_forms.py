"""Forms in Slack: they open in time however slow the database is, say what is wrong at the question, and are sent once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.chat.form import Choice, Form, FormField
from bot.chat.invocation import Invocation
from bot.chat.reply import Reply
from bot.errors import Invalid, Refused, Unavailable, Unknown
from tests.platforms.inbound import Bot, eventually, open_bot
from tests.platforms.slack import Channel, User, View

TEAMS = (Choice("payments", "Payments"), Choice("search", "Search"))
SERVICES = {
    "payments": (Choice("gateway", "Gateway"), Choice("ledger", "Ledger")),
    "search": (Choice("index", "Index"),),
}
DECLARE = Form(
    "incident declare",
    "Declare an incident",
    "Declare",
    (
        FormField("title", "What is wrong", required=True),
        FormField("team", "Team to call", "suggest", choices=TEAMS, refreshes=True),
        FormField("summary", "What is known so far", "lines"),
        FormField("private", "Only for those who take part", "flag"),
    ),
)
TASK = Form("incident task", "Add a task", "Add", (FormField("title", "What is to be done"),))
MERGE = [Choice(f"INC-{number}", f"INC-{number} Disk {number} full") for number in range(1, 4)]


def ask_title(invocation: Invocation) -> Reply:
    """Declare with a title; without one, ask for it."""
    title = invocation.values.get("title", "")
    if not invocation.submitted:
        return Reply(form=DECLARE)
    if len(title) < 5:
        fields = (replace(DECLARE.fields[0], value=title, error="A title says more."), *DECLARE.fields[1:])
        return Reply(form=replace(DECLARE, fields=fields), text="A title says more.", failed=True)
    return Reply(text=f"INC-1 {title} is open.")


@pytest.fixture(params=["http", "socket"])
async def bot(request: pytest.FixtureRequest) -> AsyncIterator[Bot]:
    async with open_bot(request.param) as opened:
        opened.desk.answer, opened.desk.form = ask_title, DECLARE
        yield opened


@pytest.fixture
async def by_http() -> AsyncIterator[Bot]:
    async with open_bot("http") as opened:
        opened.desk.answer, opened.desk.form = ask_title, DECLARE
        yield opened


async def open_form(
    bot: Bot, line: str = "declare", *, is_waiting: bool = False
) -> tuple[User, Channel, View]:
    """A person, where they are, and the form that they see; or, while it waits, what is there before it."""
    kate = bot.slack.add_user("kate")
    general = bot.slack.add_channel("general", members=[kate], with_bot=True)
    await bot.slack.command(kate, general, "/incident", line)
    find = bot.slack.modal_of if is_waiting else bot.slack.form_of
    return kate, general, await eventually(lambda: find(kate))


async def test_a_form_is_opened_sent_and_answered_where_it_was_opened(bot: Bot) -> None:
    kate, general, view = await open_form(bot)
    assert (view.title, view.callback_id) == ("Declare an incident", "form")
    values = {"title": "Disk full", "team": "payments", "summary": "a\nb", "private": ["yes"]}
    delivery = await bot.slack.submit(kate, view, values)
    assert delivery.body == {"response_action": "clear"}
    (told,) = await eventually(lambda: bot.slack.ephemerals_of(kate))
    assert (told.words, told.channel) == ("INC-1 Disk full is open.", general)
    sent = bot.desk.invoked[-1]
    assert (sent.text, sent.submitted, sent.channel) == ("/incident declare", True, general.id)
    assert sent.values == values | {"private": "yes"}
    assert bot.slack.modal_of(kate) is None


async def test_what_is_wrong_stands_at_the_question_and_can_be_mended(bot: Bot) -> None:
    kate, _, view = await open_form(bot)
    await bot.slack.submit(kate, view, {"title": "Disk"})
    assert bot.slack.modal_of(kate) is view
    assert view.errors == {"title": "A title says more."}
    await bot.slack.submit(kate, view, {"title": "Disk full"})
    await eventually(lambda: bot.told(kate))
    assert bot.told(kate) == ["INC-1 Disk full is open."]


async def test_a_mistyped_line_opens_the_form_with_the_error_which_goes_when_it_is_mended(
    by_http: Bot,
) -> None:
    wrong = replace(
        DECLARE, fields=(replace(DECLARE.fields[0], value="x", error="Too short."), *DECLARE.fields[1:])
    )
    by_http.desk.answer = lambda call: (
        ask_title(call) if call.submitted else Reply(form=wrong, text="Too short.", failed=True)
    )
    kate, _, view = await open_form(by_http)
    assert "Too short." in view.words
    await by_http.slack.submit(kate, view, {"title": "y"})
    assert "A title says more." in view.words
    assert "Too short." not in view.words
    await by_http.slack.submit(kate, view, {"title": "Disk full"})
    assert by_http.slack.modal_of(kate) is None


async def test_a_refusal_without_a_question_stands_above_them_and_what_was_typed_stays(bot: Bot) -> None:
    kate, _, view = await open_form(bot)
    problem = Refused("status.same", status="open")
    bot.desk.answer = lambda call: Reply(text="It is *open* already.", failed=True, problem=problem)
    await bot.slack.submit(kate, view, {"title": "Disk full"})
    assert bot.slack.modal_of(kate) is view
    assert "It is open already." in view.words
    assert view.values["title"]["value"]["value"] == "Disk full"


async def test_a_refusal_that_names_a_question_stands_at_it(by_http: Bot) -> None:
    kate, _, view = await open_form(by_http)
    problem = Unknown("team.unknown", "team", name="x", known=[])
    by_http.desk.answer = lambda call: Reply(text="There is no such team.", failed=True, problem=problem)
    await by_http.slack.submit(kate, view, {"title": "Disk full"})
    assert view.errors == {"team": "There is no such team."}


async def test_when_the_database_is_away_the_form_stays_and_can_be_sent_again(bot: Bot) -> None:
    kate, _, view = await open_form(bot)
    bot.desk.trouble = Unavailable("storage.unavailable")
    await bot.slack.submit(kate, view, {"title": "Disk full"})
    assert "The database cannot be reached" in view.errors["title"]
    bot.desk.trouble = None
    await bot.slack.submit(kate, view)
    assert (await eventually(lambda: bot.told(kate))) == ["INC-1 Disk full is open."]


async def test_a_form_sent_twice_acts_once(bot: Bot) -> None:
    kate, _, view = await open_form(bot)
    bot.slack.redeliver = True
    await bot.slack.submit(kate, view, {"title": "Disk full"})
    await eventually(lambda: bot.told(kate))
    await asyncio.sleep(0.1)
    assert len([call for call in bot.desk.invoked if call.submitted]) == 1
    assert len(bot.told(kate)) == 1


async def test_where_the_bot_may_not_speak_the_answer_comes_directly(by_http: Bot) -> None:
    kate = by_http.slack.add_user("kate")
    await by_http.slack.shortcut(kate, "declare")
    view = await eventually(lambda: by_http.slack.form_of(kate))
    await by_http.slack.submit(kate, view, {"title": "Disk full"})
    (told,) = await eventually(lambda: by_http.slack.direct(kate))
    assert told.words == "INC-1 Disk full is open."


# dependent questions, choices


async def test_an_answer_changes_what_can_be_chosen_elsewhere(bot: Bot) -> None:
    kate, _, view = await open_form(bot)
    bot.desk.form = replace(
        DECLARE,
        fields=(*DECLARE.fields, FormField("service", "Service", "choice", choices=SERVICES["search"])),
    )
    await bot.slack.change(kate, view, "title", "Disk full")
    await bot.slack.change(kate, view, "team", "search")
    await eventually(lambda: "Index" in str(view.body))
    assert bot.desk.refreshed[-1].values["team"] == "search"
    assert view.values["title"]["value"]["value"] == "Disk full"
    await bot.slack.submit(kate, view, {"service": "index"})
    assert bot.desk.invoked[-1].values["service"] == "index"


async def test_a_slower_refresh_does_not_overwrite_a_newer_form(by_http: Bot) -> None:
    kate, _, view = await open_form(by_http)
    by_http.slack.fail("views.update", "hash_conflict")
    await by_http.slack.change(kate, view, "team", "search")
    await eventually(lambda: by_http.slack.count("views.update"))
    delivery = await by_http.slack.submit(kate, view, {"title": "Disk full"})
    assert delivery.body == {"response_action": "clear"}


async def test_many_choices_are_looked_up_while_typing(bot: Bot) -> None:
    people = tuple(Choice(f"@person{number}", f"Person {number}") for number in range(40))
    page = Form(
        "page", "Page a person", "Page", (FormField("person", "Whom", "suggest", True, choices=people),)
    )
    bot.desk.answer = lambda call: Reply(text="paged") if call.submitted else Reply(form=page)
    bot.desk.choices = [Choice(f"@person{number}", f"Person {number}") for number in range(300)]
    kate, _, view = await open_form(bot)
    options = await bot.slack.suggest(kate, view, "person", "person 27")
    assert [option["value"] for option in options][:2] == ["@person27", "@person270"]
    assert len(await bot.slack.suggest(kate, view, "person", "")) == 100
    await bot.slack.submit(kate, view, {"person": "@person27"})
    invocation, name, typed = bot.desk.suggested[0]
    assert (invocation.text, name, typed) == ("/page", "person", "person 27")
    assert bot.desk.invoked[-1].values == {"person": "@person27"}


# a slow database


async def test_a_slow_database_delays_no_acknowledgement_and_the_form_fills_a_modal(bot: Bot) -> None:
    kate = bot.slack.add_user("kate")
    general = bot.slack.add_channel("general", members=[kate], with_bot=True)
    bot.desk.delay = 2.0  # at each look: the account, the profile
    delivery = await bot.slack.command(kate, general, "/incident", "declare")
    assert delivery.ack_seconds < bot.desk.delay
    view = await eventually(lambda: bot.slack.modal_of(kate))
    assert "Loading" in view.words
    await eventually(lambda: view.title == "Declare an incident")
    bot.desk.delay = 4.0
    delivery = await bot.slack.submit(kate, view, {"title": "Disk full"})
    assert delivery.ack_seconds < bot.desk.delay
    assert "Loading" in view.words
    await eventually(lambda: "INC-1 Disk full is open." in view.words)
    assert len([call for call in bot.desk.invoked if call.submitted]) == 1


async def test_after_a_long_wait_a_wrong_form_comes_back_with_what_was_typed(by_http: Bot) -> None:
    kate, _, view = await open_form(by_http)
    by_http.desk.delay = 2.5
    await by_http.slack.submit(kate, view, {"title": "Disk"})
    assert "Loading" in view.words
    await eventually(lambda: "A title says more." in view.words)
    assert view.values["title"]["value"]["value"] == "Disk"


async def test_a_form_that_could_not_be_kept_after_a_long_wait_comes_back_and_can_be_sent_again(
    by_http: Bot,
) -> None:
    kate, _, view = await open_form(by_http)
    by_http.desk.delay, by_http.desk.trouble = 2.2, Unavailable("storage.unavailable")
    values = {"title": "Disk full", "team": "search", "summary": "a\nb", "private": ["yes"]}
    await by_http.slack.submit(kate, view, values)
    assert "Loading" in view.words
    await eventually(lambda: "The database cannot be reached" in view.words)
    by_http.desk.delay, by_http.desk.trouble = 0.0, None
    await by_http.slack.submit(kate, view)
    assert by_http.desk.invoked[-1].values == values | {"private": "yes"}
    assert (await eventually(lambda: by_http.told(kate))) == ["INC-1 Disk full is open."]


async def test_whoever_closes_the_waiting_modal_is_still_told(by_http: Bot) -> None:
    by_http.desk.answer = lambda call: Reply(text="Two incidents are open.")
    by_http.desk.delay = 1.0
    kate, _, view = await open_form(by_http, "list", is_waiting=True)
    await by_http.slack.close_view(kate, view)
    assert (await eventually(lambda: by_http.told(kate))) == ["Two incidents are open."]


async def test_a_form_that_can_open_no_more_says_so(by_http: Bot) -> None:
    by_http.slack.trigger_life = 0.0
    kate = by_http.slack.add_user("kate")
    general = by_http.slack.add_channel("general", members=[kate])
    await by_http.slack.command(kate, general, "/incident", "declare")
    assert "could not be opened in time" in (await eventually(lambda: by_http.told(kate)))[0]


# shortcuts


async def test_a_message_is_kept_by_its_menu(bot: Bot) -> None:
    kate, robert = bot.slack.add_user("kate"), bot.slack.add_user("robert")
    room = bot.slack.add_channel("inc-1", members=[kate, robert], with_bot=True)
    message = await bot.slack.say(kate, room, "The disk is full", files=[("a.png", "image/png", b"x")])
    await bot.slack.message_shortcut(robert, message, "message-timeline")
    assert (await eventually(lambda: bot.told(robert))) == ["kept: The disk is full"]
    (action,) = bot.desk.actions
    assert (action.action, action.actor.name, action.said.actor.name) == ("timeline", "robert", "kate")
    assert (action.said.message, action.said.files[0].name) == (message.ts, "a.png")
    assert action.said.permalink


async def test_outside_a_room_the_menu_asks_for_the_incident(bot: Bot) -> None:
    kate = bot.slack.add_user("kate")
    general = bot.slack.add_channel("general", members=[kate], with_bot=True)
    long = "The disk is full. " * 300
    message = await bot.slack.say(kate, general, long)
    not_a_room = Reply(text="no room", failed=True, problem=Unknown("incident.not_a_room"))
    gone = Reply(text="There is no such incident.", failed=True, problem=Unknown("incident.unknown"))
    bot.desk.act = lambda action: {"": not_a_room, "INC-1": gone}.get(action.incident) or Reply(text="kept")
    bot.desk.choices = MERGE
    await bot.slack.message_shortcut(kate, message, "message-timeline")
    view = await eventually(lambda: bot.slack.form_of(kate))
    await bot.slack.submit(kate, view, {"about_incident": "INC-1"})
    assert view.errors == {"about_incident": "There is no such incident."}
    await bot.slack.submit(kate, view, {"about_incident": "INC-2"})
    assert (await eventually(lambda: bot.told(kate))) == ["kept"]
    assert bot.desk.actions[-1].incident == "INC-2"
    assert bot.desk.actions[-1].said.text.strip() == long.strip()  # more than a form can carry
    assert bot.desk.actions[-1].said.actor.name == "kate"


async def test_declaring_from_a_message_opens_its_form_and_pages_nobody_before_it_is_sent(bot: Bot) -> None:
    kate = bot.slack.add_user("kate")
    general = bot.slack.add_channel("general", members=[kate], with_bot=True)
    message = await bot.slack.say(kate, general, "Checkout\nreturns errors")
    await bot.slack.message_shortcut(kate, message, "message-declare")
    view = await eventually(lambda: bot.slack.form_of(kate))
    assert (bot.desk.invoked, bot.desk.actions) == ([], [])
    assert bot.desk.refreshed[0].values["title"] == "Checkout returns errors"
    await bot.slack.submit(kate, view, {"title": "Checkout returns errors"})
    sent = bot.desk.invoked[0]
    assert sent.about is not None
    assert (sent.about.message, sent.about.text) == (message.ts, "Checkout\nreturns errors")
    assert (await eventually(lambda: bot.told(kate))) == ["INC-1 Checkout returns errors is open."]


async def test_a_task_from_a_message_outside_a_room_asks_for_the_incident(by_http: Bot) -> None:
    kate = by_http.slack.add_user("kate")
    general = by_http.slack.add_channel("general", members=[kate], with_bot=True)
    by_http.desk.form, by_http.desk.choices = TASK, MERGE
    by_http.desk.answer = lambda call: (
        Reply(text="Too long.", failed=True, problem=Invalid("text.long", "title"))
        if len(call.values["title"]) > 20
        else Reply(text=f"Task of {call.incident}: {call.values['title']}")
    )
    message = await by_http.slack.say(kate, general, "Clean /var")
    await by_http.slack.message_shortcut(kate, message, "message-task")
    view = await eventually(lambda: by_http.slack.form_of(kate))
    await by_http.slack.submit(kate, view, {"about_incident": "INC-3", "title": "Clean /var and all else"})
    assert view.errors == {"title": "Too long."}
    await by_http.slack.submit(kate, view, {"about_incident": "INC-3", "title": "Clean /var"})
    assert (await eventually(lambda: by_http.told(kate))) == ["Task of INC-3: Clean /var"]


async def test_a_message_of_an_app_has_the_app_as_its_author(by_http: Bot) -> None:
    kate = by_http.slack.add_user("kate")
    room = by_http.slack.add_channel("inc-1", members=[kate], with_bot=True)
    await by_http.platform.client.call("chat.postMessage", channel=room.id, text="Disk at 90 %")
    (message,) = by_http.slack.messages(room)
    await by_http.slack.message_shortcut(kate, message, "message-timeline")
    await eventually(lambda: by_http.desk.actions)
    author = by_http.desk.actions[0].said.actor
    assert author.user_id is None
    assert author.name == "tocsin"
