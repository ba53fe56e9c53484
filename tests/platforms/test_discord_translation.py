"""Plain values to Discord and back: nothing that people or senders write breaks a message, calls anybody or gets lost."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.card import Button, Card, Field
from bot.chat.command_shapes import list_shapes
from bot.chat.discord import limits
from bot.chat.discord.commands import build_choices, build_commands, find_focus, read_line
from bot.chat.discord.components import Press, read_press
from bot.chat.discord.embeds import Rendered, render_message, render_question, render_reply
from bot.chat.discord.limits import clip_markdown, split_markdown
from bot.chat.discord.markdown import escape, read_text, render_markdown, unescape_line
from bot.chat.discord.modals import (
    build_modal,
    build_token,
    read_form,
    read_token,
    read_values,
    render_form_again,
)
from bot.chat.discord.permissions import (
    INTENTS,
    PERMISSIONS,
    build_invite,
    list_bits,
    list_missing,
    list_needed,
)
from bot.chat.form import Choice, Form, FormField
from bot.chat.markup import escape as escape_markup
from bot.chat.markup import render_text
from bot.chat.platform import Message
from bot.chat.registry import Command
from bot.chat.reply import Reply
from bot.chat.shapes import CommandShape, OptionShape
from bot.flow.discovery import discover
from tests.platforms.discord_judge import faults_of_commands, faults_of_message, faults_of_modal
from tests.platforms.texts import WORDS, quick, soup, texts

START = datetime(2026, 11, 23, 3, 5, tzinfo=UTC)
ROOM = "https://tocsin.example.org/INC-7"
SHAPES = list_shapes([one for one in discover("commands", "COMMAND") if isinstance(one, Command)])
TREE = build_commands(SHAPES, WORDS)
CALLS = re.compile(r"@(?:everyone|here)|<@[!&]?\d", re.IGNORECASE)
fields = st.builds(
    Field,
    label=texts,
    value=texts,
    since=st.sampled_from([None, START]),
    until=st.sampled_from([None, START + timedelta(hours=2)]),
)
buttons = st.builds(
    Button,
    label=texts,
    command=st.one_of(
        texts.map(lambda text: f"/incident declare {text}"),
        texts.map(lambda text: f"https://example.org/{text}"),
        st.integers(1, 99).map(lambda number: f"/incident ack INC-{number}"),
    ),
    style=st.sampled_from(["", "primary", "danger"]),
    menu=st.booleans(),
    confirm=st.booleans(),
)
cards = st.builds(
    Card,
    title=texts,
    tone=st.sampled_from(["P1", "P5", "resolved", "quiet", "unheard of"]),
    url=st.sampled_from(["", ROOM]),
    fields=st.lists(fields, max_size=40).map(tuple),
    body=texts,
    buttons=st.lists(buttons, max_size=60).map(tuple),
)
choices = st.lists(st.builds(Choice, value=texts, label=texts), max_size=40).map(tuple)
form_fields = st.builds(
    FormField,
    name=st.sampled_from(["title", "text", "who", "next", "priority", "private", "service", "team"]),
    label=texts,
    kind=st.sampled_from(["text", "lines", "choice", "suggest", "flag"]),
    required=st.booleans(),
    value=texts,
    hint=texts,
    choices=choices,
    error=texts,
)
forms = st.builds(
    Form,
    command=st.sampled_from(["incident update", "page"]),
    title=texts,
    submit=texts,
    fields=st.lists(form_fields, max_size=9, unique_by=lambda field: field.name).map(tuple),
    target=st.sampled_from(["", "INC-7"]),
    note=texts,
)


def texts_of(part: Any) -> Iterator[str]:
    """Every text in a message."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict):
        for inner in part.values():
            yield from texts_of(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from texts_of(inner)


def assert_calls_nobody(text: str) -> None:
    """Outside of code every `<…>` is an address or a moment, whole; nothing calls anybody anywhere."""
    assert not CALLS.search(text)
    known = r"\\.|```.*?```|`[^`\n]*`|<https?://[^<>\s]+>|<t:\d+:[Rf]>"
    assert "<" not in re.sub(known, "", text, flags=re.DOTALL)


def assert_fits(sent: Rendered) -> None:
    assert faults_of_message(sent) == []
    assert sent.body["allowed_mentions"] == {"parse": []}
    for text in texts_of([sent.content, list(sent.embeds)]):
        assert not CALLS.search(text)


@quick
@given(cards, texts, texts, st.booleans())
def test_whatever_a_card_says_discord_takes_it_and_nobody_is_called(
    card: Card, text: str, summary: str, notify: bool
) -> None:
    assert_fits(render_message(Message(text, card, summary), WORDS, notify=notify))
    assert_fits(render_message(Message(card=card, summary=summary), WORDS, notify=notify))


@quick
@given(texts, st.one_of(st.none(), cards), st.booleans())
def test_whatever_a_command_answers_discord_takes_it(text: str, card: Card | None, failed: bool) -> None:
    assert_fits(render_reply(Reply(text=text, card=card, failed=failed), WORDS))


@quick
@given(forms)
def test_whatever_a_form_asks_discord_takes_it(form: Form) -> None:
    modal = build_modal(form, WORDS)
    assert faults_of_modal(modal) == []
    assert read_form(modal)[0].startswith(f"/{form.command}")
    assert_fits(render_form_again(form, "token", WORDS))


@quick
@given(texts, texts)
def test_whatever_is_asked_before_it_is_done_discord_takes_it(line: str, label: str) -> None:
    assert_fits(render_question(Press(f"/incident resolve {line}"[:90], True, label), WORDS))


# Texts


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("**bold** *italic* ~~gone~~ `code`", "**bold** *italic* ~~gone~~ `code`"),
        ("***both***", "***both***"),
        ("**one**__two__", "**one**\u200b**two**"),
        ("**two\nlines**", "**two\nlines**"),
        ("[the Room](https://example.org/?a=1&b=2)", "[the Room](<https://example.org/?a=1&b=2>)"),
        ("[a \\[b\\]](https://example.org/a_(b))", "[a (b)](<https://example.org/a_%28b%29>)"),
        ("[https://bank.example](https://evil.example)", "https://bank.example (<https://evil.example>)"),
        ("https://example.org/a_b", "<https://example.org/a_b>"),
        ("https://example.org/a|b@here", "<https://example.org/a%7Cb%40here>"),
        ("[here](/INC-7)", "here"),
        ("# Head\n\ntext", "**Head**\n\ntext"),
        ("- one\n- two\n  - deeper\n\n3. three\n4. four", "- one\n- two\n  - deeper\n\n3. three\n4. four"),
        ("> said\n> twice", "> said\n> twice"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "**a** | **b**\n1 | 2"),
        ("```\nif a < b & c:\n```", "```\nif a < b & c:\n```"),
        ("```\na``````", "```\na`\u200b`\u200b`\u200b`\u200b`\u200b`\n```"),
        (
            r"\*boom\* \_\_init\_\_ snake_case \|\|secret\|\|",
            r"\*boom\* \_\_init\_\_ snake_case \|\|secret\|\|",
        ),
        (r"\<@!1\> \<@&2\> \<#3\> @everyone", "\\<@\u2060!1> \\<@\u2060&2> \\<#3> @\u2060everyone"),
        ("\\# one\n\\- two\n1\\. three\n\\> four", "\\# one\n\\- two\n1\\. three\n\\> four"),
    ],
)
def test_markup_becomes_discords(markup: str, shown: str) -> None:
    assert render_markdown(markup) == shown


