"""What happens to an incident. The timeline keeps each under the event's name, with its other fields as data."""

import re
from dataclasses import dataclass, fields
from typing import Any

from bot.flow.unit import Event
from storage.words import IncidentStatus, Priority


@dataclass(frozen=True)
class IncidentEvent(Event):
    """Base of them all. Which of them the timeline keeps, the reaction table says."""

    incident_id: int

    @property
    def kind(self) -> str:
        """`AlertJoined` -> `alert_joined`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()

    def data(self) -> dict[str, Any]:
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name != "incident_id"}


@dataclass(frozen=True)
class IncidentDeclared(IncidentEvent):
    title: str
    priority: Priority
    rule: str = ""
    private: bool = False


@dataclass(frozen=True)
class IncidentMadePrivate(IncidentEvent):
    """Only its own people see it from now on. `rooms` are the platforms where everybody can still come into its room."""

    rooms: tuple[str, ...]


@dataclass(frozen=True)
class IncidentMadePublic(IncidentEvent):
    """Everybody sees it from now on. `rooms` are the platforms where its room stays one for those who are invited."""

    rooms: tuple[str, ...]


@dataclass(frozen=True)
class IncidentAcknowledged(IncidentEvent):
    name: str


@dataclass(frozen=True)
class IncidentUnacknowledged(IncidentEvent):
    name: str


@dataclass(frozen=True)
class StatusChanged(IncidentEvent):
    old: IncidentStatus
    new: IncidentStatus


@dataclass(frozen=True)
class IncidentResolved(IncidentEvent):
    old: IncidentStatus


@dataclass(frozen=True)
class IncidentClosed(IncidentEvent):
    pass


@dataclass(frozen=True)
class IncidentReopened(IncidentEvent):
    why: str = ""


@dataclass(frozen=True)
class IncidentMerged(IncidentEvent):
    """This incident goes on in another one."""

    into: int
    into_ref: str
    title: str


@dataclass(frozen=True)
class MergedIn(IncidentEvent):
    """Another incident was merged into this one. `taken` says that this one counts as acknowledged since, because that one
    was, by `name` where that is known."""

    ref: str
    title: str
    taken: bool = False
    name: str = ""


@dataclass(frozen=True)
class PriorityChanged(IncidentEvent):
    old: Priority
    new: Priority
    alert: str = ""
    """The title of the alert whose priority lifted it, or empty."""
    merged: str = ""
    """Reference and title of the incident that was merged into it and lifted it while nobody was on that one, or empty."""


@dataclass(frozen=True)
class TitleChanged(IncidentEvent):
    old: str
    new: str


@dataclass(frozen=True)
class SummaryChanged(IncidentEvent):
    summary: str


@dataclass(frozen=True)
class ServiceImpacted(IncidentEvent):
    service: str


@dataclass(frozen=True)
class TeamAdded(IncidentEvent):
    """`paged` says that it is called in, if need be; otherwise it comes along with what somebody is on."""

    team: str
    team_id: int
    paged: bool = True


@dataclass(frozen=True)
class RoleTaken(IncidentEvent):
    role: str
    name: str
    user_id: int
    before: str = ""


@dataclass(frozen=True)
class RoleLeft(IncidentEvent):
    role: str
    name: str


@dataclass(frozen=True)
class PersonInvited(IncidentEvent):
    name: str
    user_id: int


@dataclass(frozen=True)
class RespondersInvited(IncidentEvent):
    names: tuple[str, ...]


@dataclass(frozen=True)
class PersonJoined(IncidentEvent):
    name: str
    user_id: int


@dataclass(frozen=True)
class PersonLeft(IncidentEvent):
    name: str
    user_id: int


@dataclass(frozen=True)
class FollowerAdded(IncidentEvent):
    name: str
    user_id: int


@dataclass(frozen=True)
class FollowerGone(IncidentEvent):
    name: str
    user_id: int


@dataclass(frozen=True)
class TaskAdded(IncidentEvent):
    number: int
    title: str
    owner: str


@dataclass(frozen=True)
class TaskDone(IncidentEvent):
    number: int
    title: str


@dataclass(frozen=True)
class TaskChanged(IncidentEvent):
    number: int


@dataclass(frozen=True)
class LinkAdded(IncidentEvent):
    title: str
    url: str


@dataclass(frozen=True)
class CallSet(IncidentEvent):
    url: str


@dataclass(frozen=True)
class RoomWanted(IncidentEvent):
    """The incident, which is under way, is to have a room on one more platform."""

    platform: str


@dataclass(frozen=True)
class RoomOpened(IncidentEvent):
    platform: str
    name: str


@dataclass(frozen=True)
class RoomLost(IncidentEvent):
    """The room on a platform is not there any more. `how`: archived or deleted by hand, or found `gone`."""

    platform: str
    name: str
    how: str


@dataclass(frozen=True)
class TimelineChanged(IncidentEvent):
    """An entry was written by hand, taken from a message, or edited."""

    entry_id: int


@dataclass(frozen=True)
class SayingChanged(IncidentEvent):
    """Somebody said something in the room on a platform, edited it or took it back; the other rooms are to show that."""

    saying_id: int
    platform: str


@dataclass(frozen=True)
class AlertsJoined(IncidentEvent):
    """Alerts became part of the incident, in one unit of work. `alerts` has the first of them as (id, title)."""

    count: int
    alerts: tuple[tuple[int, str], ...]
    source: str


@dataclass(frozen=True)
class AlertsOfIncidentClosed(IncidentEvent):
    """Alerts of the incident were closed. `left` says how many are still open."""

    count: int
    alerts: tuple[tuple[int, str], ...]
    left: int


@dataclass(frozen=True)
class AlertsSilenced(IncidentEvent):
    """A silence or a maintenance (`stage`, and its number) has begun that covers open alerts of the incident: others like
    them are held and don't join it. `is_paging` says that nobody has acknowledged the incident, so that it goes on paging.
    `until` is an instant as text."""

    stage: str
    number: int
    what: str
    maker: str
    until: str
    is_paging: bool
