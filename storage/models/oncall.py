"""Who is on call: schedules, their rotations, and the exceptions. `bot.oncall.rosters` reads all of it into plans."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Model
from storage.words import Combine, RotationKind, SwapState


class Schedule(Model):
    """A named roster. `zone` is the IANA zone that its rotations are written in."""

    __tablename__ = "schedule"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    zone: Mapped[str] = mapped_column(String(64), default="UTC")
    combine: Mapped[Combine] = mapped_column(default=Combine.ADD)
    chat_group: Mapped[str] = mapped_column(String(80), default="")
    """Handle of the user group that has, on each chat platform, whoever is on call; empty for none."""
    active: Mapped[bool] = mapped_column(default=True)
    origin: Mapped[str] = mapped_column(String(12), default="room")


class Rotation(Model):
    """Takes turns of `length` hours, days or weeks, from `starts` to `ends`: wall-clock times without zone
    (`2026-11-02T09:00`) in the schedule's zone. The clock time of `starts` is the handoff time."""

    __tablename__ = "rotation"

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    position: Mapped[int] = mapped_column(default=0)
    """Its place among the rotations of the schedule; the lowest is the uppermost layer."""
    kind: Mapped[RotationKind]
    length: Mapped[int] = mapped_column(default=1)
    starts: Mapped[str] = mapped_column(String(16))
    ends: Mapped[str] = mapped_column(String(16), default="")
    """Empty for never."""
    participants: Mapped[list[Any]] = mapped_column(default=list)
    """In order: the id of a person, `{"team": id}`, or None for a deliberate gap. Each may stand in it twice."""
    hours: Mapped[list[Any]] = mapped_column(default=list)
    """The parts of the week in which it is on call, as the configuration file writes them; empty for always."""


class Override(Model):
    """For a time, this person (None: nobody) instead of all rotations of the schedule, or of one of them; as a swap, instead
    of the giver alone."""

    __tablename__ = "override"
    __table_args__ = (Index("ix_override_schedule", "schedule_id", "ends_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id", ondelete="CASCADE"))
    rotation_id: Mapped[int | None] = mapped_column(ForeignKey("rotation.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    giver_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime]


class Swap(Model):
    """A shift, or a part of one, that `user_id` offers to the others of the schedule: to whoever takes it first, or, in
    exchange for the shift `back_starts_at` to `back_ends_at`, to `other_id`, whose shift that is."""

    __tablename__ = "swap"
    __table_args__ = (
        Index("ix_swap_schedule", "schedule_id", "id"),
        Index("ix_swap_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedule.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    other_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    back_starts_at: Mapped[datetime | None]
    back_ends_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(500), default="")
    state: Mapped[SwapState] = mapped_column(default=SwapState.OPEN)
    taker_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]


class SwapCopy(Model):
    """The card of an offer that one person has on one platform; each reminder (`round`) is another one. `address` is None
    until it is there, `shown` the digest of what it shows."""

    __tablename__ = "swap_copy"

    id: Mapped[int] = mapped_column(primary_key=True)
    swap_id: Mapped[int] = mapped_column(ForeignKey("swap.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    platform: Mapped[str] = mapped_column(String(24))
    round: Mapped[int] = mapped_column(default=0)
    address: Mapped[str | None] = mapped_column(String(200))
    shown: Mapped[str] = mapped_column(String(24), default="")


class Forwarding(Model):
    """For a time, what would be one person's shifts, in whichever schedule, are another's."""

    __tablename__ = "forwarding"
    __table_args__ = (Index("ix_forwarding_ends", "ends_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    giver_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    taker_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime]


class TimeOff(Model):
    """For a time, others stand in for this person. `origin` is room when somebody said so, calendar when it was read in the
    person's own calendar of absences."""

    __tablename__ = "time_off"
    __table_args__ = (Index("ix_time_off_ends", "ends_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime]
    origin: Mapped[str] = mapped_column(String(12), default="room", server_default="room")


class CalendarFeed(Model):
    """A secret link of a person to a calendar that programs read; only the SHA-256 of its token is kept. `subject` is
    `user:1` for their own shifts, or a schedule, or a team with all of its schedules."""

    __tablename__ = "calendar_feed"
    __table_args__ = (UniqueConstraint("user_id", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    subject: Mapped[str] = mapped_column(String(40))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]


class AbsenceCalendar(Model):
    """The calendar in which a person keeps their absences, and how reading it goes. The `url` is a secret: whoever has it
    can read that calendar."""

    __tablename__ = "absence_calendar"
    __table_args__ = (UniqueConstraint("user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    url: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(String(64), default="")
    """The person's zone when it was understood last: days are theirs in it."""
    etag: Mapped[str] = mapped_column(String(200), default="")
    last_modified: Mapped[str] = mapped_column(String(200), default="")
    digest: Mapped[str] = mapped_column(String(64), default="")
    """SHA-256 of what was understood last."""
    understood_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    """When it was last seen to say what it says, whether that had changed or not."""
    found: Mapped[int] = mapped_column(default=0)
    passed_over: Mapped[int] = mapped_column(default=0)
    """How many events do not count."""
    problem: Mapped[str] = mapped_column(Text, default="")
    """Why the last attempt failed, as a reason; empty when it did not."""
    failing_since: Mapped[datetime | None]
    told: Mapped[bool] = mapped_column(default=False)
    """Whether the person was told that it fails."""
    asked: Mapped[bool] = mapped_column(default=True)
    """Whether the person waits to hear what is found."""
    created_at: Mapped[datetime]