def test_outside_of_embeds_a_link_shows_where_it_leads() -> None:
    shown = render_markdown("[the Room](https://example.org/) https://example.org/x", masked=False)
    assert shown == "the Room (<https://example.org/>) <https://example.org/x>"


@quick
@given(soup)
def test_markup_of_any_kind_calls_nobody(markup: str) -> None:
    for masked in (True, False):
        assert_calls_nobody(render_markdown(markup, masked))
        assert_calls_nobody(render_markdown(escape_markup(markup), masked))


@quick
@given(st.one_of(soup, st.text(st.characters(exclude_characters="\r\x00\u2060"))))
def test_text_that_went_to_discord_comes_back_as_it_was(text: str) -> None:
    assert read_text(escape(text), {}) == text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("<@1> and <@!2>, <@3> of <@&4>", "@kate and @Bob, @3 of @oncall"),
        ("see <#5> and <#6>", "see #ops-room and #6"),
        ("<https://example.org/x_y> https://example.org", "https://example.org/x_y https://example.org"),
        ("<:blob:123> <a:dance:45> </incident update:67>", ":blob: :dance: /incident update"),
        (
            "at <t:1795403100:R>, not <t:99999999999:f>",
            "at Mon 23 Nov 2026, 03:05 UTC, not Wed 16 Nov 5138, 09:46 UTC",
        ),
        (r"\*no\* C:\temp `\* <@1>`", r"*no* C:\temp `\* <@1>`"),
    ],
)
def test_what_a_person_wrote_is_read_as_plain_text(written: str, meant: str) -> None:
    assert read_text(written, {"1": "kate", "2": "Bob", "4": "oncall", "5": "ops-room"}) == meant


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("invite <@1> <@!2> ", "invite <@1> <@2>"),
        ("link <https://example.org/?a=1&b=2>", "link https://example.org/?a=1&b=2"),
        ("note <:blob:1> `rm *` <#5> <@&4>", "note :blob: `rm *` <#5> <@&4>"),
    ],
)
def test_a_typed_line_keeps_who_is_meant(typed: str, line: str) -> None:
    assert unescape_line(typed) == line


