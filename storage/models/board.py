"""What the Room, as a chat server, keeps: channels and messages. Only the Room's platform and pages use it."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Model


class BoardChannel(Model):
    """A place for messages. `kind` is incident, standing (announcements, ops) or direct (one person's own)."""

    __tablename__ = "board_channel"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(12))
    topic: Mapped[str] = mapped_column(Text, default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    pinned_id: Mapped[int | None]
    archived_at: Mapped[datetime | None]


class BoardMessage(Model):
    """A message. `author_id` is None for the bot. `card` is a neutral card or empty; `text` is neutral markup when the
    bot wrote it and plain words when a person did. `change` grows over all messages with each change, so that a page
    can ask what is new."""

    __tablename__ = "board_message"
    __table_args__ = (
        Index("ix_board_message_change", "channel_id", "change"),
        Index("ix_board_message_channel", "channel_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("board_channel.id", ondelete="CASCADE"))
    key: Mapped[str | None] = mapped_column(String(120), unique=True)
    """Idempotency key of the sender: a post repeated after a crash finds its first copy."""
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    author: Mapped[str] = mapped_column(String(120), default="")
    """Whose words the bot passes on from another platform, and from which: `origin`. Empty for all others."""
    origin: Mapped[str] = mapped_column(String(16), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    card: Mapped[dict[str, Any]] = mapped_column(default=dict)
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("board_message.id"))
    reactions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """{"pushpin": [user id, ...]}"""
    sent_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    """It was taken away: its words are gone, and open pages learn by `change` to leave it out."""
    change: Mapped[int] = mapped_column(default=0)
