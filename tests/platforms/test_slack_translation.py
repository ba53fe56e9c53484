"""Plain values to Slack and back: nothing that people or senders write breaks a message, calls anybody or gets lost."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.card import Button, Card, Field
from bot.chat.clip import clip
from bot.chat.markup import escape as escape_markup
from bot.chat.platform import Message
from bot.chat.reply import Reply
from bot.chat.slack.blocks import render_message, render_reply
from bot.chat.slack.elements import ASK
from bot.chat.slack.home import build_home
from bot.chat.slack.limits import clip_mrkdwn, split_mrkdwn
from bot.chat.slack.modals import build_confirm, build_result
from bot.chat.slack.mrkdwn import escape, read_text, render_mrkdwn, unescape_line
from tests.platforms.slack.blocks import judge_blocks, judge_view
from tests.platforms.texts import WORDS, quick, soup, texts

START = datetime(2026, 11, 23, 3, 5, tzinfo=UTC)
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
    ),
    style=st.sampled_from(["", "primary", "danger"]),
    menu=st.booleans(),
    confirm=st.booleans(),
)
cards = st.builds(
    Card,
    title=texts,
    tone=st.sampled_from(["P1", "P5", "resolved", "quiet", "unheard of"]),
    url=st.sampled_from(["", "https://tocsin.example.org/INC-7"]),
    fields=st.lists(fields, max_size=40).map(tuple),
    body=texts,
    buttons=st.lists(buttons, max_size=40).map(tuple),
)


def texts_of(part: Any) -> Iterator[str]:
    """Every text in Slack's markup inside blocks."""
    if isinstance(part, dict):
        if part.get("type") == "mrkdwn":
            yield part["text"]
        for inner in part.values():
            yield from texts_of(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from texts_of(inner)


def assert_calls_nobody(text: str) -> None:
    """Every `<…>` is a link or a moment, whole; nothing else opens one."""
    left = re.sub(r"<(?:https?://|mailto:)[^<>|\s]+(?:\|[^<>\n]+)?>|<!date\^\d+\^[^<>|]+\|[^<>|]+>", "", text)
    assert "<" not in left
    assert not re.search(r"@(?:here|channel|everyone)\b", left)
    assert "&" not in re.sub(r"&(?:amp|lt|gt);", "", left)


def assert_fits(text: str, blocks: list[dict[str, Any]]) -> None:
    assert judge_blocks(blocks) == []
    assert 0 < len(text) <= 3_000
    assert sum(map(len, texts_of(blocks))) <= 12_000
    for one in (text, *texts_of(blocks)):
        assert_calls_nobody(one)


@quick
@given(cards, texts, texts)
def test_whatever_a_card_says_slack_takes_it_and_nobody_is_called(
    card: Card, text: str, summary: str
) -> None:
    sent = render_message(Message(text, card, summary), WORDS)
    assert_fits(sent.text, sent.blocks)


@quick
@given(texts, st.one_of(st.none(), cards), st.booleans())
def test_whatever_a_command_answers_slack_takes_it(text: str, card: Card | None, failed: bool) -> None:
    reply = Reply(text=text, card=card, failed=failed)
    sent = render_reply(reply, WORDS)
    assert_fits(sent.text, sent.blocks)
    assert judge_view(build_result(reply, text, WORDS)) == []


@quick
@given(st.lists(cards, max_size=60))
def test_whatever_is_going_on_the_home_shows_it(shown: list[Card]) -> None:
    assert judge_view(build_home(shown, WORDS)) == []


def test_sixty_incidents_fit_the_home_and_the_rest_is_counted() -> None:
    card = Card(
        "INC-1", url="https://tocsin.example.org/INC-1", buttons=(Button("Join", "/incident join INC-1"),)
    )
    view = build_home([card] * 60, WORDS)
    assert judge_view(view) == []
    shown = sum(block["type"] == "section" for block in view["blocks"])
    assert view["blocks"][-1]["elements"][0]["text"] == f"and {60 - shown} more in the Room"


# Texts


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("**bold** *italic* ~~gone~~ `code`", "*bold* _italic_ ~gone~ `code`"),
        ("***both***", "_*both*_"),
        ("fore**bold**after", "fore\u200b*bold*\u200bafter"),
        ("**two\nlines**", "*two*\n*lines*"),
        ("[the Room](https://example.org/?a=1&b=2)", "<https://example.org/?a=1&amp;b=2|the Room>"),
        ("https://example.org/a_b", "<https://example.org/a_b>"),
        ("[here](/INC-7)", "here"),
        ("# Head\n\ntext", "*Head*\n\ntext"),
        ("- one\n- two\n  - deeper\n\n3. three\n4. four", "• one\n• two\n    • deeper\n\n3. three\n4. four"),
        ("> said\n> twice", "> said\n> twice"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "*a* | *b*\n1 | 2"),
        ("```\nif a < b & c:\n```", "```\nif a &lt; b &amp; c:\n```"),
        ("```\na``````", "```\na`\u200b`\u200b`\u200b`\u200b`\u200b`\n```"),
        (r"\<!everyone\> \<@U1\>", "&lt;!everyone&gt; &lt;@U1&gt;"),
        (r"\*boom\* \_\_init\_\_ snake_case a * b", "∗boom∗ ˍˍinitˍˍ snake_case a * b"),
    ],
)
def test_markup_becomes_slacks(markup: str, shown: str) -> None:
    assert render_mrkdwn(markup) == shown


