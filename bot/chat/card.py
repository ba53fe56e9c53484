"""A card: a message that shows current state and is edited in place. Plain values that each platform translates.

A card's words are in a template under `templates/cards/`, one line each, so that an operator can change them:

    # INC-71 · Payment portal slow            the title
    @tone P1                                  colour and shape: P1..P5, resolved, quiet
    @url https://…                            where the title leads
    @counter Impact duration | from | until   ticks by itself; `until` empty while it runs
    Status: Investigating                     a field
    any other line                            the body, in markup
    [Acknowledge](/incident ack INC-71) !primary
    [Resolve](/incident resolve INC-71) !menu !confirm

A button carries the command it runs. Values put into the template are escaped, so they can't forge a line.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from bot.chat.markup import unescape

BUTTON = re.compile(
    r"^\[(?P<label>(?:\\.|[^\]\\])+)\]\((?P<command>(?:\\.|[^)\\])+)\)(?P<flags>(?: ![a-z]+)*)$"
)
FIELD = re.compile(r"^(?P<label>[A-Z][\w ]{0,30}): (?P<value>.+)$")


@dataclass(frozen=True)
class Field:
    """A labelled value in markup. With `since` it is a counter that ticks until `until`."""

    label: str
    value: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Button:
    """Runs `command` (or opens a URL) as the person who clicks. In `menu`, it hides behind "…"; `confirm` asks once."""

    label: str
    command: str
    style: str = ""
    menu: bool = False
    confirm: bool = False

    @property
    def is_link(self) -> bool:
        return self.command.startswith("http")


@dataclass(frozen=True)
class Card:
    title: str
    tone: str = "quiet"
    url: str = ""
    fields: tuple[Field, ...] = ()
    body: str = ""
    buttons: tuple[Button, ...] = ()

    def pack(self) -> dict[str, object]:
        """As JSON-ready values, for storing and for the API."""
        return dict(msgspec.to_builtins(self))

    @staticmethod
    def unpack(values: dict[str, object]) -> "Card":
        return msgspec.convert(values, Card)

    def without_buttons(self) -> "Card":
        return replace(self, buttons=())


def parse_card(text: str) -> Card:
    """Read a rendered card template; see the module's text for its lines."""
    title, marks, fields, buttons, body = "", {"tone": "quiet", "url": ""}, [], [], []
    for line in text.strip().splitlines():
        line = line.strip()
        button, field = BUTTON.match(line), FIELD.match(line)
        if line.startswith("# "):
            title = unescape(line[2:].strip())
        elif line.startswith("@counter "):
            fields.append(_parse_counter(line.removeprefix("@counter ")))
        elif line.startswith("@"):
            name, _, value = line[1:].partition(" ")
            marks[name] = unescape(value.strip())
        elif button:
            flags = button["flags"].split()
            style = next((flag[1:] for flag in flags if flag in ("!primary", "!danger")), "")
            buttons.append(
                Button(
                    unescape(button["label"]),
                    unescape(button["command"]),
                    style,
                    "!menu" in flags,
                    "!confirm" in flags,
                )
            )
        elif field:
            fields.append(Field(field["label"], field["value"]))
        else:
            body.append(line)
    return Card(title, marks["tone"], marks["url"], tuple(fields), "\n".join(body).strip(), tuple(buttons))


def _parse_counter(text: str) -> Field:
    label, since, until = (part.strip() for part in (unescape(text) + "||").split("|")[:3])
    start = datetime.fromisoformat(since)
    return Field(label, "", start, datetime.fromisoformat(until) if until else None)
