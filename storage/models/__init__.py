"""Every table, by concern."""

from storage.models.access import (
    ApiKey,
    AuditEntry,
    ChatAccount,
    ContactMethod,
    SignInLink,
    User,
    WebSession,
)
from storage.models.alerts import Alert, AlertFile, AlertNote, RawPayload, TraceLine
from storage.models.base import Model
from storage.models.board import BoardChannel, BoardMessage
from storage.models.catalog import (
    CatalogVersion,
    Change,
    Dependency,
    Integration,
    Member,
    Service,
    Team,
)
from storage.models.expiry import AlertExpiry
from storage.models.flow import Arrival, Fact, Lease, OutboxRow, Timer
from storage.models.heartbeats import Heartbeat
from storage.models.incidents import (
    Attachment,
    Follower,
    Incident,
    IncidentRoom,
    IncidentService,
    IncidentTeam,
    Link,
    Participant,
    Postmortem,
    RoleHolder,
    Task,
    TimelineEntry,
    Update,
)
from storage.models.oncall import (
    AbsenceCalendar,
    CalendarFeed,
    Forwarding,
    Override,
    Rotation,
    Schedule,
    Swap,
    SwapCopy,
    TimeOff,
)
from storage.models.paging import Escalation, EscalationPolicy, Page, PolicyStep
from storage.models.rules import Rule
from storage.models.sayings import Saying, SayingCopy
from storage.models.searches import SavedSearch
from storage.models.silences import Maintenance, Silence

__all__ = [
    "AbsenceCalendar",
    "Alert",
    "AlertExpiry",
    "AlertFile",
    "AlertNote",
    "ApiKey",
    "Arrival",
    "Attachment",
    "AuditEntry",
    "BoardChannel",
    "BoardMessage",
    "CalendarFeed",
    "CatalogVersion",
    "Change",
    "ChatAccount",
    "ContactMethod",
    "Dependency",
    "Escalation",
    "EscalationPolicy",
    "Fact",
    "Follower",
    "Forwarding",
    "Heartbeat",
    "Incident",
    "IncidentRoom",
    "IncidentService",
    "IncidentTeam",
    "Integration",
    "Lease",
    "Link",
    "Maintenance",
    "Member",
    "Model",
    "OutboxRow",
    "Override",
    "Page",
    "Participant",
    "PolicyStep",
    "Postmortem",
    "RawPayload",
    "RoleHolder",
    "Rotation",
    "Rule",
    "SavedSearch",
    "Saying",
    "SayingCopy",
    "Schedule",
    "Service",
    "SignInLink",
    "Silence",
    "Swap",
    "SwapCopy",
    "Task",
    "Team",
    "TimeOff",
    "TimelineEntry",
    "Timer",
    "TraceLine",
    "Update",
    "User",
    "WebSession",
]
