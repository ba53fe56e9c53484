"""Questions about alerts. Those that the intake asks are set-based: one statement for a whole group of signals."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Select, Table, Text, bindparam, case, cast, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Alert, AlertNote, Incident
from storage.questions.ids import reserve_ids
from storage.questions.privacy import Looking, is_alert_visible, is_incident_visible
from storage.ready import Ready, insert_into, is_among
from storage.words import AlertStatus


class OpenAlert(NamedTuple):
    """What intake knows of an open alert. Its priority, and the most urgent one that its sender ever said (empty for
    alerts of releases that did not keep it), are words that compare as `Priority` does."""

    id: int
    uid: str
    incident_id: int | None
    priority: str
    said_priority: str


LOOK_AT_OPEN = {
    "sqlite": (
        "SELECT alert.integration_id, alert.alias, alert.id, alert.uid, alert.incident_id, alert.priority, "
        "coalesce(json_extract(alert.said, '$.priority'), '') "
        "FROM json_each(:pairs) AS pair CROSS JOIN alert "
        "ON alert.integration_id = json_extract(pair.value, '$[0]') "
        "AND alert.alias = json_extract(pair.value, '$[1]') WHERE alert.status = 'open'"
    ),
    "postgresql": (
        "SELECT open.integration_id, open.alias, open.id, open.uid, open.incident_id, open.priority, "
        "coalesce(open.said ->> 'priority', '') "
        "FROM jsonb_array_elements(CAST(:pairs AS jsonb)) AS pair (value) CROSS JOIN LATERAL ("
        "SELECT * FROM alert WHERE alert.integration_id = CAST(pair.value ->> 0 AS integer) "
        "AND alert.alias = pair.value ->> 1 AND alert.status = 'open' LIMIT 1) AS open"
    ),
}
"""By the index of open aliases, whose condition stands here word for word, so that the planner sees it. PostgreSQL is left
no choice: in a storm it does not know yet how many alerts are open, and would read them all for each group of signals."""
LOCK_OPEN = {
    "sqlite": LOOK_AT_OPEN["sqlite"],
    "postgresql": LOOK_AT_OPEN["postgresql"].join(
        (
            "SELECT alert.integration_id, alert.alias, alert.id, alert.uid, alert.incident_id, alert.priority, "
            "coalesce(alert.said ->> 'priority', '') FROM alert WHERE alert.id = ANY (ARRAY (SELECT found.id FROM (",
            ") AS found)) AND alert.status = 'open' ORDER BY alert.id FOR UPDATE OF alert",
        )
    ),
}
FIND_OPEN = {
    False: Ready(lambda database: text(LOOK_AT_OPEN[database])),
    True: Ready(lambda database: text(LOCK_OPEN[database])),
}


async def find_open(
    session: AsyncSession, pairs: Collection[tuple[int, str]], lock: bool = True
) -> dict[tuple[int, str], OpenAlert]:
    """Open alerts by (integration, alias)."""
    rows = await FIND_OPEN[lock].ask(session, pairs=msgspec.json.encode(list(pairs)).decode())
    return {row[:2]: OpenAlert(*row[2:]) for row in rows}


ALERTS: Table = Alert.__table__  # type: ignore[assignment]
COUNT = Ready(
    lambda database: (
        update(ALERTS)
        .where(is_among(database, ALERTS.c.id, "alerts"))
        .values(count=ALERTS.c.count + bindparam("by"), last_at=bindparam("at", type_=ALERTS.c.last_at.type))
    )
)
INSERT = insert_into(
    ALERTS,
    (
        "id",
        "uid",
        "integration_id",
        "alias",
        "title",
        "description",
        "priority",
        "status",
        "count",
        "source",
        "labels",
        "links",
        "images",
        "tags",
        "entity",
        "responders",
        "actions",
        "payload_id",
        "said",
        "held_by",
        "held_until",
        "held_count",
        "policy_id",
        "team_id",
        "service_id",
        "incident_id",
        "first_at",
        "last_at",
        "trace",
    ),
)


async def count_repeats(session: AsyncSession, repeats: Mapping[int, int], at: datetime) -> None:
    """Raise the counts of open alerts, by id, that were sent again then; one statement for all that were sent as often."""
    by_times: dict[int, list[int]] = {}
    for number, times in repeats.items():
        by_times.setdefault(times, []).append(number)
    for times, numbers in by_times.items():
        await COUNT.ask(session, alerts=numbers, by=times, at=at)


async def insert_alerts(session: AsyncSession, rows: list[dict[str, Any]]) -> list[int]:
    """Insert new alerts; their ids in the order of the rows."""
    ids = await reserve_ids(session, ALERTS, len(rows))
    for row, number in zip(rows, ids, strict=True):
        row["id"] = number
    await INSERT.run_many(session, rows)
    return ids


async def count_opened(
    session: AsyncSession, integration_id: int, alias: str, since: datetime, but: str
) -> int:
    """How often an alert of this alias was opened since then, without the one of this uid."""
    asked = select(func.count()).where(
        Alert.alias == alias,
        Alert.integration_id == integration_id,
        Alert.first_at >= since,
        Alert.uid != but,
    )
    return await session.scalar(asked) or 0


async def count_lately(session: AsyncSession, team_id: int | None, since: datetime, limit: int) -> int:
    """How many alerts of a team came since then and belong to no incident; not counted on beyond the limit."""
    found = (
        select(Alert.id)
        .where(
            Alert.team_id == team_id,
            Alert.first_at >= since,
            Alert.incident_id.is_(None),
            Alert.held_by == "",
        )
        .limit(limit)
    )
    return await session.scalar(select(func.count()).select_from(found.subquery())) or 0


async def close_alerts(session: AsyncSession, ids: Collection[int], at: datetime, by: int | None) -> None:
    await session.execute(
        update(Alert)
        .where(Alert.id.in_(ids))
        .values(status=AlertStatus.CLOSED, closed_at=at, closed_by=by, snoozed_until=None)
        .execution_options(synchronize_session="fetch")
    )


async def list_alerts_by_id(session: AsyncSession, ids: Collection[int]) -> Sequence[Alert]:
    return (await session.scalars(select(Alert).where(Alert.id.in_(ids)).order_by(Alert.id))).all()


async def list_open_alerts(session: AsyncSession, limit: int = 50, *, viewer: Looking) -> Sequence[Alert]:
    """Open alerts that this viewer may see, the most urgent first, then the newest."""
    asked = select(Alert).where(Alert.status == AlertStatus.OPEN, is_alert_visible(viewer))
    return (await session.scalars(take_urgent(asked, limit))).all()


def take_urgent(asked: Select[Alert], limit: int) -> Select[Alert]:
    """The most urgent of these alerts, then the newest."""
    return take_first(asked, (Alert.priority, Alert.id.desc()), limit)


def take_first(asked: Select[Alert], order: Sequence[Any], limit: int, offset: int = 0) -> Select[Alert]:
    """The first of these alerts in this order. All are sorted by what is small: only those that are chosen are read with
    their descriptions."""
    chosen = asked.with_only_columns(Alert.id).order_by(*order).limit(limit).offset(offset or None)
    return select(Alert).where(Alert.id.in_(chosen.correlate(None))).order_by(*order)


async def list_open_of_incident(session: AsyncSession, incident_id: int) -> Sequence[Alert]:
    return (
        await session.scalars(
            select(Alert)
            .where(Alert.incident_id == incident_id, Alert.status == AlertStatus.OPEN)
            .order_by(Alert.id)
        )
    ).all()


ROUTES = Ready(
    select(
        Alert.team_id,
        Alert.policy_id,
        func.max(case((Alert.status == AlertStatus.OPEN, 1), else_=0)).label("is_open"),
    )
    .where(Alert.incident_id == bindparam("incident"), Alert.team_id.is_not(None))
    .group_by(Alert.team_id, Alert.policy_id)
    .order_by(func.min(Alert.id))
)

NAMED = (
    select(Alert.responders)
    .where(
        Alert.incident_id == bindparam("incident"),
        Alert.status == AlertStatus.OPEN,
        cast(Alert.responders, Text).contains('"policy":'),
    )
    .order_by(Alert.id)
)
"""Those of whom a routing rule chose the policy."""


async def list_routes(session: AsyncSession, incident_id: int) -> dict[int, list[int | None]]:
    """The policies that routing rules chose for the open alerts of an incident, by team, in the order in which they came;
    None where that is the team's own. Of a team without open alerts, that of its first one; of one that has no alert and
    that alerts only name, what its own rules chose for those. ix_alert_incident."""
    rows = await ROUTES.ask(session, incident=incident_id)
    first: dict[int, list[int | None]] = {}
    found: dict[int, list[int | None]] = {}
    for team, policy, has_open in rows:
        first.setdefault(team, [policy])
        if has_open:
            found.setdefault(team, []).append(policy)
    named: dict[int, list[int | None]] = {}
    for responders in await session.scalars(NAMED, {"incident": incident_id}):
        for one in responders:
            if one.get("policy") and one["policy"] not in named.setdefault(one["id"], []):
                named[one["id"]].append(one["policy"])
    return named | first | found


async def change_open_of_incident(
    session: AsyncSession, incident_id: int, values: dict[str, Any], only_unacknowledged: bool
) -> Sequence[int]:
    """Change the open alerts of an incident in one statement; returns their ids."""
    where = [Alert.incident_id == incident_id, Alert.status == AlertStatus.OPEN]
    if only_unacknowledged:
        where.append(Alert.acknowledged_at.is_(None))
    ids = await session.scalars(
        update(Alert)
        .where(*where)
        .values(**values)
        .returning(Alert.id)
        .execution_options(synchronize_session="fetch")
    )
    return sorted(ids)


async def count_open(session: AsyncSession, viewer: Looking) -> int:
    """How many open alerts this viewer may see."""
    asked = select(func.count()).select_from(Alert)
    return await session.scalar(asked.where(Alert.status == AlertStatus.OPEN, is_alert_visible(viewer))) or 0


async def count_open_in(session: AsyncSession, incident_ids: Collection[int]) -> dict[int, int]:
    """How many alerts are still open, per incident."""
    rows = await session.execute(
        select(Alert.incident_id, func.count())
        .where(Alert.incident_id.in_(incident_ids), Alert.status == AlertStatus.OPEN)
        .group_by(Alert.incident_id)
    )
    return {row[0]: row[1] for row in rows if row[0] is not None}


async def list_notes(session: AsyncSession, alert_id: int) -> Sequence[AlertNote]:
    return (
        await session.scalars(select(AlertNote).where(AlertNote.alert_id == alert_id).order_by(AlertNote.id))
    ).all()


NOTES = insert_into(AlertNote.__table__, ("alert_id", "at", "actor_id", "actor_name", "kind", "text", "data"))  # type: ignore[arg-type]


async def find_noted(session: AsyncSession, alert_ids: Sequence[int]) -> set[tuple[int, str]]:
    """The notes of these alerts: (alert, text)."""
    rows = await session.execute(
        select(AlertNote.alert_id, AlertNote.text).where(
            AlertNote.alert_id.in_(alert_ids), AlertNote.kind == "note"
        )
    )
    return {(alert_id, text) for alert_id, text in rows}


async def insert_notes(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """Write into the logs of alerts."""
    await NOTES.run_many(session, rows)


async def search_alerts(
    session: AsyncSession, text: str, limit: int = 20, *, viewer: Looking
) -> Sequence[Alert]:
    wanted = text.lower()
    return (
        await session.scalars(
            select(Alert)
            .where(
                is_alert_visible(viewer),
                or_(
                    func.lower(Alert.title).contains(wanted, autoescape=True),
                    func.lower(Alert.alias).contains(wanted, autoescape=True),
                ),
            )
            .order_by(Alert.id.desc())
            .limit(limit)
        )
    ).all()


async def search_incidents(
    session: AsyncSession, text: str, limit: int = 20, *, viewer: Looking
) -> Sequence[Incident]:
    wanted = text.lower()
    return (
        await session.scalars(
            select(Incident)
            .where(
                is_incident_visible(viewer),
                or_(
                    func.lower(Incident.title).contains(wanted, autoescape=True),
                    func.lower(Incident.summary).contains(wanted, autoescape=True),
                ),
            )
            .order_by(Incident.id.desc())
            .limit(limit)
        )
    ).all()
