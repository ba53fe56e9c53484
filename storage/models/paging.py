"""Whom to page, the escalations that are under way, and the evidence of each page."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Model
from storage.words import EscalationState, PageState, StepCondition

OWN_SERVER = ("ntfy", "gotify", "webhook", "push")
"""Kinds of contact method of which each goes to another server than the next, or may."""


class EscalationPolicy(Model):
    """Steps in order; after the last one they start again `repeat` times, `repeat_after` seconds later. `reset_on_repeat`:
    a new round takes the acknowledgement back. `close_at_end`: what nobody answered is closed. `ack_timeout`, in seconds: so
    long an acknowledgement counts when nothing more is heard of anybody; 0 is for ever."""

    __tablename__ = "escalation_policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    repeat: Mapped[int] = mapped_column(default=0)
    repeat_after: Mapped[int] = mapped_column(default=300)
    reset_on_repeat: Mapped[bool] = mapped_column(default=False)
    close_at_end: Mapped[bool] = mapped_column(default=False)
    ack_timeout: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    origin: Mapped[str] = mapped_column(String(12), default="room")


class PolicyStep(Model):
    """`delay` is in seconds from the start of the escalation (or of the repeat), never from the step before."""

    __tablename__ = "policy_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("escalation_policy.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    condition: Mapped[StepCondition] = mapped_column(default=StepCondition.NOT_ACKNOWLEDGED)
    delay: Mapped[int] = mapped_column(default=0)
    recipients: Mapped[list[Any]] = mapped_column(default=list)
    """[{"type": "user" | "team" | "schedule", "id": n, "name": ..., "pick": ...}]. Without `pick` everybody of a team, and
    whoever is on call; with it "random" or "admins" of a team, whoever is on call "next" or was "previous"ly."""


class Escalation(Model):
    """One run of a policy for one subject (`alert:12` or `incident:7`). The steps are copied in at the start, so a
    policy that changes later does not change what was promised."""

    __tablename__ = "escalation"
    __table_args__ = (
        Index("ix_escalation_subject", "subject", "state"),
        Index(
            "uq_escalation_alive",
            "subject",
            "policy_id",
            unique=True,
            sqlite_where=text("state IN ('running', 'acknowledged')"),
            postgresql_where=text("state IN ('running', 'acknowledged')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(40))
    policy_id: Mapped[int] = mapped_column(ForeignKey("escalation_policy.id"))
    steps: Mapped[list[Any]] = mapped_column(default=list)
    state: Mapped[EscalationState] = mapped_column(default=EscalationState.RUNNING)
    started_at: Mapped[datetime]
    round_started_at: Mapped[datetime]
    round: Mapped[int] = mapped_column(default=0)
    next_step: Mapped[int] = mapped_column(default=0)
    acknowledged_at: Mapped[datetime | None]
    """When somebody did in its round or before; None when nobody has, or when a new round took it back."""
    ended_at: Mapped[datetime | None]


class Page(Model):
    """One attempt to reach one person by one contact method, with its evidence. `why` is what a test page or `/page`
    says instead of a subject; `reason` is why this person (`on call in "payments"`)."""

    __tablename__ = "page"
    __table_args__ = (
        Index("ix_page_subject", "subject", "id"),
        Index("ix_page_user", "user_id", "id"),
        Index("ix_page_state", "state", "id"),
        Index("ix_page_escalation", "escalation_id", "round", "step"),
        Index(
            "ix_page_token",
            "token",
            unique=True,
            sqlite_where=text("token <> ''"),
            postgresql_where=text("token <> ''"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(40), default="")
    escalation_id: Mapped[int | None] = mapped_column(ForeignKey("escalation.id"))
    step: Mapped[int] = mapped_column(default=0)
    round: Mapped[int] = mapped_column(default=0)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    method: Mapped[str] = mapped_column(String(16))
    contact_id: Mapped[int | None]
    """Which contact method, where it is not the person's account on a platform or their e-mail address."""
    label: Mapped[str] = mapped_column(String(60), default="")
    """What that was called then."""
    token: Mapped[str] = mapped_column(String(43), default="")
    """What its links are made of; empty where it has none."""
    reason: Mapped[dict[str, Any]] = mapped_column(default=dict)
    why: Mapped[str] = mapped_column(Text, default="")
    by_name: Mapped[str] = mapped_column(String(120), default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    """Who asked, when a person did."""
    state: Mapped[PageState] = mapped_column(default=PageState.QUEUED)
    address: Mapped[str | None] = mapped_column(String(200))
    """Where it went: the message's address, kept so that its buttons can turn true later."""
    shown: Mapped[str] = mapped_column(String(24), default="")
    """The digest of what its copy was last edited to, so that an edit which changes nothing is not made."""
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    """When it goes out, where that is not at once."""
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    """When the other side said that it has arrived, where it says so."""
    answered_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]
    """When it was known that the other side is away and other ways must do; kept when it is sent after all."""
    held_because: Mapped[str] = mapped_column(Text, default="")

    @property
    def lane(self) -> str:
        """The other side that it goes to: each contact method by URL has one of its own."""
        return self.stream.rpartition("@")[2]

    @property
    def stream(self) -> str:
        """What it waits behind: earlier pages of the same person to the same place."""
        return stream_of(self.user_id, self.method, self.contact_id)


def stream_of(user_id: int, method: str, contact_id: int | None) -> str:
    """`page:7@email`, `page:7.12@sms`, `page:7.13@ntfy.13`."""
    if contact_id is None:
        return f"page:{user_id}@{method}"
    return f"page:{user_id}.{contact_id}@{method}{f'.{contact_id}' if method in OWN_SERVER else ''}"
