"""Alerts, and what they came from."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Model
from storage.words import AlertStatus, Priority


class Alert(Model):
    """What deduplicated signals become. At most one open alert per (integration, alias); `id` is the tiny id that
    people type, `uid` the one that machines use."""

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "uq_alert_open_alias",
            "integration_id",
            "alias",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
        Index("ix_alert_status", "status", "id"),
        Index("ix_alert_incident", "incident_id", "status"),
        Index("ix_alert_alias", "alias", "integration_id"),
        Index("ix_alert_team", "team_id", "first_at"),
        Index(
            "ix_alert_held",
            "held_until",
            sqlite_where=text("status = 'open' AND held_by <> ''"),
            postgresql_where=text("status = 'open' AND held_by <> ''"),
        ),
        Index(
            "ix_alert_old",
            "closed_at",
            sqlite_where=text("status = 'closed' AND incident_id IS NULL"),
            postgresql_where=text("status = 'closed' AND incident_id IS NULL"),
        ),
        {"postgresql_with": {"fillfactor": 70}},  # room for the versions that counting repeats makes
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id"))
    alias: Mapped[str] = mapped_column(String(512))
    title: Mapped[str] = mapped_column(String(512))
    description: Mapped[str] = mapped_column(Text, default="")
    priority: Mapped[Priority] = mapped_column(default=Priority.P3)
    status: Mapped[AlertStatus] = mapped_column(default=AlertStatus.OPEN)
    count: Mapped[int] = mapped_column(default=1)
    source: Mapped[str] = mapped_column(String(120), default="")
    labels: Mapped[dict[str, Any]] = mapped_column(default=dict)
    links: Mapped[list[Any]] = mapped_column(default=list)
    """[{"title": ..., "url": ...}]: graph, runbook, sender."""
    images: Mapped[list[Any]] = mapped_column(default=list)
    """Shaped like `links`."""
    tags: Mapped[list[Any]] = mapped_column(default=list)
    entity: Mapped[str] = mapped_column(String(512), default="")
    responders: Mapped[list[Any]] = mapped_column(default=list)
    """[{"type": "user" | "team" | "schedule" | "policy", "id": ..., "name": ...}]: whom the sender or a rule names
    instead of the team; with "added": True those whom somebody called in beside."""
    actions: Mapped[list[Any]] = mapped_column(default=list)
    """Names of custom actions that the sender offers."""
    payload_id: Mapped[int | None]
    """The raw payload that opened it, while that is kept."""
    said: Mapped[dict[str, Any] | None]
    """{"priority": "P2", "service": ..., "team": ..., "user": ..., "payload": {"a.b": ...}}: what its sender said and
    rules may ask for again, and the most urgent priority that it ever said; None for alerts of releases that did not keep
    it."""
    held_by: Mapped[str] = mapped_column(String(200), default="")
    """What keeps it from paging and from opening an incident (`silence:4`); empty when nothing does."""
    held_until: Mapped[datetime | None]
    """When that ends; None while `held_by` is set means until somebody ends it."""
    held_count: Mapped[int | None]
    """How often it must have been sent for that to end; None when that does not matter."""
    policy_id: Mapped[int | None]
    """The escalation policy that a rule chose for it, where that is not its team's."""
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    service_id: Mapped[int | None] = mapped_column(ForeignKey("service.id"))
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    snoozed_until: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    trace: Mapped[list[Any]] = mapped_column(default=list)
    """[{"stage": ..., "reason": ..., ...}]: what each stage of the intake decided, in order; lines that many alerts have are
    there by their keys (TraceLine)."""


class RawPayload(Model):
    """What a sender sent, with secrets removed. Pruned by age."""

    __tablename__ = "raw_payload"
    __table_args__ = (Index("ix_raw_payload_integration", "integration_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    integration_id: Mapped[int] = mapped_column(ForeignKey("integration.id", ondelete="CASCADE"))
    received_at: Mapped[datetime] = mapped_column(index=True)
    outcome: Mapped[str] = mapped_column(String(64), default="opened", server_default="opened")
    """What became of it, or of the first of its signals (see Receipt); `refused` and the code of the problem where it could
    not be read."""
    content_type: Mapped[str] = mapped_column(String(120), default="")
    headers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    query: Mapped[dict[str, Any]] = mapped_column(default=dict)
    body: Mapped[str] = mapped_column(Text)


class AlertNote(Model):
    """What happened to an alert, in order: what people wrote, and what people and the bot did."""

    __tablename__ = "alert_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    actor_name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text, default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class TraceLine(Model):
    """A line that the traces of many alerts have (see `bot.alerts.traces`). There are as many as rules have ever had
    conditions."""

    __tablename__ = "trace_line"

    key: Mapped[str] = mapped_column(String(8), primary_key=True)
    line: Mapped[dict[str, Any]]


class AlertFile(Model):
    """A file that somebody put beside an alert."""

    __tablename__ = "alert_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    mime: Mapped[str] = mapped_column(String(120), default="application/octet-stream")
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    at: Mapped[datetime]
    by_name: Mapped[str] = mapped_column(String(120))
