"""What a page is about, as it is now."""

from dataclasses import dataclass, replace
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
    hidden: bool = False
    """Whether whoever reads this may not know any more what it is about."""

    def hide(self, url: str) -> "Subject":
        """What may be said of it to whoever no longer sees its private incident: which one they were paged for, and that
        they are not needed. What changed since is not in it, so that nothing that is done there shows here."""
        return replace(
            self,
            title="",
            priority="P5",
            url=url,
            description="",
            team="",
            acknowledged_by="",
            acknowledged=False,
            over=True,
            status="",
            waiting=False,
            acknowledged_at=None,
            incident="",
            hidden=True,
        )
