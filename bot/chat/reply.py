"""The answer to a command, for the eyes of the person who gave it."""

from dataclasses import dataclass, field
from typing import Any

from bot.chat.card import Card
from bot.chat.form import Form
from bot.errors import Problem


@dataclass(frozen=True)
class Reply:
    """What only the actor sees: markup, perhaps a card, a form still to fill in, or a page to go to.

    A command gives `words`, the name of a template under `templates/replies/`, and its `data`; the registry renders it.
    """

    words: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    text: str = ""
    card: Card | None = None
    form: Form | None = None
    go_to: str = ""
    failed: bool = False
    problem: Problem | None = None
    """Why it failed, for programs; `text` says the same to people."""
    repeated: bool = False
    """The platform delivered the same thing twice: it is done already, and there is nothing to say."""
