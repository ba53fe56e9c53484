"""Exceptions to the rotations as people read them: with names in place of ids."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.flow.unit import Unit
from bot.oncall.exceptions import AnyException, is_read, name_of
from storage.models import Forwarding, Override, Schedule
from storage.questions import access, oncall

FAR = timedelta(days=36_500)


@dataclass(frozen=True)
class Listed:
    """`name` is what it is cancelled by; `kind` is override, swap, forwarding or off. An override without a person puts
    nobody on call; one without a rotation is for all of them. In a swap, `person` has what was `giver`'s."""

    name: str
    kind: str
    starts_at: datetime
    ends_at: datetime
    person: str = ""
    taker: str = ""
    schedule: str = ""
    rotation: str = ""
    giver: str = ""
    owner_id: int = 0
    """Whose it is: whoever is put on call, forwards or is off."""
    is_read: bool = False
    """Whether it was read in a calendar, and so can't be cancelled."""


async def list_coming(
    unit: Unit, schedules: Sequence[Schedule], people: Collection[int] | None = None
) -> list[Listed]:
    """What is in force and what will be: the overrides of these schedules, and what these people, or all, forward and take
    off."""
    session, end = unit.session, unit.now + FAR
    ids = [schedule.id for schedule in schedules]
    overrides = await oncall.list_overrides(session, ids, unit.now, end)
    forwardings = await oncall.list_forwardings(session, unit.now, end)
    absences: list[AnyException] = [*forwardings, *await oncall.list_times_off(session, unit.now, end)]
    rows: list[AnyException] = [
        *overrides,
        *(row for row in absences if people is None or _list_people(row)[0] in people),
    ]
    users = await access.list_users_by_id(session, {number for row in rows for number in _list_people(row)})
    names = {number: user.name for number, user in users.items()}
    where = {schedule.id: schedule.name for schedule in schedules}
    rotations = {row.id: row.name for row in await oncall.list_rotations(session, ids)} if overrides else {}
    found = []
    for row in rows:
        taker = schedule = rotation = giver = ""
        kind, _, _ = name_of(row).partition("-")
        if isinstance(row, Forwarding):
            taker = names[row.taker_id]
        elif isinstance(row, Override):
            schedule, rotation = where[row.schedule_id], rotations.get(row.rotation_id or 0, "")
            if row.giver_id is not None:
                kind, giver = "swap", names[row.giver_id]
        owner = next(iter(_list_people(row)), 0)
        person = names.get(owner, "")
        found.append(
            Listed(
                name_of(row),
                kind,
                row.starts_at,
                row.ends_at,
                person,
                taker,
                schedule,
                rotation,
                giver,
                owner,
                is_read(row),
            )
        )
    return sorted(found, key=lambda one: one.starts_at)


def _list_people(row: AnyException) -> list[int]:
    """Whose it is, and who else is named."""
    if isinstance(row, Forwarding):
        return [row.giver_id, row.taker_id]
    giver = row.giver_id if isinstance(row, Override) else None
    return [number for number in (row.user_id, giver) if number is not None]
