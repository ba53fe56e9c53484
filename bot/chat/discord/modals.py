"""Forms as Discord's modals, and back: what a person filled in, by field name.

A modal holds five questions. Those that are wrong, have to be answered or hold something come first; what is left out is
named under the last one, and people give it in the command line. The `custom_id` carries that line
(`form:/incident update INC-7`), with what a question that is left out already holds. Discord can't show errors in a modal
that was sent: they are told in a message with a button that opens the form again.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.chat.clip import clip
from bot.chat.discord import limits
from bot.chat.discord.components import FORM, build_retry
from bot.chat.discord.embeds import Rendered
from bot.chat.discord.limits import clip_markdown
from bot.chat.discord.markdown import escape, render_markdown
from bot.chat.form import Choice, Form, FormField
from bot.chat.templates import Templates
from bot.chat.words import say

Json = dict[str, Any]
ROW, SELECT, INPUT, TEXT, LABEL = 1, 3, 4, 10, 18
SHORT, PARAGRAPH = 1, 2
TRUE = ("yes", "true", "on", "1", "y")
ABOUT = "#"
"""Stands before the number of a message at the end of a line."""
MIN_NUMBER = 14
"""Discord's numbers are longer."""
TOKEN = re.compile(r"^[0-9a-f]{8}(?=/)")
WHOLE_LIST = 19
"""Suggestions come at most 20 at a time. A shorter list is all there is; else people type."""


def build_modal(form: Form, words: Templates, about: str = "") -> Json:
    """A form as a modal; `about` is the number of the message that it is about, which it carries."""
    shown, hidden = _divide(form)
    parts = [_build_question(field, words) for field in shown]
    if not parts or (form.note.strip() and len(parts) < limits.MODAL_COMPONENTS):
        note = escape(form.note.strip() or form.title.strip()) or "–"
        parts.insert(0, {"type": TEXT, "content": clip_markdown(note, limits.INPUT_VALUE)})
    elif form.note.strip():
        parts[0].setdefault("description", clip(form.note.strip(), limits.DESCRIPTION))
    if hidden:
        names = [field.name for field in hidden]
        parts[-1].setdefault("description", clip(say(words, "left_out", names=names), limits.DESCRIPTION))
    title = f"{form.title} · {form.target}" if form.target else form.title
    return {
        "custom_id": FORM + _build_line(form, hidden, ABOUT + about if about else ""),
        "title": _clip_title(title if len(title) <= limits.MODAL_TITLE else form.title),
        "components": parts,
    }


def render_form_again(form: Form, token: str, words: Templates) -> Rendered:
    """What is wrong with a form that was sent, and a button that opens it again. `token` is what the form and its values are
    kept by, at most 95 characters."""
    sentences = [form.note] if form.note else []
    sentences += [
        words.render_sentence("forms/chat", "wrong_at", label=field.label, error=field.error)
        for field in form.fields
        if field.error
    ]
    head = words.render_sentence("forms/chat", "not_sent", title=form.title)
    marked = words.render_sentence("forms/chat", "failed", sentence="")
    text = "\n\n".join(render_markdown(part, masked=False) for part in (f"{marked} {head}", *sentences))
    return Rendered(clip_markdown(text, limits.CONTENT), components=tuple(build_retry(token, words)))


def _clip_title(title: str) -> str:
    return clip(title.strip(), limits.MODAL_TITLE) or "–"


def build_token(number: str, form: Form, about: str) -> str:
    """What the button that opens a form again carries: a number by which it is kept, and its command line, for when it is
    kept no more."""
    tail = ABOUT + about if about else ""
    line = " ".join(part for part in (f"/{form.command}", form.target) if part)
    return f"{number}{line}"[: limits.CUSTOM_ID - len(FORM) - len(tail)] + tail


def read_form(data: Mapping[str, Any]) -> tuple[str, str]:
    """The command line that a sent modal runs with its values, and the message that it is about; empty when the modal is
    none of ours."""
    name = str(data.get("custom_id", ""))
    return read_token(name.removeprefix(FORM)) if name.startswith(FORM) else ("", "")


def read_token(token: str) -> tuple[str, str]:
    """The command line that a modal or a button carries, and the message that it is about."""
    line, sign, about = TOKEN.sub("", token).rpartition(ABOUT)
    return (
        (line, about) if sign and about.isdigit() and len(about) > MIN_NUMBER else (TOKEN.sub("", token), "")
    )