@quick
@given(soup, st.integers(20, 400))
def test_clipping_never_splits_a_link(markup: str, limit: int) -> None:
    text = render_markdown(markup)
    clipped = clip_markdown(text, limit)
    assert len(clipped) <= limit
    assert clipped == text or "…" in clipped
    assert not CALLS.search(clipped)
    assert not re.search(r"\]\(<[^>]*$", re.sub(r"\\.", "", clipped))
    assert clipped.count("```") % 2 == 0


@quick
@given(soup, st.integers(900, 1_500))
def test_splitting_loses_nothing(markup: str, limit: int) -> None:
    text = render_markdown(markup)
    parts = split_markdown(text, limit)
    assert all(0 < len(part) <= limit and part.count("```") % 2 == 0 for part in parts)
    squeezed = re.compile(r"\s|```")
    assert "".join(squeezed.sub("", part) for part in parts) == squeezed.sub("", text)


# Cards and answers


def test_a_card_that_was_cut_leads_to_the_room() -> None:
    (embed,) = render_message(Message(card=Card("INC-7", url=ROOM, body="word " * 3_000)), WORDS).embeds
    assert embed["description"].endswith(f"…\n[… more in the Room](<{ROOM}>)")


def test_a_button_whose_line_is_too_long_is_left_out_and_the_card_leads_to_the_room() -> None:
    long = Button("Note", f"/incident note INC-7 {'x' * 100}")
    sent = render_message(Message(card=Card("INC-7", url=ROOM, buttons=(long,))), WORDS)
    assert sent.components == ()
    assert sent.embeds[0]["description"] == f"[… more in the Room](<{ROOM}>)"


def test_a_counter_that_runs_is_counted_on_by_discord() -> None:
    running = Field("Impact", since=START)
    ended = Field("Impact", since=START, until=START + timedelta(minutes=125))
    (embed,) = render_message(Message(card=Card("INC-7", fields=(running, ended))), WORDS).embeds
    assert [field["value"] for field in embed["fields"]] == ["began <t:1795403100:R>", "2 h 05 min"]


def test_a_notification_says_what_a_card_shows_where_it_is_wanted() -> None:
    card = Card("INC-7 · Slow", "P1")
    told = Message(card=card, summary="INC-7 Slow")
    assert render_message(told, WORDS).content == ""
    assert render_message(told, WORDS, notify=True).content == "🔴 INC-7 Slow"
    assert render_message(Message(card=card, summary="You are paged"), WORDS).content == "🔴 You are paged"


def test_a_long_answer_goes_over_several_embeds_and_says_when_that_was_not_enough() -> None:
    long = render_reply(Reply(text="\n\n".join(f"Line {n} of many words" for n in range(200))), WORDS)
    assert (long.content, len(long.embeds)) == ("", 2)
    assert long.embeds[-1]["description"].endswith("Line 199 of many words")
    longer = render_reply(Reply(text="word " * 3_000), WORDS)
    assert longer.embeds[-1]["description"].endswith("The rest did not fit here. The Room shows all of it.")


def test_a_link_hides_behind_its_words_in_an_answer() -> None:
    text = "[INC-7](https://tocsin.example.org/INC-7) is resolved"
    shown = render_reply(Reply(text=text), WORDS)
    assert (shown.content, shown.embeds[0]["description"]) == ("", f"[INC-7](<{ROOM}>) is resolved")
    assert render_message(Message(text), WORDS).content == f"INC-7 (<{ROOM}>) is resolved"


