"""Things that people edit in the Room, in chat or by the API: rules, schedules, policies and teams. Each change is in the
audit log with the thing as it was before and as it is after, so that it can be seen and undone.

What is in the configuration file is changed there. An `Editor` knows one kind of thing; they share what is here.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.access.people import audit, make_handle
from bot.catalog import reasons
from bot.catalog.drafts import Entry, EntryWrong, Names
from bot.errors import Refused, Unknown
from bot.flow.unit import Unit
from storage.models import (
    AuditEntry,
    EscalationPolicy,
    Integration,
    Rule,
    Schedule,
    Service,
    Team,
    User,
)
from storage.questions import config as ask

FILE, HERE = "file", "room"
SLUG_LIMIT = 64
Row = TypeVar("Row", bound=Rule | Schedule | EscalationPolicy | Team)


@dataclass(frozen=True)
class Said:
    """What an entry says: `columns` of the row itself, and the `parts` that belong to it (rotations, steps, members) as
    the editor of its kind keeps them."""

    columns: Mapping[str, Any]
    parts: Sequence[Any] = ()


async def read_names(unit: Unit) -> Names:
    """What entries may name now."""
    session = unit.session
    things: dict[str, Sequence[Any]] = {
        "user": await ask.list_all(session, User),
        "team": await ask.list_all(session, Team),
        "policy": await ask.list_all(session, EscalationPolicy),
        "schedule": await ask.list_all(session, Schedule),
        "service": await ask.list_all(session, Service),
        "integration": await ask.list_all(session, Integration),
    }
    slugs = {
        word: {row.id: row.handle if word == "user" else row.slug for row in rows}
        for word, rows in things.items()
    }
    ids = {word: {slugs[word][row.id]: row.id for row in rows if row.active} for word, rows in things.items()}
    return Names(ids, slugs)


class Editor(ABC, Generic[Row]):
    """Edits one kind of thing, which people call `word`; pages that show it hear of `topic`."""

    word: str
    topic: str
    model: type[Row]

    @abstractmethod
    async def read(self, unit: Unit, row: Row, entry: object, names: Names) -> Said:
        """What an entry says; raises EntryWrong with all its faults."""

    @abstractmethod
    async def put_parts(self, unit: Unit, row: Row, parts: Sequence[Any], names: Names) -> None:
        """Bring what belongs to it to what an entry says."""

    @abstractmethod
    async def spell(self, unit: Unit, row: Row, names: Names) -> Entry:
        """What the configuration file would say of it."""

    async def check_unused(self, unit: Unit, row: Row) -> None:
        """Raises Refused when something would be without it."""

    async def read_state(self, unit: Unit, row: Row) -> dict[str, Any]:
        """What the audit log keeps of it."""
        return {"active": row.active, self.word: await self.spell(unit, row, await read_names(unit))}

    async def restore(self, unit: Unit, row: Row, before: Mapping[str, Any]) -> None:
        """Let it be again what it was."""
        await self._put(unit, row, before[self.word])
        row.active = before["active"]

    async def get(self, unit: Unit, slug: str) -> Row:
        """The one of this slug, on or off; raises Unknown."""
        found = await ask.find_by_slug(unit.session, self.model, slug)
        if found is None:
            known = [row.slug for row in await ask.list_all(unit.session, self.model)]
            raise Unknown(f"{self.word}.unknown", name=slug, known=known[:10])
        return found

    async def list_changes(self, unit: Unit, row: Row) -> Sequence[AuditEntry]:
        """What was changed about it, the newest first."""
        return await ask.list_audited(unit.session, self._subject(row), self.word)

    async def list_versions(self, unit: Unit, rows: Sequence[Row]) -> dict[int, int]:
        """By id, a number that grows with every change: 0 when there was none."""
        subjects = {self._subject(row): row.id for row in rows}
        last = await ask.list_last_audited(unit.session, list(subjects), self.word)
        return {number: last.get(subject, 0) for subject, number in subjects.items()}

    async def change(self, unit: Unit, row: Row, entry: object, version: int | None = None) -> None:
        """Let it be what an entry says; raises EntryWrong, and Refused when it is the configuration file's, or when somebody
        changed it after this version."""
        await self.open(unit, row, version)
        before = await self.read_state(unit, row)
        await self._put(unit, row, entry)
        await self.write(unit, row, "changed", before)

    async def try_change(self, unit: Unit, row: Row, entry: object) -> Row:
        """Let it be what an entry says for the rest of a unit that is not kept, also one of the configuration file; raises
        EntryWrong."""
        await self._put(unit, row, entry)
        await unit.session.flush()
        return row

    async def switch(self, unit: Unit, row: Row, on: bool) -> None:
        """Switch it on, or off: it then stays in the list, and does nothing. Raises Refused when something needs it."""
        await self.open(unit, row)
        if not on:
            await self.check_unused(unit, row)
        before = await self.read_state(unit, row)
        row.active = on
        await self.write(unit, row, "switched_on" if on else "removed", before)

    async def undo(self, unit: Unit, row: Row, number: int | None = None) -> AuditEntry:
        """Let it be again what it was before a change (default: the last, which may itself have been an undoing). What was
        not there before is switched off. Returns the entry of the audit log that was undone.

        Raises Unknown for a change that it did not have, EntryWrong when it named what is no longer there, and Refused as
        `switch` does.
        """
        await self.open(unit, row)
        changes = await self.list_changes(unit, row)
        wanted = next((one for one in changes if "before" in one.data and number in (None, one.id)), None)
        if wanted is None:
            raise Unknown("edit.no_change", "change", name=row.name)
        now, before = await self.read_state(unit, row), wanted.data["before"]
        if row.active and (before is None or not before["active"]):
            await self.check_unused(unit, row)
        if before is None:
            row.active = False
        else:
            await self.restore(unit, row, before)
        await self.write(unit, row, "undone", now, undone=wanted.id)
        return wanted

    async def open(self, unit: Unit, row: Row, version: int | None = None) -> None:
        """Get ready to change it; raises Refused where it must not be."""
        await unit.lock(row)
        if row.origin == FILE:
            raise Refused("edit.in_file", name=row.name, file=unit.installation.config_file)
        if version is not None and version != (await self.list_versions(unit, [row]))[row.id]:
            raise Refused("edit.changed_meanwhile", name=row.name)

    async def write(self, unit: Unit, row: Row, verb: str, before: object, **more: object) -> None:
        """Write the change into the audit log, if it is one."""
        if row.origin != HERE:
            row.origin = HERE
        await unit.session.flush()
        after = await self.read_state(unit, row)
        if before == after:
            return
        audit(unit, f"{self.word}.{verb}", self._subject(row), row.name, before=before, after=after, **more)
        unit.touch(self.topic)

    async def choose_slug(self, unit: Unit, slug: str, name: str) -> str:
        """The one that is wanted, or one from the name; raises EntryWrong, and Refused when it is taken."""
        from bot.catalog.kinds import is_handle

        taken = {row.slug for row in await ask.list_all(unit.session, self.model)}
        if slug and not is_handle(slug):
            raise EntryWrong([(("slug",), reasons.BAD_HANDLE)])
        if slug in taken:
            raise Refused("edit.slug_taken", "slug", name=slug)
        if slug:
            return slug
        wanted = make_handle(name)[: SLUG_LIMIT - 5].strip("-._") or self.word
        slug, number = wanted, 2
        while slug in taken:
            slug, number = f"{wanted}-{number}", number + 1
        return slug

    async def _put(self, unit: Unit, row: Row, entry: object) -> None:
        names = await read_names(unit)
        said = await self.read(unit, row, entry, names)
        set_columns(row, said.columns)
        await unit.session.flush()
        await self.put_parts(unit, row, said.parts, names)

    def _subject(self, row: Row) -> str:
        return f"{self.word}:{row.id}"


class EntryEditor(Editor[Row]):
    """Edits things of which an entry says all. (A rule also has a kind, and a place among those of its kind.)"""

    @abstractmethod
    async def read(self, unit: Unit, row: Row | None, entry: object, names: Names) -> Said:
        """What an entry says; raises EntryWrong with all its faults. Without a row it is a new one's."""

    async def create(self, unit: Unit, entry: object, slug: str = "") -> Row:
        """Make one; raises EntryWrong, and Refused when the slug is taken. Without a slug it is made from the name."""
        names = await read_names(unit)
        said = await self.read(unit, None, entry, names)
        slug = await self.choose_slug(unit, slug, said.columns["name"])
        row = self.model(slug=slug, origin=HERE, active=True, **said.columns)
        unit.session.add(row)
        await unit.session.flush()
        await self.put_parts(unit, row, said.parts, names)
        await self.write(unit, row, "created", None)
        return row


def set_columns(row: object, columns: Mapping[str, Any]) -> None:
    for name, value in columns.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
