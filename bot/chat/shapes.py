"""The shape of commands, for platforms that want to know beforehand what can be typed: names, options, choices.

Plain values; `bot/chat/command_shapes.py` makes them from the commands.
"""

from dataclasses import dataclass

from bot.chat.form import Choice


@dataclass(frozen=True)
class OptionShape:
    """One argument of a command. `kind` is text, choice, suggest or flag; `suggests` says that what fits can be asked for
    while it is typed."""

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    choices: tuple[Choice, ...] = ()
    suggests: bool = False
    many_lines: bool = False
    hint: str = ""


@dataclass(frozen=True)
class CommandShape:
    """One command: its path (`incident update`), what it is for, its options, what it is about (`incident` or nothing)."""

    path: str
    summary: str
    options: tuple[OptionShape, ...] = ()
    about: str = ""