# Buttons


def test_what_is_pressed_is_known_without_remembering_anything() -> None:
    card = Card(
        "INC-7",
        buttons=(
            Button("Acknowledge", "/incident ack INC-7", "primary"),
            Button("Close", "/alert close 12", confirm=True),
            Button("Add task", "/incident task INC-7", menu=True),
            Button("Resolve", "/incident resolve INC-7", menu=True, confirm=True),
        ),
    )
    rows = render_message(Message(card=card), WORDS).components
    (acknowledge, close), (menu,) = rows[0]["components"], rows[1]["components"]
    assert read_press(acknowledge, rows) == Press("/incident ack INC-7", label="Acknowledge")
    assert read_press(close, rows) == Press("/alert close 12", True, "Close")
    task, resolve = (menu | {"values": [option["value"]]} for option in menu["options"])
    assert read_press(task, rows) == Press("/incident task INC-7", label="Add task")
    chosen = read_press(resolve, rows)
    assert chosen == Press("/incident resolve INC-7", True, "Resolve")
    assert read_press({"custom_id": "somebody else's"}) is None
    question = render_question(chosen, WORDS)
    assert question.content.startswith("**Resolve?**\nThe impact of INC-7 counts as over now.")
    (button,) = question.components[0]["components"]
    assert read_press(button) == Press("/incident resolve INC-7")


def test_what_does_not_fit_five_rows_is_in_the_room() -> None:
    many = tuple(Button(str(number), f"/incident ack INC-{number}") for number in range(40))
    sent = render_message(Message(card=Card("INC-7", url=ROOM, buttons=many)), WORDS)
    assert sum(len(row["components"]) for row in sent.components) == 25
    assert "more in the Room" in sent.embeds[0]["description"]


# Forms


def fill(modal: dict[str, Any], values: dict[str, str]) -> dict[str, Any]:
    """A modal as Discord sends it back."""
    parts: list[dict[str, Any]] = []
    for label in modal["components"]:
        asked = label["component"]
        answer = {"type": asked["type"], "custom_id": asked["custom_id"]}
        value = values.get(asked["custom_id"], "")
        answer |= {"value": value} if asked["type"] == 4 else {"values": [value] if value else []}
        parts.append({"type": 18, "id": len(parts), "component": answer})
    return {"custom_id": modal["custom_id"], "components": parts}


def test_a_form_goes_to_discord_and_comes_back() -> None:
    form = Form(
        "incident update",
        "Send an update",
        "Send",
        (
            FormField("text", "What to say", "lines", required=True, hint="Rolled back"),
            FormField("status", "Status", "choice", value="b", choices=(Choice("a", "A"), Choice("b", "B"))),
            FormField("private", "Private", "flag"),
        ),
        target="INC-7",
    )
    modal = build_modal(form, WORDS)
    assert modal["title"] == "Send an update · INC-7"
    text, status, private = (label["component"] for label in modal["components"])
    assert (text["style"], text["required"], text["placeholder"]) == (2, True, "Rolled back")
    assert [option.get("default", False) for option in status["options"]] == [False, True]
    assert [option["value"] for option in private["options"]] == ["no", "yes"]
    sent = fill(modal, {"text": "All is well", "private": "yes"})
    assert read_form(sent) == ("/incident update INC-7", "")
    assert read_values(sent) == {"text": "All is well", "status": "", "private": "yes"}


def test_a_form_with_too_many_questions_keeps_what_counts_and_names_the_rest() -> None:
    asked = [FormField(f"f{number}", f"Field {number}", value="" if number else "x y") for number in range(7)]
    asked += [
        FormField("last", "Last", required=True),
        FormField("wrong", "Wrong", value="no", error="Not so."),
    ]
    modal = build_modal(Form("incident declare", "Declare", "Declare", tuple(asked)), WORDS)
    assert [part["component"]["custom_id"] for part in modal["components"]] == [
        "f0",
        "f1",
        "f2",
        "last",
        "wrong",
    ]
    assert modal["components"][-1]["description"] == "⚠️ Not so."
    right = build_modal(Form("incident declare", "Declare", "Declare", tuple(asked[:-1])), WORDS)
    assert right["components"][-1]["description"] == "Give in the command line: f4, f5, f6"


