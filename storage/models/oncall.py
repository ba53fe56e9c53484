"""Who is on call: schedules, their rotations, and the exceptions."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Model
from storage.words import RotationKind


class Schedule(Model):
    """A named roster. All of its rotations add up; `zone` is the IANA zone its handoffs are written in."""

    __tablename__ = "schedule"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    zone: Mapped[str] = mapped_column(String(64), default="UTC")
    chat_group: Mapped[str] = mapped_column(String(80), default="")
    """Handle of the user group that has, on each chat platform, whoever is on call; empty for none."""
    active: Mapped[bool] = mapped_column(default=True)
    origin: Mapped[str] = mapped_column(String(12), default="room")


class Rotation(Model):
    """People who take turns of `length` hours, days or weeks. `starts` is a wall-clock time without zone
    (`2026-11-02T09:00`) in the schedule's zone; its clock time is the handoff time."""

    __tablename__ = "rotation"

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[RotationKind]
    length: Mapped[int] = mapped_column(default=1)
    starts: Mapped[str] = mapped_column(String(16))
    participants: Mapped[list[Any]] = mapped_column(default=list)
    """User ids in order; None is a deliberate gap; a person may stand in it twice."""


class Override(Model):
    """For a time, this person instead of whoever the rotations say."""

    __tablename__ = "override"
    __table_args__ = (Index("ix_override_schedule", "schedule_id", "ends_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime]
