"""Searching alerts: a search as plain values becomes SQL, for both databases."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Alert, Integration, Page, Team, User
from storage.questions.alerts import take_first
from storage.questions.privacy import Looking, is_alert_visible
from storage.search import FIELDS as KINDS
from storage.search import All, AnyOf, Kind, Not, Search, Term
from storage.words import AlertStatus

Condition = ColumnElement[bool]
Judge = Callable[[Any], Condition]
"""Whether a column is what a term asks for."""
MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Reach:
    """Whose alerts: everybody's, or those of a team and those that came by one integration."""

    team_id: int | None = None
    integration_id: int | None = None


def _later(one: Any, other: Any) -> Any:
    return case((other > one, other), else_=one)


CHANGED = _later(
    _later(Alert.last_at, func.coalesce(Alert.acknowledged_at, Alert.last_at)),
    func.coalesce(Alert.closed_at, Alert.last_at),
)
"""When an alert changed last, as far as it says so itself."""
COLUMNS: dict[str, Any] = {
    "message": Alert.title,
    "description": Alert.description,
    "entity": Alert.entity,
    "source": Alert.source,
    "alertId": Alert.uid,
    "tinyId": Alert.id,
    "count": Alert.count,
    "status": cast(Alert.status, String),
    "priority": cast(Alert.priority, String),
    "createdAt": Alert.first_at,
    "updatedAt": CHANGED,
    "lastOccurredAt": Alert.last_at,
    "snoozedUntil": Alert.snoozed_until,
}
FLAGS: dict[str, Any] = {
    "isSeen": Alert.acknowledged_at,
    "acknowledged": Alert.acknowledged_at,
    "snoozed": Alert.snoozed_until,
}
PEOPLE: dict[str, Any] = {
    "owner": Alert.owner_id,
    "acknowledgedBy": Alert.acknowledged_by,
    "closedBy": Alert.closed_by,
}
SORTS: dict[str, Any] = {
    **{
        name: COLUMNS[name]
        for name in ("createdAt", "updatedAt", "tinyId", "message", "status", "snoozedUntil", "count")
    },
    "lastOccurredAt": Alert.last_at,
    "source": Alert.source,
    "priority": COLUMNS["priority"],
    "alias": Alert.alias,
    "acknowledged": Alert.acknowledged_at.is_not(None),
    "isSeen": Alert.acknowledged_at.is_not(None),
    "snoozed": Alert.snoozed_until.is_not(None),
    "owner": Alert.owner_id,
    "integration.name": select(Integration.name)
    .where(Integration.id == Alert.integration_id)
    .scalar_subquery(),
    "integration.type": select(Integration.source)
    .where(Integration.id == Alert.integration_id)
    .scalar_subquery(),
    "report.ackTime": Alert.acknowledged_at,
    "report.closeTime": Alert.closed_at,
    "report.acknowledgedBy": Alert.acknowledged_by,
    "report.closedBy": Alert.closed_by,
}
"""What a list can be sorted by."""


async def list_found(
    session: AsyncSession,
    search: Search,
    *,
    viewer: Looking,
    reach: Reach,
    sort: str,
    descending: bool,
    offset: int,
    limit: int,
) -> Sequence[Alert]:
    """One page of what a search finds. What has no value to sort by comes last. By status: ix_alert_status; else the newest
    are looked at first."""
    column = SORTS[sort]
    asked = select(Alert).where(*_conditions(session, search, viewer, reach))
    by_id = Alert.id.desc() if descending else Alert.id.asc()
    if sort == "createdAt":
        return (await session.scalars(asked.order_by(by_id).offset(offset).limit(limit))).all()
    order = [column.is_(None), column.desc() if descending else column.asc(), by_id]
    return (await session.scalars(take_first(asked, order, limit, offset))).all()


async def count_found(session: AsyncSession, search: Search, *, viewer: Looking, reach: Reach) -> int:
    asked = select(func.count()).select_from(Alert).where(*_conditions(session, search, viewer, reach))
    return await session.scalar(asked) or 0


def _conditions(session: AsyncSession, search: Search, viewer: Looking, reach: Reach) -> list[Condition]:
    dialect = session.get_bind().dialect.name
    found = [is_alert_visible(viewer), build_condition(search, dialect)]
    if reach.team_id is not None:
        found.append(or_(Alert.team_id == reach.team_id, Alert.integration_id == reach.integration_id))
    return found


def build_condition(search: Search, dialect: str) -> Condition:
    """The condition for rows of `alert`. It is never NULL, so that its opposite is right."""
    if isinstance(search, All):
        return and_(true(), *(build_condition(part, dialect) for part in search.parts))
    if isinstance(search, AnyOf):
        return or_(false(), *(build_condition(part, dialect) for part in search.parts))
    if isinstance(search, Not):
        return not_(build_condition(search.part, dialect))
    if search.field in FLAGS:
        return _build_flag(search)
    found = _build_term(search, dialect)
    return func.coalesce(found, false()) if search.field == "snoozedUntil" else found