@quick
@given(forms, st.sampled_from(["", "1374091385173131264"]))
def test_a_form_and_the_button_that_opens_it_again_carry_the_message_they_are_about(
    form: Form, about: str
) -> None:
    modal = build_modal(form, WORDS, about)
    assert faults_of_modal(modal) == []
    assert read_form(modal)[1] == about
    token = build_token("0a1b2c3d", form, about)
    assert len("form:" + token) <= 100
    line, number = read_token(token)
    assert f"/{form.command}".startswith(line.split(" ")[0])
    assert number == about
    assert_fits(render_form_again(form, token, WORDS))


def test_a_channel_that_is_named_in_a_line_is_no_message() -> None:
    assert read_token("/incident note see #1234") == ("/incident note see #1234", "")


def test_what_was_given_and_is_not_asked_for_is_not_lost() -> None:
    asked = [FormField(f"f{number}", "Field", value="longer") for number in range(5)]
    asked.append(FormField("private", "Private", "flag", value="yes"))
    modal = build_modal(Form("incident declare", "Declare", "Declare", tuple(asked)), WORDS)
    assert read_form(modal) == ("/incident declare private:yes", "")


def test_a_long_list_is_typed_and_a_typed_value_is_kept() -> None:
    many = tuple(Choice(f"@p{number}", f"Person {number}") for number in range(20))
    (part,) = build_modal(
        Form("page", "Page", "Page", (FormField("who", "Who", "suggest", choices=many),)), WORDS
    )["components"]
    assert part["component"]["type"] == 4
    few = FormField("role", "Role", "suggest", value="scribe", choices=many[:3])
    (part,) = build_modal(Form("page", "Page", "Page", (few,)), WORDS)["components"]
    assert part["component"]["options"][-1] == {"label": "scribe", "value": "scribe", "default": True}


def test_a_refused_form_says_what_is_wrong_and_opens_again() -> None:
    fields = (FormField("next", "Next update", error="That is no time."), FormField("text", "Text"))
    sent = render_form_again(Form("incident update", "Send an update", "Send", fields), "a1b2", WORDS)
    assert sent.content == "⚠️ Send an update: nothing is sent yet.\n\n**Next update**: That is no time."
    (button,) = sent.components[0]["components"]
    assert (button["label"], read_press(button)) == ("Try again", Press(token="a1b2"))


# Commands


def test_discord_takes_every_command() -> None:
    assert faults_of_commands(TREE.commands) == []
    assert sorted(TREE.paths.values()) == [shape.path for shape in SHAPES]
    assert all(len(str(command)) > 0 for command in TREE.commands)


