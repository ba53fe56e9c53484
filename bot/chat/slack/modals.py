"""Forms as Slack's modals, and back: what a person filled in, by field name.

The `block_id` of a question is the name of its field and its element is always called `value`. Slack keeps what was typed
when a view is replaced by one with the same names.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.chat.clip import clip
from bot.chat.form import Choice, Form, FormField
from bot.chat.reply import Reply
from bot.chat.slack import limits
from bot.chat.slack.blocks import render_reply
from bot.chat.slack.elements import Block, context, option, plain, section
from bot.chat.slack.mrkdwn import escape
from bot.chat.templates import Templates
from bot.chat.words import explain_line, say

View = dict[str, Any]
FORM, CONFIRM, SHOWN = "form", "confirm", "shown"
"""Callback ids: a form to submit, a question before a command runs, and a view that only shows something."""
VALUE = "value"
TICKED = "yes"
TRUE = ("yes", "true", "on", "1", "y")
WHOLE_LIST = 19
"""Suggestions come at most 20 at a time. A shorter list is all there is; else Slack asks for what fits the typing."""


def build_modal(form: Form, metadata: str, words: Templates) -> View:
    """A form as a modal; `metadata` (at most 3,000 characters) comes back with what is filled in."""
    blocks: list[Block] = []
    title = title_of(form)
    if title != form.title or form.target:
        about = f"*{escape(form.title, '*')}*" if title != form.title else ""
        blocks.append(context(" · ".join(part for part in (about, escape(form.target)) if part)))
    if form.note:
        blocks.append(section(escape(form.note)))
    for field in form.fields:
        blocks += _build_question(field, words)
    return {
        "type": "modal",
        "callback_id": FORM,
        "title": plain(title, limits.VIEW_TITLE),
        "submit": plain(form.submit, limits.VIEW_BUTTON),
        "close": plain(say(words, "cancel"), limits.VIEW_BUTTON),
        "private_metadata": metadata,
        "blocks": (blocks or [section(f"*{escape(form.title, '*')}*")])[: limits.BLOCKS_OF_VIEW],
    }


def title_of(form: Form) -> str:
    """What stands over the modal: there is room for 24 characters."""
    return clip(form.title, limits.VIEW_TITLE)


def build_confirm(label: str, line: str, metadata: str, words: Templates) -> View:
    """The question before a command line of a menu runs: what it will do, and a button with its name."""
    return {
        "type": "modal",
        "callback_id": CONFIRM,
        "title": plain(say(words, "sure_of", label=label), limits.VIEW_TITLE),
        "submit": plain(label, limits.VIEW_BUTTON),
        "close": plain(say(words, "cancel"), limits.VIEW_BUTTON),
        "private_metadata": metadata,
        "blocks": [section(escape(explain_line(words, line)))],
    }


def build_loading(title: str, words: Templates) -> View:
    """What is shown at once, while what was asked for is made."""
    return _build_shown(title, [section(escape(say(words, "loading")))], words)


def build_result(reply: Reply, title: str, words: Templates) -> View:
    """A reply in place of the form that was sent."""
    return _build_shown(title, render_reply(reply, words).blocks, words)


def read_values(view: Mapping[str, Any]) -> dict[str, str]:
    """What a person filled in, by field name; empty where they left it so."""
    values = view["state"]["values"]
    return {name: _read_element(element[VALUE]) for name, element in values.items() if VALUE in element}


def build_errors(form: Form) -> dict[str, str]:
    """The sentence about each wrong field, as the answer to a submitted modal."""
    return {field.name: clip(field.error, limits.HINT) for field in form.fields if field.error}


def build_options(choices: Iterable[Choice]) -> list[dict[str, Any]]:
    """Choices as options of a select; each value once, and none that Slack can't carry."""
    usable = {one.value: one for one in reversed(list(choices)) if 0 < len(one.value) <= limits.OPTION_VALUE}
    return [option(one.label, one.value) for one in reversed(usable.values())][: limits.SELECT_OPTIONS]


def _build_shown(title: str, blocks: list[Block], words: Templates) -> View:
    return {
        "type": "modal",
        "callback_id": SHOWN,
        "title": plain(title, limits.VIEW_TITLE),
        "close": plain(say(words, "close"), limits.VIEW_BUTTON),
        "blocks": blocks,
    }


def _build_question(field: FormField, words: Templates) -> list[Block]:
    """A question, and under it what is wrong with what was typed before the form opened."""
    question: Block = {
        "type": "input",
        "block_id": field.name,
        "label": plain(field.label, limits.LABEL),
        "element": _build_element(field, words),
        # A tick that is not set is an answer too.
        "optional": not field.required or field.kind == "flag",
    }
    if field.hint and field.kind not in ("flag", "choice"):
        question["hint"] = plain(field.hint, limits.HINT)
    if field.refreshes:
        question["dispatch_action"] = True
    blocks = [question]
    if field.error:
        blocks.append(context(escape(say(words, "failed", sentence=field.error))))
    if _is_text(field) and len(field.value) > limits.INPUT_VALUE:
        blocks.append(context(escape(say(words, "value_clipped", limit=limits.INPUT_VALUE))))
    return blocks


def _build_element(field: FormField, words: Templates) -> dict[str, Any]:
    if field.kind == "flag":
        ticked = option(say(words, "yes"), TICKED)
        element: dict[str, Any] = {"type": "checkboxes", "action_id": VALUE, "options": [ticked]}
        return element | {"initial_options": [ticked]} if field.value.lower() in TRUE else element
    if not _is_text(field):
        return _build_select(field, words)
    element = {
        "type": "plain_text_input",
        "action_id": VALUE,
        "multiline": field.kind == "lines",
        "max_length": limits.INPUT_VALUE,
    }
    if field.value.strip():
        element["initial_value"] = field.value[: limits.INPUT_VALUE]
    return element


def _is_text(field: FormField) -> bool:
    return field.kind in ("text", "lines") or (field.kind != "flag" and not build_options(field.choices))


def _build_select(field: FormField, words: Templates) -> dict[str, Any]:
    options = build_options(field.choices)
    chosen = next((one for one in options if one["value"] == field.value), None)
    most = WHOLE_LIST if field.kind == "suggest" else limits.SELECT_OPTIONS
    if chosen is None and field.kind == "suggest" and field.value and not field.error:
        typed = build_options([Choice(field.value, field.value)])
        options, chosen = [*options, *typed], next(iter(typed), None)
    element: dict[str, Any] = {"action_id": VALUE}
    if len(field.choices) > most:
        element |= {
            "type": "external_select",
            "min_query_length": 0,
            "placeholder": _placeholder(words, "find"),
        }
    else:
        element |= {"type": "static_select", "options": options, "placeholder": _placeholder(words, "choose")}
    return element | {"initial_option": chosen} if chosen else element


def _placeholder(words: Templates, name: str) -> dict[str, Any]:
    return plain(say(words, name), limits.PLACEHOLDER)


def _read_element(element: Mapping[str, Any]) -> str:
    if "selected_options" in element:
        return ",".join(one["value"] for one in element["selected_options"] or [])
    if "selected_option" in element:
        return str((element["selected_option"] or {}).get("value", ""))
    return str(element.get("value") or "")
