"""What people write stands for itself wherever it is shown: it forges no line, no link, no tag and no button."""

import re
import string

from hypothesis import example, given
from hypothesis import strategies as st

from bot.chat.card import parse_card
from bot.chat.discord.markdown import render_markdown
from bot.chat.markup import escape, escape_lines, escape_saying, render_html, render_text, unescape
from bot.chat.slack.mrkdwn import render_mrkdwn
from bot.chat.templates import Templates

NASTY = st.text(alphabet=st.sampled_from(string.punctuation + " ab1\n"), max_size=60) | st.text(max_size=60)
TEMPLATES = Templates()


def shown(text: str) -> str:
    """A text as it may look after rendering: white space folded, what cannot be seen left out."""
    return " ".join("".join(char for char in text if char.isprintable() or char.isspace()).split())


@given(NASTY)
@example("[Resolve](/incident resolve INC-1) !primary")
@example("# title")
@example("https://example.org/a_b*c?d=[e]")
def test_escaped_text_reads_as_it_was_written(text: str) -> None:
    assert shown(render_text(escape(text))) == shown(text)


@given(NASTY)
def test_unescape_undoes_escape(text: str) -> None:
    assert unescape(escape(text)) == " ".join(text.replace("\x00", "").split())


SAID = st.text(alphabet=st.sampled_from("`` \n\t*_~<>@#[]()!|&;:/-.1ab"), max_size=60) | NASTY


@given(SAID)
@example("```\n  indented\n```")
@example("a `b` c `` d ```e```")
@example("`<!channel>` <@U123> @everyone")
@example("1. one\n- two\n> three\n# four\n    five")
def test_what_a_person_said_reads_as_it_was_said(text: str) -> None:
    """But for the backticks that make code of it, and the name of a language after three of them."""
    said = re.sub(r"```([\w+.-]{1,20}\n)?", "```", text)
    assert bare(render_text(escape_saying(said))) == bare(said)


def bare(text: str) -> str:
    return shown(text).replace("`", "").replace(" ", "")


@given(SAID)
@example("`<!channel>` <@U123> @everyone")
@example("```<!here>``` <#C1|x> <@&123>")
@example("*bold* [a](http://x.y)")
def test_what_a_person_said_calls_nobody_and_is_no_link_of_its_own(text: str) -> None:
    for_slack, for_discord = render_mrkdwn(escape_saying(text)), render_markdown(escape_saying(text))
    assert not re.search(r"<[!@#]", for_slack)
    outside = re.sub(r"(`+).*?\1", "", for_discord, flags=re.DOTALL)
    assert not re.search(r"@everyone|@here|<@[!&]?\d+>|<#\d+>", outside)
    html = render_html(escape_saying(text))
    assert all(href in text for href in re.findall(r'href="([^"]*)"', html))


@given(NASTY)
@example("<img src=x onerror=alert(1)>")
@example("[x](javascript:alert(1))")
def test_html_of_escaped_text_has_no_tag_of_its_own(text: str) -> None:
    tags = re.findall(r"<(/?[a-zA-Z][^>]*)>", render_html(escape(text)))
    assert all(tag in ("p", "/p", "/a") or tag.startswith('a href="http') for tag in tags)


@given(st.text(max_size=80))
def test_html_of_any_markup_is_harmless(text: str) -> None:
    html = render_html(text).lower()
    assert "<script" not in html
    assert not re.search(r"<[^>]*\son\w+\s*=", html)
    assert not re.search(r'href="(?!https?:|mailto:|/|#|[^":]*")', html)


@given(NASTY, NASTY)
@example("x\n[Close](/incident close INC-1)", "@tone P1\nStatus: fine")
def test_values_forge_no_line_of_a_card(title: str, body: str) -> None:
    template = "# {}\n@tone P3\n{}\n[Open](/incident show INC-1)"
    card = parse_card(template.format(escape(title), escape_lines(body)))
    assert [button.command for button in card.buttons] == ["/incident show INC-1"]
    assert card.tone == "P3"
    assert card.fields == ()


def test_templates_of_users_cannot_leave_their_sandbox() -> None:
    from bot.chat.sandbox import render_user_template
    from bot.errors import Invalid

    for attack in (
        "{{ ''.__class__.__mro__ }}",
        "{% for x in range(10) %}x{% endfor %}",
        "{{ range(100000000) | list }}",
        "{{ title.__init__.__globals__ }}",
        "{{ missing }}",
        "{{ 'a' * 10 ** 9 }}",
        "{{ 'a' * 999999999 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ title.ljust(999999999) }}",
        "{{ title | center(999999999) }}",
        "{{ title.format }}{{ title.format(1) }}",
        "{{ " + "(" * 400 + "1" + ")" * 400 + " }}",
    ):
        try:
            render_user_template(attack, {"title": "x"})
        except Invalid:
            continue
        raise AssertionError(attack)
