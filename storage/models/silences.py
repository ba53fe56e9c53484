"""What keeps alerts quiet for a while: silences, and maintenance with its windows."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Model


class Silence(Model):
    """A time in which matching alerts page nobody and open no incident: a silence, or (with `maintenance_id`) one window of
    a maintenance. It is pending, active or over by its times alone; ending it early moves `ends_at`.

    `matchers` is [{"name", "operation": is | is_not | matches | not_matches, "value"}], all or any of which must hold
    (`match`); none at all is everything. `integration_id` keeps it to the alerts of one sender.
    """

    __tablename__ = "silence"
    __table_args__ = (Index("ix_silence_ends", "ends_at", "starts_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    match: Mapped[str] = mapped_column(String(4), default="all")
    matchers: Mapped[list[Any]] = mapped_column(default=list)
    integration_id: Mapped[int | None] = mapped_column(ForeignKey("integration.id"))
    maintenance_id: Mapped[int | None] = mapped_column(ForeignKey("maintenance.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    creator_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    creator_name: Mapped[str] = mapped_column(String(120))
    comment: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """When somebody ended it early."""
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    ended_name: Mapped[str] = mapped_column(String(120), default="")


class Maintenance(Model):
    """Planned work on services, of teams or senders, or on everything (no targets): once, or again and again until a day.

    `targets` are matchers of services, teams and senders, any of which must hold; `rule` is an RFC 5545 RRULE, read in
    `zone`, empty for once; `length` is in seconds. Each window is a row of `silence`. One of the configuration file has its
    `slug` there, and is `active` while the file has it.
    """

    __tablename__ = "maintenance"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str | None] = mapped_column(String(64), index=True, unique=True)
    name: Mapped[str] = mapped_column(String(200))
    targets: Mapped[list[Any]] = mapped_column(default=list)
    starts_at: Mapped[datetime]
    length: Mapped[int]
    rule: Mapped[str] = mapped_column(String(300), default="")
    zone: Mapped[str] = mapped_column(String(64), default="UTC")
    until: Mapped[datetime]
    """No window begins after this."""
    creator_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    creator_name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """When it was over for good: its last window ended, or somebody ended it."""
    active: Mapped[bool] = mapped_column(default=True)
    origin: Mapped[str] = mapped_column(String(12), default="room")
