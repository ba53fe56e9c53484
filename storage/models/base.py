"""The declarative base that every table shares."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from storage.types import Instant, Json, words
from storage.words import (
    AlertStatus,
    Audience,
    Combine,
    EscalationState,
    HeartbeatStatus,
    IncidentStatus,
    OutboxState,
    PageState,
    PostmortemStatus,
    Priority,
    RotationKind,
    RuleKind,
    Scope,
    StepCondition,
    SwapState,
    UserRole,
)


class Model(DeclarativeBase):
    """Base of all tables. Names of constraints are fixed so that migrations can refer to them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant,
        dict[str, Any]: Json,
        list[Any]: Json,
        **{
            kind: words(kind)
            for kind in (
                AlertStatus,
                Audience,
                Combine,
                EscalationState,
                HeartbeatStatus,
                IncidentStatus,
                OutboxState,
                PageState,
                PostmortemStatus,
                Priority,
                RotationKind,
                RuleKind,
                Scope,
                StepCondition,
                SwapState,
                UserRole,
            )
        },
    }
