"""The rotations of schedules, brought to what a configuration file says. Rows stay the same ones where they can, because
overrides may be for one of them. Called by `bot.catalog.apply` only."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.catalog.kinds import Recipient
from bot.catalog.ledger import Ledger
from bot.catalog.shapes import Config, RotationShape
from storage.models import Rotation, Schedule, Team, User
from storage.questions import oncall


async def keep_rotations(
    ledger: Ledger,
    config: Config,
    schedules: Mapping[str, Schedule],
    users: Mapping[str, User],
    teams: Mapping[str, Team],
) -> None:
    ids = {
        "user": {handle: row.id for handle, row in users.items()},
        "team": {slug: row.id for slug, row in teams.items()},
    }
    rows = await oncall.list_rotations(ledger.unit.session, [schedule.id for schedule in schedules.values()])
    for slug, schedule in schedules.items():
        old = [row for row in rows if row.schedule_id == schedule.id]
        entries = config.schedules[slug].rotations
        names = name_rotations(entries)
        kept = _match(names, old)
        for row in old:
            if row not in kept:
                await ledger.unit.session.delete(row)
                ledger.note(schedule, "rotations")
        for position, (name, entry, known) in enumerate(zip(names, entries, kept, strict=True)):
            values = {"name": name, "position": position, **_columns_of(entry, ids)}
            if known is None:
                ledger.unit.session.add(Rotation(schedule_id=schedule.id, **values))
                ledger.note(schedule, "rotations")
                continue
            for column, value in values.items():
                if getattr(known, column) != value:
                    setattr(known, column, value)
                    ledger.note(schedule, "rotations")


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
        "participants": [_participant_of(one, ids) for one in entry.participants],
        "hours": [window.model_dump(mode="json", by_alias=True, exclude_none=True) for window in entry.hours],
    }


def _participant_of(participant: Recipient | None, ids: Mapping[str, Mapping[str, int]]) -> Any:
    """As `storage.models.Rotation` keeps it."""
    if participant is None:
        return None
    number = ids[participant.kind][participant.name]
    return number if participant.kind == "user" else {"team": number}
