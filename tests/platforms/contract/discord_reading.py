"""What people read in Discord: its Markdown as it is shown, cards, buttons, forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.platforms.contract.stage import NotPossible, OpenForm
from tests.platforms.discord import Member, Message, Modal
from tests.platforms.discord.showing import SELECTS, walk

WARNING = "⚠️"
BUTTON, LINK = 2, 5
TOKEN = re.compile(
    r"```(?P<block>.*?)```|`(?P<code>[^`\n]+)`"
    r"|\\(?P<sign>[^\w\s]|_)"
    r"|<@!?(?P<user>\d+)>|<#(?P<channel>\d+)>|<t:(?P<moment>\d+)(?::\w)?>|<(?P<bare>https?://[^<>\s]+)>"
    r"|\[(?P<label>(?:\\.|[^\]\\])*)\]\((?P<url>[^)\s]*)\)",
    re.DOTALL,
)
MARKS = re.compile(r"\*\*|__|~~|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)")
STARTS = re.compile(r"^(?:#{1,3} |> |-# )", re.MULTILINE)
UNSEEN = str.maketrans({"\u2060": "", "\u200b": ""})
FIRST_SIGN = 0xE000


def read_markdown(text: str, names: Mapping[str, str]) -> str:
    """A text as it is shown; `names` are those of people and channels by id."""
    kept: list[str] = []

    def keep(shown: str) -> str:
        kept.append(shown)
        return chr(FIRST_SIGN + len(kept) - 1)

    def show(found: re.Match[str]) -> str:
        if found["label"] is not None:
            return keep(read_markdown(found["label"], names))
        if found["user"] or found["channel"]:
            prefix, number = ("@", found["user"]) if found["user"] else ("#", found["channel"])
            return keep(prefix + names.get(number, number))
        return keep(
            next(
                found[name] for name in ("block", "code", "sign", "moment", "bare") if found[name] is not None
            )
        )

    shown = STARTS.sub("", MARKS.sub("", TOKEN.sub(show, text)))
    shown = "".join(
        kept[ord(sign) - FIRST_SIGN] if FIRST_SIGN <= ord(sign) < FIRST_SIGN + len(kept) else sign
        for sign in shown
    )
    return shown.translate(UNSEEN)


def texts_of(message: Message, names: Mapping[str, str]) -> list[str]:
    """What stands in a message, in order of reading."""
    texts = [message.content]
    for embed in message.embeds:
        texts += [embed.get("title", ""), embed.get("description", "")]
        texts += [f"{field['name']}: {field['value']}" for field in embed.get("fields", [])]
        texts.append((embed.get("footer") or {}).get("text", ""))
    return [read_markdown(text, names) for text in texts if text]


def title_of(message: Message, names: Mapping[str, str]) -> str:
    """The title of its card; of a message without one, its first line."""
    titles = [embed["title"] for embed in message.embeds if embed.get("title")]
    shown = read_markdown(titles[0], names) if titles else "\n".join(texts_of(message, names))
    return shown.splitlines()[0] if shown else ""


def labels_of(message: Message) -> dict[str, dict[str, Any]]:
    """What can be pressed or chosen, by its label, each with its button or select."""
    found: dict[str, dict[str, Any]] = {}
    for one in walk(message.components):
        if one["type"] == BUTTON and one["style"] != LINK:
            found[one["label"]] = one
        elif one["type"] in SELECTS:
            found |= {option["label"]: one for option in one.get("options", [])}
    return found


def find_component(message: Message, label: str) -> dict[str, Any]:
    labels = labels_of(message)
    if label not in labels:
        raise NotPossible(f"There is no button {label!r}, only {list(labels)}")
    return labels[label]


def only_button(message: Message, prefix: str) -> str:
    """The label of a message's only button, when it does what `prefix` says; empty otherwise."""
    labels = labels_of(message)
    if len(labels) != 1 or message.embeds:
        return ""
    ((label, button),) = labels.items()
    return label if button.get("custom_id", "").startswith(prefix) else ""


def read_form(modal: Modal) -> OpenForm:
    """A modal's questions with what stands in them; what is wrong with one stands below its name."""
    values, errors = {}, {}
    for part in modal.body["components"]:
        element = part.get("component")
        if element is None:
            continue
        name = element["custom_id"]
        chosen = [one["value"] for one in element.get("options", []) if one.get("default")]
        values[name] = ",".join(chosen) if "options" in element else str(element.get("value") or "")
        if str(part.get("description", "")).startswith(WARNING):
            errors[name] = part["description"]
    return OpenForm(modal.title, values, errors, "Submit")


def mention_people(text: str, people: Mapping[str, Member]) -> str:
    """A text in which `@kate` is the person of this name, as Discord's client makes it."""

    def show(found: re.Match[str]) -> str:
        member = people.get(found[1].lower())
        return member.mention if member is not None else found[0]

    return re.sub(r"(?<![\w<])@([\w-]+)", show, text)
