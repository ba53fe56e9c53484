"""What passes between a person and the bot: each command, click, typing and form, and how the bot answers it.

A token lets the bot answer: for the first answer it has `patience` seconds, for all others `token_life` seconds.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field

from tests.patience import ANSWER_SECONDS
from tests.platforms.discord.showing import find_texts
from tests.platforms.discord.things import Channel, Json, Member, Message

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5


@dataclass(eq=False)
class Modal:
    """A form that a person has open."""

    body: Json
    user: Member
    channel: Channel
    message: Message | None = None
    opened_by: Json = field(default_factory=dict)
    is_closed: bool = False

    @property
    def custom_id(self) -> str:
        return str(self.body["custom_id"])

    @property
    def title(self) -> str:
        return str(self.body["title"])

    @property
    def words(self) -> str:
        """Every text that a person sees in it, in order, one per line."""
        return "\n".join([self.title, *find_texts(self.body["components"])])


@dataclass(eq=False)
class Interaction:
    """One thing that a person did, and all answers to it."""

    id: str
    type: int
    user: Member
    channel: Channel
    data: Json
    source: Message | None = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    at: float = field(default_factory=time.monotonic)
    answers: list[Json] = field(default_factory=list)
    first_answer_seconds: float | None = None
    deferred: bool = False
    ephemeral: bool = False
    modal: Modal | None = None
    message: Message | None = None
    follow_ups: list[Message] = field(default_factory=list)
    choices: list[Json] = field(default_factory=list)
    kind: int | None = None
    opened_by: Json = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def metadata(self) -> Json:
        """How messages that answer it name it."""
        about: Json = {"id": self.id, "type": self.type, "authorizing_integration_owners": {}}
        about["user"] = self.user.to_user()
        if self.type == COMPONENT and self.source is not None:
            about["interacted_message_id"] = self.source.id
        if self.type == MODAL:
            about["triggering_interaction_metadata"] = self.opened_by
        return about

    @property
    def ok(self) -> bool:
        """Whether the bot answered in time; otherwise the person is told that it did not respond."""
        return self.first_answer_seconds is not None

    @property
    def words(self) -> str:
        """What the person reads in all answers."""
        shown = [one for one in (self.message, *self.follow_ups) if one is not None and not one.is_deleted]
        return "\n".join([one.words for one in shown] + ([self.modal.words] if self.modal else []))

    def note(self, answer: Json) -> None:
        """Keep an answer, and wake who waits for it."""
        self.answers.append(answer)
        if self.first_answer_seconds is None:
            self.first_answer_seconds = time.monotonic() - self.at
        self._changed.set()

    async def wait(self, seconds: float, count: int = 1) -> bool:
        """Wait for so many answers; False when they did not come."""
        until = time.monotonic() + seconds
        while len(self.answers) < count:
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), max(0.0, until - time.monotonic()))
            except TimeoutError:
                return False
        return True

    async def settle(self, seconds: float) -> None:
        """Wait until the bot no longer shows that it thinks."""
        until = time.monotonic() + seconds
        while self.message is not None and self.message.is_loading and not self.message.is_deleted:
            if not await self.wait(until - time.monotonic(), len(self.answers) + 1):
                return


@dataclass
class Interactions:
    """Every interaction by its id and by its token, and how long the bot may take."""

    patience: float = ANSWER_SECONDS
    token_life: float = 900.0
    by_id: dict[str, Interaction] = field(default_factory=dict)
    by_token: dict[str, Interaction] = field(default_factory=dict)
    modals: dict[str, Modal] = field(default_factory=dict)

    def add(self, interaction: Interaction) -> None:
        self.by_id[interaction.id] = interaction
        self.by_token[interaction.token] = interaction

    def is_late(self, interaction: Interaction) -> bool:
        """Whether the time of the first answer is over."""
        return time.monotonic() - interaction.at > self.patience

    def is_over(self, interaction: Interaction) -> bool:
        """Whether the token is worth nothing any more."""
        return time.monotonic() - interaction.at > self.token_life