def test_a_value_that_begins_like_a_quotation_is_none() -> None:
    assert not render_mrkdwn(escape_markup("> 5 % errors")).startswith(("&gt;", ">"))


@quick
@given(st.text(st.characters(exclude_characters="*_~`@\r\x00\ue000\ue001\ue002")))
def test_text_that_went_to_slack_comes_back_as_it_was(text: str) -> None:
    assert read_text(escape(text), {}) == text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("<@U1|kate> and <@U2>, <@U3>", "@kate and @Bob, @U3"),
        ("see <#C1|general> and <#C2>", "see #general and #ops-room"),
        ("<https://example.org/x|the graph>", "the graph (https://example.org/x)"),
        ("<http://db1.example|db1.example> <https://example.org>", "db1.example https://example.org"),
        ("<mailto:kate@example.org|kate@example.org>", "kate@example.org"),
        ("<!here> <!subteam^S1|@ops> <!date^1795403100^{time}|03:05>", "@here @ops 03:05"),
        ("a &lt; b &amp;&amp; c &amp;lt; d", "a < b && c &lt; d"),
    ],
)
def test_what_a_person_wrote_is_read_as_plain_text(written: str, meant: str) -> None:
    assert read_text(written, {"U2": "Bob", "C2": "ops-room"}) == meant


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("invite <@U1|kate> <@U2>", "invite <@U1> <@U2>"),
        ("link <https://example.org/?a=1&amp;b=2|example>", "link https://example.org/?a=1&b=2"),
        ("declare db1 &lt;&gt; db2 &amp; more ", "declare db1 <> db2 & more"),
        ("update next:“in 20 min” “quoted” words", 'update next:"in 20 min" “quoted” words'),
        ("note see <#C1|general> <mailto:a@b.example|a@b.example>", "note see #general a@b.example"),
    ],
)
def test_a_typed_line_keeps_who_is_meant(typed: str, line: str) -> None:
    assert unescape_line(typed) == line


@quick
@given(soup, st.integers(20, 400))
def test_clipping_never_splits_an_entity(markup: str, limit: int) -> None:
    text = render_mrkdwn(markup)
    clipped = clip_mrkdwn(text, limit)
    assert len(clipped) <= limit
    assert clipped == text or "…" in clipped
    assert_calls_nobody(clipped)
    assert clipped.count("```") % 2 == 0


