"""Who may see a private incident, as a condition of lists; `bot/incidents/privacy.py` says the same of one incident.

Every list that shows incidents, or what belongs to them, asks with it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.models import (
    Alert,
    BoardChannel,
    Follower,
    Incident,
    IncidentRoom,
    Page,
    Participant,
    RoleHolder,
    User,
)
from storage.questions.paging import PageCopy
from storage.ready import Ready, is_among
from storage.words import UserRole

SEE_ALL = (UserRole.ADMIN, UserRole.OWNER)


@dataclass(frozen=True)
class Viewer:
    """Whoever looks: a person, or a program without one. `sees_all` is for administrators."""

    user_id: int | None = None
    sees_all: bool = False


Looking = User | Viewer


def read_viewer(looking: Looking) -> Viewer:
    return looking if isinstance(looking, Viewer) else Viewer(looking.id, looking.role in SEE_ALL)


def is_incident_visible(looking: Looking, incident: Any = Incident) -> ColumnElement[bool]:
    """The condition for rows of `incident`: it is not private, or this viewer is one of its people."""
    viewer = read_viewer(looking)
    if viewer.sees_all:
        return true()
    is_public: ColumnElement[bool] = incident.private.is_(False)
    me = viewer.user_id
    if me is None:
        return is_public
    # Names of their own: a list that asks for one of these tables itself must not lend it to the condition.
    part, holder, follower = aliased(Participant), aliased(RoleHolder), aliased(Follower)
    takes_part = exists().where(part.incident_id == incident.id, part.user_id == me, part.left_at.is_(None))
    holds_role = exists().where(holder.incident_id == incident.id, holder.user_id == me)
    follows = exists().where(follower.incident_id == incident.id, follower.user_id == me)
    # NULL must not make the whole of it NULL: its opposite would let everybody see what an alert has opened.
    declared = incident.declared_by.is_not_distinct_from(me)
    return or_(is_public, declared, takes_part, holds_role, follows)


def _belongs_to_visible(number: ColumnElement[Any], looking: Looking) -> ColumnElement[bool]:
    """The condition for what belongs to the incident with this number, or (NULL) to none."""
    if read_viewer(looking).sees_all:
        return true()
    other = aliased(Incident)
    return not_(exists().where(other.id == number, not_(is_incident_visible(looking, other))))


def is_alert_visible(looking: Looking) -> ColumnElement[bool]:
    """The condition for alerts: one that belongs to a private incident is as private."""
    return _belongs_to_visible(Alert.incident_id, looking)  # type: ignore[arg-type]


def is_page_visible(looking: Looking) -> ColumnElement[bool]:
    """The condition for pages: by the incident or alert that they are about."""
    about = case((Page.subject != "", Page.subject), else_=Page.reason["about"].as_string())
    alert = aliased(Alert)
    number = case(
        (about.like("incident:%"), cast(func.substr(about, 10), Integer)),
        (
            about.like("alert:%"),
            select(alert.incident_id)
            .where(alert.id == cast(func.substr(about, 7), Integer))
            .correlate(Page)
            .scalar_subquery(),
        ),
    )
    return _belongs_to_visible(number, looking)


async def list_insiders(session: AsyncSession, incident: Incident) -> set[int]:
    """The ids of those who declared it, take part in it now, hold a role or follow."""
    found = {incident.declared_by} if incident.declared_by is not None else set()
    for asked in (
        select(Participant.user_id).where(
            Participant.incident_id == incident.id, Participant.left_at.is_(None)
        ),
        select(RoleHolder.user_id).where(RoleHolder.incident_id == incident.id),
        select(Follower.user_id).where(Follower.incident_id == incident.id),
    ):
        found |= set(await session.scalars(asked))
    return found


async def list_paged(session: AsyncSession, incident_id: int) -> Collection[User]:
    """Everybody who was paged for an incident."""
    paged = select(Page.user_id).where(Page.subject == f"incident:{incident_id}")
    return (await session.scalars(select(User).where(User.id.in_(paged)).order_by(User.id))).all()


async def list_copies_around(
    session: AsyncSession, incident_id: int, user_id: int | None = None
) -> list[PageCopy]:
    """Where pages for an incident and for its alerts are shown: to everybody, or to one person."""
    alerts = select(literal("alert:") + cast(Alert.id, String)).where(Alert.incident_id == incident_id)
    asked = select(Page.id, Page.user_id, Page.method, Page.contact_id, Page.address).where(
        or_(Page.subject == f"incident:{incident_id}", Page.subject.in_(alerts))
    )
    if user_id is not None:
        asked = asked.where(Page.user_id == user_id)
    return [PageCopy(*row) for row in await session.execute(asked.order_by(Page.id))]


async def list_merged(session: AsyncSession, incident_id: int) -> Collection[Incident]:
    """The incidents that were merged into this one."""
    return (await session.scalars(select(Incident).where(Incident.merged_into == incident_id))).all()


async def find_private_of_channel(session: AsyncSession, channel: BoardChannel) -> Incident | None:
    """The private incident that is worked on in a channel of the Room."""
    if channel.kind != "incident":
        return None
    return (
        await session.scalars(
            select(Incident)
            .join(
                IncidentRoom,
                and_(IncidentRoom.incident_id == Incident.id, IncidentRoom.platform == "room"),
            )
            .where(IncidentRoom.channel == str(channel.id), Incident.private.is_(True))
        )
    ).first()


PRIVATE = Ready(
    lambda database: (
        select(Alert.id, Alert.incident_id)
        .join(Incident, Incident.id == Alert.incident_id)
        .where(is_among(database, Alert.id, "alerts"), Incident.private.is_(True))
    )
)


async def find_private_of_alerts(session: AsyncSession, alert_ids: Collection[int]) -> dict[int, int]:
    """Which of these alerts belong to private incidents: their incidents by alert."""
    return {row[0]: row[1] for row in await PRIVATE.ask(session, alerts=sorted(alert_ids))}
