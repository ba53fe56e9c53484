"""Incidents and everything that hangs on one: people, services, timeline, tasks, links, updates, rooms, postmortem."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from storage.models.base import Model
from storage.words import Audience, IncidentStatus, PostmortemStatus, Priority

OPEN_GROUP = "status IN ('investigating', 'identified', 'monitoring') AND rule_id IS NOT NULL"
"""A rule has at most one open incident per group of alerts, however many processes take alerts in."""


class Incident(Model):
    """A service disruption that people work on. `id` is the number in `INC-71`."""

    __tablename__ = "incident"
    __table_args__ = (
        Index("ix_incident_status", "status", "id"),
        Index("ix_incident_group", "rule_id", "group_key", "id"),
        Index(
            "uq_incident_open_group",
            "rule_id",
            "group_key",
            unique=True,
            sqlite_where=text(OPEN_GROUP),
            postgresql_where=text(OPEN_GROUP),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text, default="")
    priority: Mapped[Priority] = mapped_column(default=Priority.P3)
    status: Mapped[IncidentStatus] = mapped_column(default=IncidentStatus.INVESTIGATING)
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("rule.id"))
    group_key: Mapped[str] = mapped_column(String(200), default="")
    declared_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    declared_at: Mapped[datetime]
    impact_started_at: Mapped[datetime]
    impact_ended_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    resolved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    next_update_at: Mapped[datetime | None]
    """When the next status update was promised for."""
    call_url: Mapped[str] = mapped_column(Text, default="")
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    private: Mapped[bool] = mapped_column(default=False)
    """Only those who take part, and admins, know that it exists."""
    version: Mapped[int] = mapped_column(default=0)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def ref(self) -> str:
        """The name people use: `INC-71`."""
        return f"INC-{self.id}"


class IncidentTeam(Model):
    __tablename__ = "incident_team"
    __table_args__ = (Index("ix_incident_team_team", "team_id", "incident_id"),)

    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), primary_key=True)


class IncidentService(Model):
    __tablename__ = "incident_service"
    __table_args__ = (Index("ix_incident_service_service", "service_id", "incident_id"),)

    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"), primary_key=True)


class Participant(Model):
    """A person who works on an incident. `role` is empty for a plain responder; one person may hold several roles."""

    __tablename__ = "participant"
    __table_args__ = (UniqueConstraint("incident_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    how: Mapped[str] = mapped_column(String(24))
    """invited, joined, paged, spoke, acted"""
    since: Mapped[datetime]
    left_at: Mapped[datetime | None]


class RoleHolder(Model):
    """Who holds a role in an incident; a role has one holder at a time."""

    __tablename__ = "role_holder"

    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    since: Mapped[datetime]


class Follower(Model):
    """A stakeholder who gets each status update of an incident."""

    __tablename__ = "follower"

    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True)


class TimelineEntry(Model):
    """One thing that happened. `at` is when it happened, `recorded_at` when it was written down. An entry made from a
    message names it by (platform, channel, message), which keeps it single."""

    __tablename__ = "timeline_entry"
    __table_args__ = (
        Index("ix_timeline_entry_incident", "incident_id", "at", "id"),
        UniqueConstraint("incident_id", "platform", "channel", "message"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    actor_name: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text, default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    permalink: Mapped[str] = mapped_column(Text, default="")
    platform: Mapped[str | None] = mapped_column(String(16))
    channel: Mapped[str | None] = mapped_column(String(64))
    message: Mapped[str | None] = mapped_column(String(64))
    edited_at: Mapped[datetime | None]
    attachments: Mapped[list["Attachment"]] = relationship(
        viewonly=True, lazy="selectin", order_by="Attachment.id"
    )


class Task(Model):
    """Something to do during an incident, or (`follow_up`) an action item of its postmortem."""

    __tablename__ = "task"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(300))
    follow_up: Mapped[bool] = mapped_column(default=False)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    due_at: Mapped[datetime | None]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class Link(Model):
    __tablename__ = "link"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    url: Mapped[str] = mapped_column(Text)


class Update(Model):
    """Words for stakeholders about an incident, as they were posted."""

    __tablename__ = "update"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    author_name: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    status: Mapped[IncidentStatus]
    priority: Mapped[Priority]
    audience: Mapped[Audience] = mapped_column(default=Audience.INTERNAL)
    next_at: Mapped[datetime | None]


class IncidentRoom(Model):
    """The place on one platform where an incident is worked on, and the addresses of what the bot keeps there."""

    __tablename__ = "incident_room"
    __table_args__ = (
        UniqueConstraint("incident_id", "platform"),
        Index("ix_incident_room_channel", "platform", "channel"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"))
    platform: Mapped[str] = mapped_column(String(16))
    channel: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120), default="")
    url: Mapped[str] = mapped_column(Text, default="")
    card: Mapped[str | None] = mapped_column(String(64))
    """Address of the pinned card's message."""
    announcement: Mapped[str | None] = mapped_column(String(64))
    """Address of the incident's post in the announcements room."""
    invited: Mapped[list[Any]] = mapped_column(default=list)
    """Ids of the people who were invited there, so that nobody is invited twice; who leaves is taken off."""
    shown: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What is shown there now, by place (card, announcement, topic, links): a digest, and when it was put there."""
    archived_at: Mapped[datetime | None]


class Attachment(Model):
    """A file of a message that the timeline keeps. `address` is the platform's; `content` is fetched afterwards."""

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("timeline_entry.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    mime: Mapped[str] = mapped_column(String(120), default="application/octet-stream")
    size: Mapped[int] = mapped_column(default=0)
    address: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    error: Mapped[str] = mapped_column(Text, default="")
    """Why it is not here: a reason, for which `templates/errors/reasons` may have a sentence."""
    is_here: Mapped[bool] = column_property(content.is_not(None))


class Postmortem(Model):
    """The review document of an incident. `sections` maps a section's name to its Markdown."""

    __tablename__ = "postmortem"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), unique=True)
    status: Mapped[PostmortemStatus] = mapped_column(default=PostmortemStatus.DRAFT)
    sections: Mapped[dict[str, Any]] = mapped_column(default=dict)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    due_at: Mapped[datetime | None]
    drafted_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=0)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
