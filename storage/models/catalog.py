"""What the organisation looks like: teams, their people, services, and the integrations that send alerts."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Model


class Team(Model):
    """A group that owns services and answers alerts. `policy_id` is whom its alerts escalate to."""

    __tablename__ = "team"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    policy_id: Mapped[int | None]
    platforms: Mapped[list[Any]] = mapped_column(default=list)
    """The chat platforms on which its incidents have a room, beside the Room itself; empty for all that are on."""
    holidays: Mapped[str] = mapped_column(String(64), default="")
    """Where its people have public holidays, unless they said so themselves; empty for nowhere."""
    holidays_origin: Mapped[str] = mapped_column(String(12), default="")
    """Who said so: file or room; empty when nobody did."""
    active: Mapped[bool] = mapped_column(default=True)
    origin: Mapped[str] = mapped_column(String(12), default="room")


class Member(Model):
    """A person in a team."""

    __tablename__ = "member"

    team_id: Mapped[int] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)


class Service(Model):
    """A thing that can be impacted. `tier` 1 is the most important."""

    __tablename__ = "service"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    tier: Mapped[int] = mapped_column(default=3)
    description: Mapped[str] = mapped_column(Text, default="")
    runbook: Mapped[str] = mapped_column(Text, default="")
    active: Mapped[bool] = mapped_column(default=True)
    origin: Mapped[str] = mapped_column(String(12), default="room")


class Dependency(Model):
    """`service_id` needs `needs_id` to work."""

    __tablename__ = "dependency"

    service_id: Mapped[int] = mapped_column(ForeignKey("service.id", ondelete="CASCADE"), primary_key=True)
    needs_id: Mapped[int] = mapped_column(ForeignKey("service.id", ondelete="CASCADE"), primary_key=True)


class Change(Model):
    """A deployment or another change to a service, as a sender told it. The same (integration, key) again moves it on."""

    __tablename__ = "change"
    __table_args__ = (
        UniqueConstraint("integration_id", "key"),
        Index("ix_change_service", "service_id", "started_at"),
        Index("ix_change_started", "started_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    integration_id: Mapped[int | None] = mapped_column(ForeignKey("integration.id"))
    key: Mapped[str] = mapped_column(String(255))
    kind: Mapped[str] = mapped_column(String(24))
    """deployment, release, push, pipeline, config or other."""
    state: Mapped[str] = mapped_column(String(16))
    """started, succeeded, failed or cancelled."""
    title: Mapped[str] = mapped_column(String(512))
    description: Mapped[str] = mapped_column(Text, default="")
    service_name: Mapped[str] = mapped_column(String(200), default="")
    service_id: Mapped[int | None] = mapped_column(ForeignKey("service.id"))
    environment: Mapped[str] = mapped_column(String(120), default="")
    revision: Mapped[str] = mapped_column(String(255), default="")
    author: Mapped[str] = mapped_column(String(200), default="")
    url: Mapped[str] = mapped_column(Text, default="")
    links: Mapped[list[Any]] = mapped_column(default=list)
    commits: Mapped[list[Any]] = mapped_column(default=list)
    """[{"id": ..., "message": ..., "author": ..., "url": ..., "files": [...]}], the newest last."""
    labels: Mapped[dict[str, Any]] = mapped_column(default=dict)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Integration(Model):
    """A configured sender. Only the SHA-256 of its key is kept; `settings` is the source's own (a field mapping)."""

    __tablename__ = "integration"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    source: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    active: Mapped[bool] = mapped_column(default=True)
    origin: Mapped[str] = mapped_column(String(12), default="room")
    created_at: Mapped[datetime]
    last_signal_at: Mapped[datetime | None]


class CatalogVersion(Model):
    """One row, whose number triggers count up when a team, a service, a rule, a silence or an integration changes."""

    __tablename__ = "catalog_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
