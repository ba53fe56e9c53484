"""The words that enumerated columns hold, and that every layer above uses for them."""

from enum import StrEnum


class Priority(StrEnum):
    """How urgent an alert or an incident is; P1 is the highest (as in Opsgenie)."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    P5 = "P5"

    def __lt__(self, other: str) -> bool:
        """Order by urgency: `min(priorities)` is the most urgent one."""
        return self.value < str(other)


class AlertStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"

    @property
    def is_open(self) -> bool:
        return self is AlertStatus.OPEN


class IncidentStatus(StrEnum):
    INVESTIGATING = "investigating"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    CLOSED = "closed"

    @property
    def is_open(self) -> bool:
        """True while people still work on the disruption itself."""
        return self not in (IncidentStatus.RESOLVED, IncidentStatus.CLOSED)


class RuleKind(StrEnum):
    """What a rule decides about, in the order in which an alert meets them."""

    ACTION = "action"
    """What a sender's message becomes: created, acknowledged, closed, noted or ignored."""
    POLICY = "policy"
    """What is changed about a new alert, and whether it is held back."""
    ROUTE = "route"
    """Who it is for."""
    INCIDENT = "incident"
    """Which incident it opens or joins."""


class UserRole(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    RESPONDER = "responder"
    STAKEHOLDER = "stakeholder"


class Scope(StrEnum):
    """What an API key may do; each scope includes the ones before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class StepCondition(StrEnum):
    NOT_ACKNOWLEDGED = "not_acknowledged"
    NOT_CLOSED = "not_closed"


class EscalationState(StrEnum):
    RUNNING = "running"
    ACKNOWLEDGED = "acknowledged"
    STOPPED = "stopped"
    EXHAUSTED = "exhausted"


class PageState(StrEnum):
    """Delivery evidence of one page, in the order in which it normally grows."""

    WAITING = "waiting"
    """It is a later step of how the person wants to be paged, or quiet hours keep it back."""
    QUEUED = "queued"
    SENT = "sent"
    ANSWERED = "answered"
    FAILED = "failed"
    DROPPED = "dropped"


class OutboxState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    PARKED = "parked"


class PostmortemStatus(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"


class Audience(StrEnum):
    INTERNAL = "internal"
    PUBLIC = "public"


class RotationKind(StrEnum):
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"


class Combine(StrEnum):
    """What several rotations of a schedule come to."""

    ADD = "add"
    """All of them are on call."""
    LAYERS = "layers"
    """The first one is that has somebody on call."""


class SwapState(StrEnum):
    """What became of a shift that somebody offered."""

    OPEN = "open"
    TAKEN = "taken"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    """It began, and nobody had taken it."""
    POINTLESS = "pointless"
    """Whoever offered it is not on call then any more."""


class HeartbeatStatus(StrEnum):
    WAITING = "waiting"
    """No ping has come since it was made or switched on: it is not armed."""
    UP = "up"
    LATE = "late"
