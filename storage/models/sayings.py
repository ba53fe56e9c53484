"""What people said in the rooms of an incident that has several, and where each copy of it stands."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Model


class Saying(Model):
    """A message that a person wrote in one room of an incident, to be shown in its other rooms. It is known by where it
    stands: (platform, channel, message)."""

    __tablename__ = "saying"
    __table_args__ = (
        UniqueConstraint("platform", "channel", "message"),
        Index("ix_saying_incident", "incident_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"))
    platform: Mapped[str] = mapped_column(String(16))
    channel: Mapped[str] = mapped_column(String(64))
    message: Mapped[str] = mapped_column(String(64))
    thread: Mapped[str] = mapped_column(String(64), default="")
    """The message that it answers, as its own platform says it."""
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("saying.id", ondelete="SET NULL"))
    """The saying at the head of that thread, if it is one."""
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    author: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text, default="")
    """Plain words, as they were said."""
    files: Mapped[list[Any]] = mapped_column(default=list)
    """[{"name", "address", "mime", "size"}, ...]"""
    permalink: Mapped[str] = mapped_column(Text, default="")
    sent_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class SayingCopy(Model):
    """Where a saying is shown in another room, and the digest of what is shown there."""

    __tablename__ = "saying_copy"
    __table_args__ = (Index("ix_saying_copy_address", "platform", "channel", "address"),)

    saying_id: Mapped[int] = mapped_column(ForeignKey("saying.id", ondelete="CASCADE"), primary_key=True)
    platform: Mapped[str] = mapped_column(String(16), primary_key=True)
    channel: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(24))
