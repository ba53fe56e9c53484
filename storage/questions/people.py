"""Questions that make two people one: everything that names the one is to name the other."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Table, Text, UniqueConstraint, cast, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import (
    BoardMessage,
    Escalation,
    IncidentRoom,
    Model,
    OutboxRow,
    Participant,
    PolicyStep,
    Rotation,
    TimelineEntry,
    User,
)

LATEST_WINS = ("invited", "paged", "joined", "spoke", "acted")
"""How somebody takes part, from the least to the most that is known of it."""


async def move_references(session: AsyncSession, old: int, new: int) -> None:
    """Let every row that refers to the person `old` refer to `new`. Where both stand, `new` stays."""
    await _join_participants(session, old, new)
    await _move_in_json(session, old, new)
    for table, column in list_references():
        for others in _list_keys(table, column):
            twin = table.alias()
            same = [twin.c[other.name] == table.c[other.name] for other in others]
            await session.execute(
                delete(table).where(column == old, exists().where(twin.c[column.name] == new, *same))
            )
        await session.execute(update(table).where(column == old).values({column.name: new}))


def list_references() -> Iterator[tuple[Table, Column[Any]]]:
    """Every column of every table that holds the id of a person."""
    people = User.__table__
    for table in Model.metadata.sorted_tables:
        for column in table.columns:
            if any(key.column.table is people for key in column.foreign_keys):
                yield table, column


def _list_keys(table: Table, column: Column[Any]) -> Iterator[list[Column[Any]]]:
    """For each key that the column is part of, the other columns of it."""
    keys = [constraint for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
    for columns in (table.primary_key.columns, *(key.columns for key in keys)):
        if column.name in columns:
            yield [other for other in columns if other.name != column.name]


async def _join_participants(session: AsyncSession, old: int, new: int) -> None:
    """Where both take part in an incident, the one that stays knows what was known of either."""
    rows = (await session.scalars(select(Participant).where(Participant.user_id.in_((old, new))))).all()
    kept = {row.incident_id: row for row in rows if row.user_id == new}
    for row in rows:
        other = kept.get(row.incident_id)
        if row.user_id == old and other is not None:
            other.since = min(other.since, row.since)
            other.left_at = None if row.left_at is None or other.left_at is None else other.left_at
            other.how = max(other.how, row.how, key=LATEST_WINS.index)
    await session.flush()


async def _move_in_json(session: AsyncSession, old: int, new: int) -> None:
    """The ids of people inside JSON: turns, recipients, invitations, reactions, and what waits to be sent."""
    for row in await session.scalars(select(Rotation)):
        row.participants = [new if number == old else number for number in row.participants]
    for step in await session.scalars(select(PolicyStep)):
        step.recipients = replace_person(step.recipients, old, new)
    for run in await session.scalars(select(Escalation).where(Escalation.ended_at.is_(None))):
        run.steps = replace_person(run.steps, old, new)
    incidents = select(Participant.incident_id).where(Participant.user_id == old)
    for room in await session.scalars(select(IncidentRoom).where(IncidentRoom.incident_id.in_(incidents))):
        room.invited = list(dict.fromkeys(new if number == old else number for number in room.invited))
    named = cast(BoardMessage.reactions, Text).contains(str(old))
    for message in await session.scalars(select(BoardMessage).where(named)):
        message.reactions = {
            name: list(dict.fromkeys(new if number == old else number for number in given))
            for name, given in message.reactions.items()
        }
    told = cast(TimelineEntry.data, Text).contains('"user_id"')
    entries = select(TimelineEntry).where(TimelineEntry.incident_id.in_(incidents), told)
    for entry in await session.scalars(entries):
        if entry.data.get("user_id") == old:
            entry.data = {**entry.data, "user_id": new}
    for job in await session.scalars(select(OutboxRow)):
        if job.payload.get("user") == old:
            job.payload = {**job.payload, "user": new}
    await session.flush()


def replace_person(value: Any, old: int, new: int) -> Any:
    """Recipients (`{"type": "user", "id": 7}`), however deep they stand, with one person instead of another."""
    if isinstance(value, dict):
        if value.get("type") == "user" and value.get("id") == old:
            return {**value, "id": new}
        return {key: replace_person(inner, old, new) for key, inner in value.items()}
    return [replace_person(inner, old, new) for inner in value] if isinstance(value, list) else value
