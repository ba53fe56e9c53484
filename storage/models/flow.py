"""How things move: the outbox, the timers, and small facts about this installation."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Model
from storage.words import OutboxState


class OutboxRow(Model):
    """A thing to show or send: a stream, a kind and a subject, never rendered text. Within a stream, order holds."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_stream", "state", "stream", "id"),
        Index(
            "uq_outbox_coalesce",
            "stream",
            "kind",
            "subject",
            unique=True,
            sqlite_where=text("state = 'pending' AND coalesce_row"),
            postgresql_where=text("state = 'pending' AND coalesce_row"),
        ),
        Index(
            "ix_outbox_away",
            "away_since",
            sqlite_where=text("away_since IS NOT NULL"),
            postgresql_where=text("away_since IS NOT NULL"),
        ),
        # What may go, in its order, and what waits for its time: the delivery loop asks for both all the time.
        Index(
            "ix_outbox_alive",
            "attempts",
            "id",
            sqlite_where=text("state IN ('pending', 'sending')"),
            postgresql_where=text("state IN ('pending', 'sending')"),
        ),
        Index(
            "ix_outbox_later",
            "not_before",
            sqlite_where=text("not_before != created_at"),
            postgresql_where=text("not_before != created_at"),
        ),
        # The id is the idempotency key for the other side, so SQLite must never give one out twice.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    coalesce_row: Mapped[bool] = mapped_column(default=False)
    patient: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether all that want it can wait until its time has come."""
    state: Mapped[OutboxState] = mapped_column(default=OutboxState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    not_before: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    leased_by: Mapped[str | None] = mapped_column(String(40))
    maybe_sent: Mapped[bool] = mapped_column(default=False)
    """True from the claim on, until it is certain that the other side did not take it, in this attempt or one before: the
    next attempt looks first."""
    error: Mapped[str] = mapped_column(Text, default="")
    away_since: Mapped[datetime | None]
    """Since when the other side does not answer this row; empty again for the whole lane once it answers any of them."""


class Arrival(Model):
    """Something that a platform may deliver twice (a click, a command, a form), by its id there. Kept for an hour."""

    __tablename__ = "arrival"

    key: Mapped[str] = mapped_column(String(160), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)


class Lease(Model):
    """What one replica at a time does, by name, and until when it is this one's, by the clock of the database."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner: Mapped[str] = mapped_column(String(40))
    until: Mapped[datetime]


class Timer(Model):
    """A thing to do later. One row per (kind, subject): planning again moves it."""

    __tablename__ = "timer"
    __table_args__ = (UniqueConstraint("kind", "subject"), Index("ix_timer_due", "due_at", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80))
    due_at: Mapped[datetime]
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")


class Fact(Model):
    """A small fact about this installation: addresses of the standing rooms, secrets made at first start."""

    __tablename__ = "fact"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