@quick
@given(soup, st.integers(900, 1_500))
def test_splitting_loses_nothing(markup: str, limit: int) -> None:
    text = render_mrkdwn(markup)
    parts = split_mrkdwn(text, limit)
    assert all(0 < len(part) <= limit and part.count("```") % 2 == 0 for part in parts)
    squeezed = re.compile(r"\s|```")
    assert "".join(squeezed.sub("", part) for part in parts) == squeezed.sub("", text)


def test_plain_text_is_clipped_between_words() -> None:
    assert clip("Declare an incident for everybody", 24) == "Declare an incident for…"
    assert clip("Declare an incident now!", 24) == "Declare an incident now!"
    assert clip("x" * 30, 24) == "x" * 23 + "…"


# Cards


def test_a_card_that_was_cut_leads_to_the_room() -> None:
    card = Card("INC-7", url="https://tocsin.example.org/INC-7", body="word " * 3_000)
    blocks = render_message(Message(card=card), WORDS).blocks
    assert blocks[-1]["elements"][0]["text"] == "<https://tocsin.example.org/INC-7|… more in the Room>"


def test_a_counter_that_runs_says_since_when_in_the_readers_own_time() -> None:
    running, ended = (
        Field("Impact", since=START),
        Field("Impact", since=START, until=START + timedelta(minutes=125)),
    )
    (_, row) = render_message(Message(card=Card("INC-7", fields=(running, ended))), WORDS).blocks
    assert [field["text"] for field in row["fields"]] == [
        "*Impact:* since <!date^1795403100^{date_short_pretty} {time}|Mon 23 Nov 2026, 03:05 UTC>",
        "*Impact:* 2 h 05 min",
    ]


def test_who_cant_see_the_blocks_hears_what_they_say() -> None:
    card = Card(
        "INC-7 · Slow", "P1", fields=(Field("Status", "**Investigating**"),), body="Since the *deploy*."
    )
    sent = render_message(Message(card=card, summary="INC-7 Slow"), WORDS)
    assert sent.text == "🔴 INC-7 Slow\nStatus: Investigating\nSince the deploy."


def test_one_menu_holds_what_asks_and_what_does_not() -> None:
    card = Card(
        "INC-7",
        buttons=(
            Button("Add task", "/incident task INC-7", menu=True),
            Button("Resolve", "/incident resolve INC-7", menu=True, confirm=True),
        ),
    )
    (menu,) = render_message(Message(card=card), WORDS).blocks[-1]["elements"]
    assert [one["value"] for one in menu["options"]] == [
        "/incident task INC-7",
        f"{ASK}/incident resolve INC-7",
    ]
    assert "confirm" not in menu
    question = build_confirm("Resolve", "/incident resolve INC-7", "{}", WORDS)
    assert judge_view(question) == []
    assert question["title"]["text"] == "Resolve?"
    assert "The impact of INC-7 counts as over now." in question["blocks"][0]["text"]["text"]


def test_a_button_says_what_it_will_do_before_it_does_it() -> None:
    card = Card("12", buttons=(Button("Close", "/alert close 12", confirm=True, menu=True),))
    (button,) = render_message(Message(card=card), WORDS).blocks[-1]["elements"]
    assert (button["type"], button["value"]) == ("button", "/alert close 12")
    assert button["confirm"]["title"]["text"] == "Close?"
    assert button["confirm"]["text"]["text"].startswith("The alert is closed and paging for it stops.")


def test_a_line_too_long_for_a_menu_is_a_button() -> None:
    long = f"/incident note INC-7 {'x' * 150}"
    card = Card("INC-7", buttons=tuple(Button(str(n), long, menu=True) for n in range(2)))
    elements = render_message(Message(card=card), WORDS).blocks[-1]["elements"]
    assert [one["value"] for one in elements] == [long, long]
