"""What an incident looks like now, as plain values: the one view behind the card, the Room's page and the API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.errors import Unknown
from bot.incidents.people import ROLES
from storage.engine import AsyncSession
from storage.models import Incident
from storage.questions import incident_view as ask
from storage.words import IncidentStatus, Priority


@dataclass(frozen=True)
class PersonView:
    id: int
    handle: str
    name: str


@dataclass(frozen=True)
class RoleView:
    """A role and who holds it; `person` None when nobody does. Its name for people is in templates."""

    key: str
    person: PersonView | None
    since: datetime | None


@dataclass(frozen=True)
class ParticipantView:
    person: PersonView
    roles: tuple[str, ...]
    how: str
    since: datetime
    left_at: datetime | None


@dataclass(frozen=True)
class UpdateView:
    id: int
    at: datetime
    author: str
    text: str
    status: IncidentStatus
    priority: Priority
    next_at: datetime | None


@dataclass(frozen=True)
class TaskView:
    number: int
    title: str
    owner: PersonView | None
    due_at: datetime | None
    done_at: datetime | None
    follow_up: bool


@dataclass(frozen=True)
class LinkView:
    title: str
    url: str


@dataclass(frozen=True)
class IncidentView:
    id: int
    ref: str
    title: str
    summary: str
    priority: Priority
    status: IncidentStatus
    declared_at: datetime
    impact_started_at: datetime
    impact_ended_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: PersonView | None
    declared_by: PersonView | None
    teams: tuple[str, ...]
    services: tuple[str, ...]
    related_services: tuple[str, ...]
    roles: tuple[RoleView, ...]
    participants: tuple[ParticipantView, ...]
    updates: tuple[UpdateView, ...]
    next_update_at: datetime | None
    alert_count: int
    open_alert_count: int
    tasks: tuple[TaskView, ...]
    links: tuple[LinkView, ...]
    call_url: str
    merged_into: str
    private: bool
    follower_ids: tuple[int, ...]

    @property
    def commander(self) -> PersonView | None:
        return next((role.person for role in self.roles if role.key == "commander"), None)

    @property
    def last_update(self) -> UpdateView | None:
        return self.updates[0] if self.updates else None

    @property
    def open_task_count(self) -> int:
        return sum(1 for task in self.tasks if task.done_at is None)

    @property
    def is_open(self) -> bool:
        return self.status.is_open


async def build_incident_view(session: AsyncSession, incident_id: int) -> IncidentView:
    """Gather everything about an incident; raises Unknown when there is none."""
    incident = await session.get(Incident, incident_id)
    if incident is None:
        raise Unknown("incident.unknown", ref=f"INC-{incident_id}")
    services, related = await ask.list_services(session, incident_id)
    roles = await ask.list_roles(session, incident_id)
    tasks = await ask.list_tasks(session, incident_id)
    mentioned = [incident.acknowledged_by, incident.declared_by, *(task.owner_id for task in tasks)]
    people = await ask.list_people(session, [one for one in mentioned if one is not None])
    total, still_open = await ask.count_alerts(session, incident_id)
    return IncidentView(
        id=incident.id,
        ref=incident.ref,
        title=incident.title,
        summary=incident.summary,
        priority=incident.priority,
        status=incident.status,
        declared_at=incident.declared_at,
        impact_started_at=incident.impact_started_at,
        impact_ended_at=incident.impact_ended_at,
        resolved_at=incident.resolved_at,
        closed_at=incident.closed_at,
        acknowledged_at=incident.acknowledged_at,
        acknowledged_by=_find_person(people, incident.acknowledged_by),
        declared_by=_find_person(people, incident.declared_by),
        teams=await ask.list_teams(session, incident_id),
        services=services,
        related_services=related,
        roles=_view_roles(roles),
        participants=tuple(
            _view_participant(row, roles) for row in await ask.list_participants(session, incident_id)
        ),
        updates=tuple(view_update(row) for row in await ask.list_updates(session, incident_id)),
        next_update_at=incident.next_update_at,
        alert_count=total,
        open_alert_count=still_open,
        tasks=tuple(_view_task(task, people) for task in tasks),
        links=tuple(LinkView(link.title, link.url) for link in await ask.list_links(session, incident_id)),
        call_url=incident.call_url,
        merged_into=f"INC-{incident.merged_into}" if incident.merged_into else "",
        private=incident.private,
        follower_ids=await ask.list_followers(session, incident_id),
    )


def view_update(row: Any) -> UpdateView:
    return UpdateView(row.id, row.at, row.author_name, row.text, row.status, row.priority, row.next_at)


def _view_person(row: Any) -> PersonView:
    return PersonView(row.user_id, row.handle, row.name)


def _find_person(people: Mapping[int, Any], user_id: int | None) -> PersonView | None:
    row = people.get(user_id) if user_id is not None else None
    return _view_person(row) if row else None


def _view_roles(holders: Sequence[Any]) -> tuple[RoleView, ...]:
    held = {row.role: row for row in holders}
    names = [*ROLES, *sorted(set(held) - set(ROLES))]
    return tuple(
        RoleView(name, _view_person(held[name]), held[name].since)
        if name in held
        else RoleView(name, None, None)
        for name in names
    )


def _view_participant(row: Any, holders: Sequence[Any]) -> ParticipantView:
    roles = tuple(holder.role for holder in holders if holder.user_id == row.user_id)
    return ParticipantView(_view_person(row), roles, row.how, row.since, row.left_at)


def _view_task(task: Any, people: Mapping[int, Any]) -> TaskView:
    return TaskView(
        task.number,
        task.title,
        _find_person(people, task.owner_id),
        task.due_at,
        task.done_at,
        task.follow_up,
    )
