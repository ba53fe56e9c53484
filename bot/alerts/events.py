"""What happens to alerts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.flow.unit import Event


@dataclass(frozen=True)
class AlertEvent(Event):
    alert_id: int
    incident_id: int | None


@dataclass(frozen=True)
class AlertOpened(AlertEvent):
    """`held` says that it must not page now (a silence, a maintenance, a delay); `policy_id` and `responders` are whom a
    rule or the sender named instead of the team's own policy."""

    team_id: int | None
    held: bool = False
    policy_id: int | None = None
    responders: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class AlertsRepeated(Event):
    """Open alerts were sent again; only their counts changed."""

    alert_ids: tuple[int, ...]
    incident_ids: tuple[int, ...]


@dataclass(frozen=True)
class AlertAcknowledged(AlertEvent):
    """`by` is the person who has it now, when that is not who did it."""

    by: int | None = None


@dataclass(frozen=True)
class AlertUnacknowledged(AlertEvent):
    pass


@dataclass(frozen=True)
class AlertClosed(AlertEvent):
    title: str


@dataclass(frozen=True)
class AlertSnoozed(AlertEvent):
    until: datetime


@dataclass(frozen=True)
class AlertWoke(AlertEvent):
    """A snooze ended: whoever is on call now is paged from the first step."""

    team_id: int | None


@dataclass(frozen=True)
class AlertAssigned(AlertEvent):
    """Somebody gave it to somebody else, who is told by a page."""

    user_id: int
    title: str


@dataclass(frozen=True)
class AlertChanged(AlertEvent):
    """Its owner, its notes or its priority changed; nobody is paged for that."""


@dataclass(frozen=True)
class ResponderAdded(AlertEvent):
    """Somebody else is called in: a person, a team, a schedule or an escalation policy (`kind`, and its id)."""

    kind: str
    responder_id: int
    name: str


@dataclass(frozen=True)
class AlertPriorityChanged(AlertEvent):
    """`lifted` says that it is more urgent than before, and `by_sender` that a sender said so, of what was open."""

    title: str
    lifted: bool
    by_sender: bool = False


@dataclass(frozen=True)
class AlertTakenIn(AlertEvent):
    """It paged by itself, and is part of an incident from now on, which pages for it."""


@dataclass(frozen=True)
class AlertRerouted(AlertEvent):
    """It pages by itself, by another policy from now on; `before` is the one that did, if any."""

    before: int | None
    policy_id: int


@dataclass(frozen=True)
class HeartbeatEvent(Event):
    """`slug` and `integration_id` say which alert is meant, also when the heartbeat is gone."""

    heartbeat_id: int
    slug: str
    integration_id: int


@dataclass(frozen=True)
class HeartbeatLate(HeartbeatEvent):
    """No ping came in time."""


@dataclass(frozen=True)
class HeartbeatOver(HeartbeatEvent):
    """One that was late pings again, or nobody watches it any longer."""


@dataclass(frozen=True)
class AlertsHeld(Event):
    """Alerts that were open already are held back from now on: nobody is paged for them any more."""

    alert_ids: tuple[int, ...]


@dataclass(frozen=True)
class SilenceEvent(Event):
    """Of a silence, or of a window of maintenance, which is one; `held` is how many open alerts it holds back."""

    silence_id: int
    held: int


@dataclass(frozen=True)
class SilenceStarted(SilenceEvent):
    """`incidents` have such alerts already and go on paging. With `more`, older alerts are still looked at."""

    incidents: tuple[int, ...] = ()
    more: bool = False


@dataclass(frozen=True)
class SilenceEndsSoon(SilenceEvent):
    pass


@dataclass(frozen=True)
class SilenceEnded(SilenceEvent):
    """`early` says that somebody ended it before its time."""

    early: bool
