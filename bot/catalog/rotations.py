"""The rotations of schedules, brought to what an entry says, and back. Rows stay the same ones where they can, because
overrides may be for one of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.catalog.drafts import Names
from bot.catalog.kinds import GAP, Recipient
from bot.catalog.shapes import RotationShape
from bot.flow.unit import Unit
from storage.models import Rotation, Schedule

Ids = Mapping[str, Mapping[str, int]]


async def put_rotations(
    unit: Unit, schedule: Schedule, entries: Sequence[RotationShape], ids: Ids, old: Sequence[Rotation]
) -> bool:
    """Whether the rotations are others than before."""
    names = name_rotations(entries)
    kept = _match(names, old)
    gone = [row for row in old if row not in kept]
    for row in gone:
        await unit.session.delete(row)
    is_other = bool(gone)
    for position, (name, entry, known) in enumerate(zip(names, entries, kept, strict=True)):
        values = {"name": name, "position": position, **_columns_of(entry, ids)}
        if known is None:
            unit.session.add(Rotation(schedule_id=schedule.id, **values))
            is_other = True
            continue
        for column, value in values.items():
            if getattr(known, column) != value:
                setattr(known, column, value)
                is_other = True
    await unit.session.flush()
    return is_other


def name_rotations(entries: Sequence[RotationShape]) -> list[str]:
    """What people call each: as the file says, or by its kind, with a number where that is taken."""
    taken = {entry.name for entry in entries if entry.name is not None}
    names = []
    for entry in entries:
        base = entry.kind.value.capitalize()
        numbered = [base, *(f"{base} {number}" for number in range(2, len(entries) + 2))]
        names.append(entry.name or next(name for name in numbered if name not in taken))
        taken.add(names[-1])
    return names


def _match(names: Sequence[str], rows: Sequence[Rotation]) -> list[Rotation | None]:
    """The row that each name is for: the one of that name, or one whose name is gone, which was renamed then."""
    left = {row.name: row for row in reversed(rows)}
    found = {name: left.pop(name, None) for name in names}
    spare = [row for row in rows if row.name in left and left[row.name] is row]
    return [found[name] or (spare.pop(0) if spare else None) for name in names]


def _columns_of(entry: RotationShape, ids: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "length": entry.length,
        "starts": entry.starts,
        "ends": entry.ends or "",
        "participants": participants_of(entry, ids),
        "hours": [window.model_dump(mode="json", by_alias=True, exclude_none=True) for window in entry.hours],
    }


def participants_of(entry: RotationShape, ids: Ids) -> list[Any]:
    """As `storage.models.Rotation` keeps them."""
    return [_participant_of(one, ids) for one in entry.participants]


def _participant_of(participant: Recipient | None, ids: Mapping[str, Mapping[str, int]]) -> Any:
    if participant is None:
        return None
    number = ids[participant.kind][participant.name]
    return number if participant.kind == "user" else {"team": number}


def entry_of_rotation(row: Rotation, names: Names) -> dict[str, Any]:
    """As the configuration file has it; what is as it is anyway is left out."""
    entry: dict[str, Any] = {
        "name": row.name,
        "kind": row.kind.value,
        "length": row.length,
        "starts": row.starts,
        "ends": row.ends or None,
        "participants": [_spell_participant(one, names) for one in row.participants],
        "hours": [{name: value for name, value in one.items() if value} for one in row.hours] or None,
    }
    return {name: value for name, value in entry.items() if value is not None}


def _spell_participant(part: Any, names: Names) -> str:
    if part is None:
        return GAP
    if isinstance(part, dict):
        return f"team:{names.slugs['team'][part['team']]}"
    return names.slugs["user"][part]
