"""Rows that are inserted many at once read back as they were given, on both databases."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from bot.flow.unit import Unit
from storage.models import AlertNote
from storage.questions.alerts import insert_notes
from tests.house import House

AT = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)


def note(alert_id: int, at: datetime, **data: Any) -> dict[str, Any]:
    return {
        "alert_id": alert_id,
        "at": at,
        "actor_id": None,
        "actor_name": "Zoë",
        "kind": "note",
        "text": "'; DROP TABLE alert; --",
        "data": data,
    }


async def test_rows_read_back_as_they_were_given(house: House) -> None:
    await house.send({"title": "Disk full"})
    local = AT.astimezone(timezone(timedelta(hours=2)))
    rows = [
        note(1, AT, n=[1, None, {"é": True}]),
        note(1, AT),
        note(1, local),
        note(1, AT + timedelta(seconds=1)),
    ]

    async def insert(unit: Unit) -> None:
        await insert_notes(unit.session, rows)

    await house.parts.work.run(insert)
    found = await house.rows(AlertNote, AlertNote.actor_name == "Zoë")
    assert [one.at for one in found] == [AT, AT, AT, AT + timedelta(seconds=1)]
    assert [one.data for one in found] == [{"n": [1, None, {"é": True}]}, {}, {}, {}]
    assert {one.text for one in found} == {"'; DROP TABLE alert; --"}


async def test_a_row_with_another_column_is_refused(sqlite_house: House) -> None:
    async def insert(unit: Unit) -> None:
        await insert_notes(unit.session, [{**note(1, AT), "id": 7}])

    with pytest.raises(ValueError, match="alert_note"):
        await sqlite_house.parts.work.run(insert)
