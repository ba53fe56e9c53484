"""Rules: what becomes of what senders send."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Model
from storage.words import RuleKind


class Rule(Model):
    """One rule. Rules of a kind are asked in the order of `position`.

    `conditions` is [{"field", "operation", "value", "not"}], all or any of which must hold (`match`). `hours` is when the
    rule holds, {} for always: see `bot.oncall.week`. `then` is what it does, which depends on `kind`: the shapes in
    `bot.catalog.effects` say what it may hold. `integration_id`
    and `team_id` narrow it to the alerts of one sender or one team; `go_on` lets the rules after it be asked as well.
    """

    __tablename__ = "rule"
    __table_args__ = (
        # The name that it was born with: SQLite can't rename it.
        UniqueConstraint("slug", name="uq_incident_rule_slug"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[RuleKind] = mapped_column(default=RuleKind.INCIDENT)
    integration_id: Mapped[int | None]
    team_id: Mapped[int | None]
    position: Mapped[int] = mapped_column(default=0)
    match: Mapped[str] = mapped_column(String(4), default="all")
    conditions: Mapped[list[Any]] = mapped_column(default=list)
    hours: Mapped[dict[str, Any]] = mapped_column(default=dict)
    then: Mapped[dict[str, Any]] = mapped_column(default=dict)
    go_on: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    origin: Mapped[str] = mapped_column(String(12), default="room")
    created_at: Mapped[datetime | None]
    last_matched_at: Mapped[datetime | None]