def _build_flag(term: Term) -> Condition:
    column = FLAGS[term.field]
    return column.is_not(None) if term.value else column.is_(None)  # type: ignore[no-any-return]


def _build_term(term: Term, dialect: str) -> Condition:
    word = str(term.value).lower()
    if term.field == "status" and word in ("open", "closed"):
        return Alert.status == AlertStatus(word)
    judge = _read_judge(term)
    if term.field == "text":
        words = (Alert.title, Alert.description, Alert.alias, Alert.entity, Alert.source)
        return or_(*(judge(column) for column in words), _has_item(Alert.tags, judge, dialect))
    if term.field in COLUMNS:
        return judge(COLUMNS[term.field])
    if term.field == "alias":
        return and_(Alert.alias == term.value, Alert.status == AlertStatus.OPEN)
    if term.field in PEOPLE:
        return exists().where(User.id == PEOPLE[term.field], _is_called(judge))
    if term.field == "recipients":
        paged = Page.subject == literal("alert:").concat(cast(Alert.id, String))
        return exists().where(paged, User.id == Page.user_id, _is_called(judge))
    if term.field in ("teams", "responders"):
        its_team = exists().where(Team.id == Alert.team_id, or_(judge(Team.name), judge(Team.slug)))
        return or_(its_team, _has_responder(judge, dialect, teams_alone=term.field == "teams"))
    if term.field in ("tag", "actions"):
        return _has_item(Alert.tags if term.field == "tag" else Alert.actions, judge, dialect)
    if term.field in ("details.key", "details.value"):
        return _has_detail(term.field.partition(".")[2], judge, dialect)
    is_asked = judge(Integration.name)
    if term.field == "integration.type":
        as_shown = case((Integration.source == "opsgenie", "API"), else_=Integration.source)
        is_asked = or_(judge(Integration.source), judge(as_shown))
    return exists().where(Integration.id == Alert.integration_id, is_asked)


def _is_called(judge: Judge) -> Condition:
    return or_(and_(User.email != "", judge(User.email)), judge(User.handle), judge(User.name))


def _read_judge(term: Term) -> Judge:
    kind, value = KINDS[term.field], term.value
    if kind in (Kind.NUMBER, Kind.TIME) or kind is Kind.EXACT:
        return lambda column: _compare(column, term.operation, value)
    pattern = str(value).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")
    if kind is Kind.WORDS:
        pattern = f"%{pattern}%"
    return lambda column: func.lower(column).like(func.lower(literal(pattern)), escape="\\")


def _compare(column: Any, operation: str, value: Any) -> Condition:
    """Times are kept more exactly than a query can say them: a millisecond is meant as a whole."""
    is_time = isinstance(value, datetime)
    after: Any = (
        value + MILLISECOND
        if is_time and value < value.max.replace(tzinfo=value.tzinfo) - MILLISECOND
        else value
    )
    if operation == ":":
        return and_(column >= value, column < after) if is_time else column == value
    if operation == "<":
        return column < value  # type: ignore[no-any-return]
    if operation == ">=":
        return column >= value  # type: ignore[no-any-return]
    if operation == "<=":
        return column < after if is_time else column <= value  # type: ignore[no-any-return]
    return column >= after if is_time else column > value  # type: ignore[no-any-return]


def _has_item(column: Any, judge: Judge, dialect: str) -> Condition:
    """Whether one item of a JSON list is what is asked for."""
    if dialect == "sqlite":
        items = func.json_each(column).table_valued("value", name="item")
    else:
        items = func.jsonb_array_elements_text(column).table_valued("value", name="item")
    return select(literal(1)).select_from(items).where(judge(items.c.value)).exists()


def _has_responder(judge: Judge, dialect: str, teams_alone: bool) -> Condition:
    """Whether one of those who were called in is what is asked for."""
    if dialect == "sqlite":
        items = func.json_each(Alert.responders).table_valued("value", name="item")
        name: Any = func.json_extract(items.c.value, "$.name")
        kind: Any = func.json_extract(items.c.value, "$.type")
    else:
        items = func.jsonb_array_elements(Alert.responders).table_valued("value", name="item")
        name, kind = items.c.value.op("->>")("name"), items.c.value.op("->>")("type")
    is_meant = and_(judge(name), kind == "team") if teams_alone else judge(name)
    return select(literal(1)).select_from(items).where(is_meant).exists()


def _has_detail(part: str, judge: Judge, dialect: str) -> Condition:
    """Whether a name or a value of the alert's labels is what is asked for."""
    if dialect == "sqlite":
        pairs = func.json_each(Alert.labels).table_valued("key", "value", name="pair")
    else:
        pairs = func.jsonb_each_text(Alert.labels).table_valued("key", "value", name="pair")
    return select(literal(1)).select_from(pairs).where(judge(pairs.c[part])).exists()