def list_typed(
    command: dict[str, Any], words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Everything that can be typed, with its words."""
    inner = [option for option in command.get("options", []) if option["type"] in (1, 2)]
    if not inner:
        yield (*words, command["name"]), command
    for option in inner:
        yield from list_typed(option, (*words, command["name"]))


TYPED = dict(one for command in TREE.commands if command["type"] == 1 for one in list_typed(command))


@pytest.mark.parametrize("words", TYPED, ids=" ".join)
def test_what_is_typed_in_discord_is_the_same_command_everywhere(words: tuple[str, ...]) -> None:
    command = TYPED[words]
    options: list[dict[str, Any]] = [
        {
            "name": option["name"],
            "type": option["type"],
            "value": option["type"] == 5 or f"a {option['name']}",
        }
        for option in command.get("options", [])
        if option["name"] != "incident"
    ]
    is_about = any(option["name"] == "incident" for option in command.get("options", []))
    if is_about:
        options.append({"name": "incident", "type": 3, "value": "INC-7"})
    for word in reversed(words[1:]):
        options = [{"type": 1 if word == words[-1] else 2, "name": word, "options": options}]
    line, values = read_line({"name": words[0], "type": 1, "options": options}, TREE)
    (shape,) = (one for one in SHAPES if f"/{one.path}" == line.removesuffix(" INC-7"))
    assert is_about == line.endswith(" INC-7") == (shape.about == "incident")
    assert " ".join(words).replace(" more", "") == shape.path
    expected = {one.name: "yes" if one.kind == "flag" else f"a {one.name}" for one in shape.options}
    assert values == expected


def test_no_argument_has_the_name_of_the_option_for_another_incident() -> None:
    assert not [shape.path for shape in SHAPES for option in shape.options if option.name == "incident"]


def test_what_is_used_in_a_hurry_needs_no_word_between() -> None:
    hurried = [
        "declare",
        "ack",
        "update",
        "invite",
        "role",
        "note",
        "task",
        "resolve",
        "close",
        "status",
        "priority",
    ]
    assert {("incident", verb) for verb in hurried} <= set(TYPED)


def test_forty_commands_of_one_group_fit() -> None:
    many = [CommandShape(f"incident verb{number:02}", f"Does {number}") for number in range(45)]
    tree = build_commands(many, WORDS)
    assert faults_of_commands(tree.commands) == []
    assert sorted(tree.paths.values()) == [shape.path for shape in many]
    few = build_commands(many[:25], WORDS)
    assert "incident more" not in " ".join(few.paths)


def test_options_are_typed_as_their_kind() -> None:
    options = {option["name"]: option for option in TYPED["incident", "declare"]["options"]}
    assert [choice["value"] for choice in options["priority"]["choices"]] == ["P1", "P2", "P3", "P4", "P5"]
    assert options["team"]["autocomplete"] is True
    assert options["private"]["type"] == 5
    assert not any(option["required"] for option in options.values())
    person, why = TYPED[("page",)]["options"]
    assert person["required"]
    assert why["required"]
    assert why["description"] == "Why (such as Need a second pair of eyes on the database)"


def test_required_options_come_first() -> None:
    shape = CommandShape(
        "do it", "Does", (OptionShape("maybe", "Maybe"), OptionShape("must", "Must", required=True))
    )
    ((do, *_),) = [build_commands([shape], WORDS).commands]
    assert [option["name"] for option in do["options"][0]["options"]] == ["must", "maybe"]


def test_what_is_being_typed_is_found_and_answered() -> None:
    inner = [
        {"name": "role", "type": 3, "value": "c"},
        {"name": "person", "type": 3, "value": "ka", "focused": True},
    ]
    data = {"name": "incident", "options": [{"type": 1, "name": "role", "options": inner}]}
    assert find_focus(data) == ("person", "ka")
    assert find_focus({"name": "page", "options": []}) == ("", "")
    found = build_choices(
        [Choice("@kate", "Kate Lin"), Choice("@kate", "Kate"), Choice("x" * 101, "too long")]
    )
    assert found == [{"name": "Kate Lin", "value": "@kate"}]
    assert len(build_choices([Choice(str(number), "") for number in range(60)])) == limits.CHOICES


def test_messages_and_people_have_their_menus() -> None:
    assert TREE.menus == {
        "Add to incident timeline": "message-timeline",
        "Declare an incident": "message-declare",
        "Make a task": "message-task",
        "Page": "user-page",
    }
    kinds = {command["name"]: command["type"] for command in TREE.commands if command["type"] != 1}
    assert kinds == {name: 2 if meaning == "user-page" else 3 for name, meaning in TREE.menus.items()}


# Permissions


@pytest.mark.parametrize("code", sorted({code for _, code in PERMISSIONS.values()} | set(INTENTS.values())))
def test_every_permission_has_its_reason(code: str) -> None:
    sentence = render_text(WORDS.render_sentence("forms/chat", f"reason_{code}"))
    assert " " in sentence
    assert sentence != f"reason {code}".replace("_", " ")


def test_the_library_means_the_same_permissions_and_intents() -> None:
    import discord

    assert list_bits() == discord.Permissions(**dict.fromkeys(PERMISSIONS, True)).value
    assert set(INTENTS) <= set(discord.Intents.VALID_FLAGS)


def test_the_link_that_invites_asks_for_all_that_is_needed() -> None:
    assert build_invite("123456789012345678") == (
        "https://discord.com/oauth2/authorize?client_id=123456789012345678"
        f"&scope=bot+applications.commands&permissions={list_bits()}"
    )
    assert list_missing(list_bits()) == ()
    assert list_missing(list_bits() & ~(1 << 4)) == ("manage_channels",)
    assert list_missing(8) == ()


def test_rooms_that_are_threads_need_two_permissions_more() -> None:
    assert set(list_needed("threads")) - set(PERMISSIONS) == {"create_private_threads", "manage_threads"}
    assert list_missing(list_bits(), "threads") == ("create_private_threads", "manage_threads")
    assert list_missing(list_bits("threads"), "threads") == ()
    assert build_invite("1", "threads").endswith(f"permissions={list_bits('threads')}")
