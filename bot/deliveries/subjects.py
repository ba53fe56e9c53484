"""What a page is about, as it is now."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Subject:
    """What a page is about, now. `over` says that nobody needs to come any more; `waiting` that this page's escalation
    still waits for somebody to acknowledge."""

    kind: str
    ref: str
    title: str
    priority: str
    url: str
    description: str
    team: str
    acknowledged_by: str
    acknowledged: bool
    over: bool
    status: str
    waiting: bool = True
    acknowledged_at: datetime | None = None
    incident: str = ""
    """The incident that an alert is part of, which pages for it."""
