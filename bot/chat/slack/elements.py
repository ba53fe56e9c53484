"""The small parts of Block Kit that messages, forms and the home tab are made of: texts, buttons, menus, questions that ask
once. A button carries its command line as `value`; its `action_id` only tells the parts of one message apart.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.chat.card import Button
from bot.chat.clip import clip, rows_of
from bot.chat.slack import limits
from bot.chat.slack.limits import clip_mrkdwn
from bot.chat.templates import Templates
from bot.chat.words import explain_line, say

Block = dict[str, Any]
ASK = "?"
"""Stands before the command line of a menu's option that asks once before it runs: Slack itself can only ask for a menu as a
whole."""


def plain(text: str, limit: int) -> dict[str, Any]:
    """A plain text of at most `limit` characters; never empty, which Slack refuses."""
    return {"type": "plain_text", "text": clip(text.strip(), limit) or "–", "emoji": True}


def mrkdwn(text: str, limit: int = limits.SECTION_TEXT) -> dict[str, Any]:
    """A text in Slack's markup of at most `limit` characters."""
    return {"type": "mrkdwn", "text": clip_mrkdwn(text, limit) or "–", "verbatim": True}


def section(text: str) -> Block:
    return {"type": "section", "text": mrkdwn(text)}


def context(text: str) -> Block:
    """A small grey line."""
    return {"type": "context", "elements": [mrkdwn(text)]}


def option(label: str, value: str) -> dict[str, Any]:
    return {"text": plain(label, limits.OPTION_TEXT), "value": value}


def build_actions(buttons: Sequence[Button], words: Templates, numbers: Iterator[int]) -> list[Block]:
    """Rows of buttons, the menus last. What Slack can't carry (a line or an address that is too long) is left out."""
    usable = [button for button in buttons if len(button.command) <= _longest(button)]
    menus = _group(usable)
    in_menus = [button for group in menus for button in group]
    elements = [_build_button(button, words, next(numbers)) for button in usable if button not in in_menus]
    elements += [_build_menu(group, next(numbers)) for group in menus]
    return [{"type": "actions", "elements": list(row)} for row in rows_of(elements, limits.ACTIONS)]


def _longest(button: Button) -> int:
    return limits.URL if button.is_link else limits.BUTTON_VALUE


def _group(buttons: Sequence[Button]) -> list[Sequence[Button]]:
    """The menus. A menu of one reads better as a button, and a line too long for a menu has to be one."""
    fitting = [
        button
        for button in buttons
        if button.menu and not button.is_link and len(button.command) < limits.OPTION_VALUE
    ]
    return [group for group in rows_of(fitting, limits.OVERFLOW_OPTIONS) if len(group) > 1]


def _build_button(button: Button, words: Templates, number: int) -> dict[str, Any]:
    built: dict[str, Any] = {"type": "button", "text": plain(button.label, limits.BUTTON_TEXT)}
    if button.is_link:
        return built | {"action_id": f"open-{number}", "url": button.command}
    built |= {"action_id": f"run-{number}", "value": button.command}
    if button.style:
        built["style"] = button.style
    if button.confirm:
        built["confirm"] = _build_confirm(button, words)
    return built


def _build_menu(buttons: Sequence[Button], number: int) -> dict[str, Any]:
    return {
        "type": "overflow",
        "action_id": f"menu-{number}",
        "options": [
            option(button.label, f"{ASK}{button.command}" if button.confirm else button.command)
            for button in buttons
        ],
    }


def _build_confirm(button: Button, words: Templates) -> dict[str, Any]:
    """The question before a button runs."""
    confirm = {
        "title": plain(say(words, "sure_of", label=button.label), limits.CONFIRM_TITLE),
        "text": plain(explain_line(words, button.command), limits.CONFIRM_TEXT),
        "confirm": plain(button.label, limits.CONFIRM_BUTTON),
        "deny": plain(say(words, "cancel"), limits.CONFIRM_BUTTON),
    }
    return confirm | {"style": "danger"} if button.style == "danger" else confirm