def read_values(data: Mapping[str, Any]) -> dict[str, str]:
    """What a person filled in, by field name; empty where they left it so."""
    values: dict[str, str] = {}
    for part in data.get("components") or ():
        inner = [part["component"]] if part.get("component") else part.get("components") or ()
        for one in inner:
            if "custom_id" in one:
                chosen = one.get("values")
                values[one["custom_id"]] = (
                    ",".join(chosen) if chosen is not None else str(one.get("value") or "")
                )
    return values


def _divide(form: Form) -> tuple[list[FormField], list[FormField]]:
    """The questions that there is room for, and the others; both in the order of the form."""

    def rank(field: FormField) -> tuple[bool, bool, int]:
        # What is long has to be shown: the line that carries the others is short.
        return not field.error, not field.required, -len(field.value)

    first = sorted(form.fields, key=rank)[: limits.MODAL_COMPONENTS]
    return [one for one in form.fields if one in first], [one for one in form.fields if one not in first]


def _build_line(form: Form, hidden: Sequence[FormField], tail: str) -> str:
    """The command line of a form, with what was given already and is not asked for."""
    line = " ".join(part for part in (f"/{form.command}", form.target) if part)
    for field in hidden:
        value = " ".join(field.value.replace('"', "'").split())
        given = f' {field.name}:"{value}"' if re.search(r"\s", value) else f" {field.name}:{value}"
        if value and len(FORM + line + given + tail) <= limits.CUSTOM_ID:
            line += given
    return line[: limits.CUSTOM_ID - len(FORM) - len(tail)] + tail


def _build_question(field: FormField, words: Templates) -> Json:
    """A question, and under it what is wrong with what was typed before the form opened."""
    question: Json = {"type": LABEL, "label": clip(field.label.strip(), limits.LABEL) or "–"}
    about = say(words, "failed", sentence=field.error) if field.error else ""
    if len(field.value) > limits.INPUT_VALUE and not about:
        about = say(words, "value_clipped", limit=limits.INPUT_VALUE)
    if about:
        question["description"] = clip(about, limits.DESCRIPTION)
    return question | {"component": _build_element(field, words)}


def _build_element(field: FormField, words: Templates) -> Json:
    options = _build_options(field, words)
    if options:
        element: Json = {
            "type": SELECT,
            "custom_id": field.name,
            "placeholder": clip(say(words, "choose"), limits.PLACEHOLDER),
            "required": field.required and field.kind != "flag",
            "options": options,
        }
        return element if element["required"] else element | {"min_values": 0}
    element = {
        "type": INPUT,
        "custom_id": field.name,
        "style": PARAGRAPH if field.kind == "lines" else SHORT,
        "required": field.required,
        "max_length": limits.INPUT_VALUE,
    }
    if field.hint.strip():
        element["placeholder"] = clip(field.hint.strip(), limits.INPUT_PLACEHOLDER)
    if field.value.strip():
        element["value"] = field.value[: limits.INPUT_VALUE]
    return element


def _build_options(field: FormField, words: Templates) -> list[Json]:
    """The options of a select; none where people type."""
    choices = field.choices
    if field.kind == "flag":
        choices = choices or (Choice("no", say(words, "no")), Choice("yes", say(words, "yes")))
        is_yes = field.value.lower() in TRUE
        return _list_options(choices, ("yes" if is_yes else "no") if field.value else "")
    most = {"choice": limits.SELECT_OPTIONS, "suggest": WHOLE_LIST}.get(field.kind, 0)
    if not choices or len(choices) > most:
        return []
    known = {choice.value for choice in choices}
    if field.kind == "suggest" and field.value and not field.error and field.value not in known:
        choices = (*choices, Choice(field.value, field.value))
    return _list_options(choices, field.value)


def _list_options(choices: Sequence[Choice], chosen: str) -> list[Json]:
    """Each value once, and none that Discord can't carry."""
    usable: dict[str, Choice] = {}
    for choice in choices:
        if choice.value.strip() and len(choice.value) <= limits.OPTION_VALUE:
            usable.setdefault(choice.value, choice)
    return [
        {"label": clip(one.label.strip(), limits.OPTION_LABEL) or "–", "value": one.value}
        | ({"default": True} if one.value == chosen else {})
        for one in usable.values()
    ]
