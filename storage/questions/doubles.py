"""Questions that keep once what two people who become one have both: ways to reach them, absences, shifts of each other."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Text, and_, cast, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import (
    AbsenceCalendar,
    Alert,
    CalendarFeed,
    ContactMethod,
    Forwarding,
    Override,
    TimeOff,
    User,
)
from storage.questions.people import replace_person
from storage.words import AlertStatus


async def join_contacts(session: AsyncSession, gone: User, kept: User) -> dict[str, str]:
    """Where both are reached in the same place, one way is left; two that are called the same are not any more. Returns the
    new labels of what came with the one who goes, by the old ones."""
    active = and_(ContactMethod.user_id.in_((gone.id, kept.id)), ContactMethod.active.is_(True))
    rows = (await session.scalars(select(ContactMethod).where(active).order_by(ContactMethod.id))).all()
    own = {(one.kind, one.address): one for one in rows if one.user_id == kept.id}
    taken = {one.label for one in own.values()}
    renamed: dict[str, str] = {}
    for row in rows:
        if row.user_id != gone.id:
            continue
        twin = own.get((row.kind, row.address))
        if twin is None and not (row.kind == "email" and row.address.lower() == kept.email.lower()):
            label = _find_free(row.label, taken)
        elif twin is None:
            row.active, label = False, "email"
        elif row.verified_at is not None and twin.verified_at is None and twin.origin != "file":
            twin.active, label = False, twin.label
        else:
            row.active, label = False, twin.label
        if label != row.label:
            renamed[row.label] = label
        if row.active:
            row.label = label
            taken.add(label)
    await session.flush()
    return renamed


def _find_free(label: str, taken: set[str]) -> str:
    numbered = (label, *(f"{label[:56]}-{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in numbered if name not in taken)


async def join_absences(session: AsyncSession, old: int, new: int) -> None:
    """The same time off is had once. Somebody reads one calendar of absences: what was read in the other stays, as if it had
    been said."""
    calendars = select(AbsenceCalendar.user_id).where(AbsenceCalendar.user_id.in_((old, new)))
    both_read = len((await session.scalars(calendars)).all()) > 1
    rows = (await session.scalars(select(TimeOff).where(TimeOff.user_id.in_((old, new))))).all()
    own = {(one.starts_at, one.ends_at) for one in rows if one.user_id == new}
    for row in rows:
        if row.user_id == old and (row.starts_at, row.ends_at) in own:
            await session.delete(row)
        elif row.user_id == old and both_read:
            row.origin = "room"
    await session.flush()


async def end_exchanges(session: AsyncSession, old: int, new: int) -> None:
    """Nobody stands in for themselves. The same override of both is one."""
    pair = (old, new)
    await session.execute(
        delete(Forwarding).where(Forwarding.giver_id.in_(pair), Forwarding.taker_id.in_(pair))
    )
    await session.execute(delete(Override).where(Override.giver_id.in_(pair), Override.user_id.in_(pair)))
    rows = (await session.scalars(select(Override).where(Override.user_id.in_(pair)))).all()
    own = {_spell(row) for row in rows if row.user_id == new}
    for row in rows:
        if row.user_id == old and _spell(row) in own:
            await session.delete(row)
    await session.flush()


def _spell(row: Override) -> tuple[object, ...]:
    return row.schedule_id, row.rotation_id, row.giver_id, row.starts_at, row.ends_at


async def move_feeds(session: AsyncSession, old: int, new: int) -> None:
    """The link to one's own shifts is to those of the one who stays. When both have one, both lead there: the other keeps
    its name."""
    mine, other = f"user:{new}", f"user:{old}"
    query = select(CalendarFeed).where(
        or_(CalendarFeed.user_id == new, CalendarFeed.user_id == old),
        CalendarFeed.subject.in_((mine, other)),
    )
    rows: Sequence[CalendarFeed] = (await session.scalars(query)).all()
    if all(row.subject != mine for row in rows):
        for row in rows:
            row.subject = mine
    await session.flush()


async def move_responders(session: AsyncSession, old: int, new: int) -> None:
    """Of alerts that are open."""
    named = cast(Alert.responders, Text).contains('"user"')
    for alert in await session.scalars(select(Alert).where(Alert.status == AlertStatus.OPEN, named)):
        alert.responders = _list_once(replace_person(alert.responders, old, new))
    await session.flush()


def _list_once(responders: list[Any]) -> list[Any]:
    return list({(one["type"], one["id"]): one for one in reversed(responders)}.values())[::-1]
