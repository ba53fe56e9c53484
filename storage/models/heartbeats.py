"""Heartbeats: senders that ping at regular times, and whose silence is an alert."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Model
from storage.words import HeartbeatStatus, Priority


class Heartbeat(Model):
    """Something that pings at least every `interval` seconds. Its first ping arms it: from then on silence is an alert with
    the alias `heartbeat:<slug>`. Only the SHA-256 of its key is kept."""

    __tablename__ = "heartbeat"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    interval: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    key_from: Mapped[str] = mapped_column(String(500), default="")
    """The variable or file outside that holds its key; empty when it was made here."""
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    service_id: Mapped[int | None] = mapped_column(ForeignKey("service.id"))
    priority: Mapped[Priority] = mapped_column(default=Priority.P2)
    message: Mapped[str] = mapped_column(String(512), default="")
    """The title of its alert; empty for the usual one."""
    tags: Mapped[list[Any]] = mapped_column(default=list)
    active: Mapped[bool] = mapped_column(default=True)
    """Whether it is watched. One that is not still takes pings."""
    status: Mapped[HeartbeatStatus] = mapped_column(default=HeartbeatStatus.WAITING)
    last_ping_at: Mapped[datetime | None]
    origin: Mapped[str] = mapped_column(String(12), default="room")
    created_at: Mapped[datetime]

    @property
    def armed(self) -> bool:
        """Whether a ping has come since it was made or switched on."""
        return self.status is not HeartbeatStatus.WAITING
