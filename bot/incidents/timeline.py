"""The timeline: what happened, in order, with the true time of each thing and who did it.

Entries come from events (written by the reaction table), from notes, and from messages that people add. What is kept is
the event's data; the sentence is made from a template when somebody reads it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from bot.chat.invocation import File, Said
from bot.chat.markup import Rich
from bot.chat.templates import Templates
from bot.errors import Invalid
from bot.flow.unit import Actor, Unit
from bot.incidents.events import IncidentEvent, TimelineChanged
from storage.engine import AsyncSession
from storage.models import Attachment, Incident, TimelineEntry
from storage.questions import incidents as ask
from storage.questions.files import delete_attachments

TELLING = (
    "message",
    "note",
    "update_posted",
    "status_changed",
    "incident_resolved",
    "priority_changed",
    "role_taken",
)
"""Kinds of entries that tell the story, and how many of them, the last ones, do so in short."""
TOLD = 6


@dataclass(frozen=True)
class Source:
    """The message that an entry is taken from."""

    platform: str
    channel: str
    message: str
    permalink: str = ""
    files: tuple[File, ...] = ()
    thread: str = ""
    """The message that it answers."""


def record(unit: Unit, incident_id: int, kind: str, data: dict[str, Any]) -> None:
    """Write down that something happened now."""
    entry = {
        "incident_id": incident_id,
        "kind": kind,
        "at": unit.now,
        "recorded_at": unit.now,
        "actor_id": unit.actor.user_id,
        "actor_name": unit.actor.name,
        "text": "",
        "data": {name: _plain(value) for name, value in data.items()},
        "permalink": "",
    }
    unit.gather(_write, entry)
    unit.touch(f"incident:{incident_id}")


async def _write(unit: Unit, entries: Sequence[dict[str, Any]]) -> None:
    await unit.session.flush()
    await ask.insert_entries(unit.session, entries)


def record_event(unit: Unit, event: IncidentEvent) -> None:
    record(unit, event.incident_id, event.kind, event.data())


async def add_note(unit: Unit, incident: Incident, text: str, at: datetime | None = None) -> TimelineEntry:
    """A person's own entry; `at` may lie in the past, not in the future."""
    if not text.strip():
        raise Invalid("note.empty", "text")
    if at is not None and at > unit.now:
        raise Invalid("note.future", "at")
    entry = TimelineEntry(
        incident_id=incident.id,
        kind="note",
        at=at or unit.now,
        recorded_at=unit.now,
        actor_id=unit.actor.user_id,
        actor_name=unit.actor.name,
        text=text.strip(),
        data={},
    )
    unit.session.add(entry)
    unit.touch(f"incident:{incident.id}")
    await unit.session.flush()
    unit.emit(TimelineChanged(incident.id, entry.id))
    return entry


async def add_message(
    unit: Unit, incident: Incident, source: Source, author: Actor, text: str, sent_at: datetime
) -> tuple[TimelineEntry, bool]:
    """Keep a message, with its own time and author. Twice is once: returns the entry and whether it is new."""
    known = await ask.find_entry_of_message(
        unit.session, incident.id, source.platform, source.channel, source.message
    )
    if known is not None:
        return known, False
    entry = TimelineEntry(
        incident_id=incident.id,
        kind="message",
        at=sent_at,
        recorded_at=unit.now,
        actor_id=author.user_id,
        actor_name=author.name,
        text=text,
        data={"added_by": unit.actor.name, "files": [file.name for file in source.files]}
        | ({"thread": source.thread} if source.thread else {}),
        permalink=source.permalink,
        platform=source.platform,
        channel=source.channel,
        message=source.message,
    )
    unit.session.add(entry)
    await unit.session.flush()
    _keep_files(unit, entry, source)
    unit.emit(TimelineChanged(incident.id, entry.id))
    return entry, True


async def keep_said(unit: Unit, incident: Incident, said: Said) -> tuple[TimelineEntry, bool]:
    """Keep what somebody said; like add_message."""
    source = Source(said.platform, said.channel, said.message, said.permalink, said.files, said.thread)
    return await add_message(unit, incident, source, said.actor, said.text, said.sent_at)


def _keep_files(unit: Unit, entry: TimelineEntry, source: Source) -> None:
    """The files of a message are fetched afterwards: a platform may take its time, or refuse."""
    for file in source.files:
        unit.session.add(
            Attachment(
                entry_id=entry.id,
                name=file.name[:255],
                mime=file.mime[:120],
                size=file.size,
                address=file.address,
            )
        )
    if source.files:
        unit.put(f"files:{entry.id}@{source.platform}", "entry.files", f"entry:{entry.id}")


async def follow_edit(unit: Unit, source: Source, text: str) -> int:
    """A message was edited: the entries taken from it follow. Returns how many."""
    entries = await ask.list_entries_of_message(unit.session, source.platform, source.channel, source.message)
    for entry in entries:
        if entry.text != text:
            entry.text, entry.edited_at = text, unit.now
            unit.emit(TimelineChanged(entry.incident_id, entry.id))
    return len(entries)


async def follow_deletion(unit: Unit, source: Source) -> int:
    """A message was deleted by its author: its words and files go, that there was one stays. Returns how many."""
    entries = await ask.list_entries_of_message(unit.session, source.platform, source.channel, source.message)
    await delete_attachments(unit.session, [entry.id for entry in entries])
    for entry in entries:
        entry.text, entry.edited_at = "", unit.now
        entry.data = {**entry.data, "deleted": True, "files": []}
        unit.emit(TimelineChanged(entry.incident_id, entry.id))
    return len(entries)


async def list_timeline(
    session: AsyncSession, incident_id: int, kinds: Collection[str] | None = None, text: str = ""
) -> Sequence[TimelineEntry]:
    """The entries of an incident, the oldest first; `text` keeps those that contain it."""
    return await ask.list_entries(session, incident_id, kinds, text)


async def read_story(
    session: AsyncSession, incident_id: int, templates: Templates
) -> list[tuple[TimelineEntry, Rich]]:
    """The last entries that tell somebody who comes late what happened, each with its sentence."""
    entries = await list_timeline(session, incident_id, TELLING)
    return [(entry, spell_entry(templates, entry)) for entry in entries[-TOLD:]]


def spell_entry(templates: Templates, entry: TimelineEntry) -> Rich:
    """The sentence of an entry, in markup."""
    values = {**entry.data, "by": entry.actor_name, **({"text": entry.text} if entry.text else {})}
    return templates.render_sentence("timeline/sentences", entry.kind, **values)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value
