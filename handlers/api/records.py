"""What hangs on one incident, each a list of its own: timeline, status updates, tasks, and the messages of its room."""

from datetime import datetime
from typing import Annotated, Any, TypeVar

from msgspec import Meta, Struct

from bot.chat.card import Card
from bot.chat.markup import render_text
from bot.flow.unit import Unit
from bot.incidents.privacy import get_incident
from bot.incidents.timeline import spell_entry
from handlers.api.operation import (
    REF,
    Call,
    Filter,
    Listing,
    NoBody,
    Operation,
    PageQuery,
    build_listing,
)
from handlers.api.values import Person, find_person, list_people
from storage.models import Attachment, BoardMessage, User
from storage.questions import incidents as ask
from storage.questions import lists
from storage.words import Audience, IncidentStatus, Priority

Q = TypeVar("Q", bound=PageQuery)
KIND = r"^[a-z][a-z0-9_.]{0,39}$"
BOT_NAME = "Tocsin"


class TimelineQuery(PageQuery, frozen=True, kw_only=True):
    """Filters of the timeline."""

    kind: Annotated[
        tuple[Annotated[str, Meta(pattern=KIND)], ...], Meta(max_length=20, description="Any of these kinds.")
    ] = ()
    text: Annotated[Filter, Meta(description="Only what people wrote that contains this.")] = ""


class FileItem(Struct, frozen=True):
    """A file of a message. `url` is for people who are signed in; it is empty while the file is not here, and `error` says
    why it will not be."""

    id: int
    name: str
    mime: str
    size: int
    url: str
    error: str


class Entry(Struct, frozen=True):
    """One thing that happened. `at` is when; `recorded_at` is when it was written down. `sentence` says it for people,
    `text` is what a person wrote, `data` are the event's own values."""

    id: int
    kind: str
    at: datetime
    recorded_at: datetime
    edited_at: datetime | None
    by: str
    person: Person | None
    sentence: str
    text: str
    data: dict[str, Any]
    permalink: str
    files: list[FileItem]


class UpdateItem(Struct, frozen=True):
    """Words for stakeholders, with status and priority as they were then. The next one was promised for `next_at`."""

    id: int
    at: datetime
    by: str
    person: Person | None
    text: str
    status: IncidentStatus
    priority: Priority
    audience: Audience
    next_at: datetime | None


class TaskItem(Struct, frozen=True):
    """Something to do; with `follow_up` an action item that remains after the incident."""

    number: int
    title: str
    follow_up: bool
    owner: Person | None
    due_at: datetime | None
    created_at: datetime
    created_by: Person | None
    done_at: datetime | None


class MessageItem(Struct, frozen=True):
    """A message in the incident's room. `text` is plain; what the bot shows as a card is in `card`. `reactions` maps
    each to how many people gave it. `origin` is the chat platform on which it was said, when that is another one."""

    id: int
    by: str
    person: Person | None
    text: str
    card: Card | None
    thread: int | None
    reactions: dict[str, int]
    origin: str
    sent_at: datetime
    edited_at: datetime | None


async def list_timeline(call: Call[TimelineQuery, NoBody]) -> Listing[Entry]:
    query = call.query

    async def look(unit: Unit) -> Listing[Entry]:
        incident = await get_incident(unit, call.part("ref"))
        found = await lists.list_entries(
            unit.session, incident.id, query.wanted(), kinds=query.kind, text=query.text
        )
        people = await list_people(unit, [row.actor_id for row in found.rows])
        items = [
            Entry(
                row.id,
                row.kind,
                row.at,
                row.recorded_at,
                row.edited_at,
                row.actor_name,
                find_person(people, row.actor_id),
                render_text(spell_entry(call.parts.templates, row)),
                row.text,
                row.data,
                row.permalink,
                [_show_file(one, call.parts.settings.public_url) for one in row.attachments],
            )
            for row in found.rows
        ]
        return build_listing(items, found.next_after)

    return await call.look(look)


def _show_file(row: Attachment, public_url: str) -> FileItem:
    url = f"{public_url}/files/{row.id}" if row.is_here else ""
    return FileItem(row.id, row.name, row.mime, row.size, url, row.error)


async def list_updates(call: Call[PageQuery, NoBody]) -> Listing[UpdateItem]:
    async def look(unit: Unit) -> Listing[UpdateItem]:
        incident = await get_incident(unit, call.part("ref"))
        found = await lists.list_updates(unit.session, incident.id, call.query.wanted())
        people = await list_people(unit, [row.author_id for row in found.rows])
        items = [
            UpdateItem(
                row.id,
                row.at,
                row.author_name,
                find_person(people, row.author_id),
                row.text,
                row.status,
                row.priority,
                row.audience,
                row.next_at,
            )
            for row in found.rows
        ]
        return build_listing(items, found.next_after)

    return await call.look(look)


async def list_tasks(call: Call[PageQuery, NoBody]) -> Listing[TaskItem]:
    async def look(unit: Unit) -> Listing[TaskItem]:
        incident = await get_incident(unit, call.part("ref"))
        found = await lists.list_tasks(unit.session, incident.id, call.query.wanted())
        people = await list_people(
            unit, [one for row in found.rows for one in (row.owner_id, row.created_by)]
        )
        items = [
            TaskItem(
                row.number,
                row.title,
                row.follow_up,
                find_person(people, row.owner_id),
                row.due_at,
                row.created_at,
                find_person(people, row.created_by),
                row.done_at,
            )
            for row in found.rows
        ]
        return build_listing(items, found.next_after)

    return await call.look(look)


async def list_messages(call: Call[PageQuery, NoBody]) -> Listing[MessageItem]:
    """The messages of the incident's page in the Room; empty while it has none."""

    async def look(unit: Unit) -> Listing[MessageItem]:
        incident = await get_incident(unit, call.part("ref"))
        room = await ask.find_room(unit.session, incident.id, "room")
        if room is None or not room.channel:
            return build_listing([], None)
        found = await lists.list_messages(unit.session, int(room.channel), call.query.wanted())
        people = await list_people(unit, [row.author_id for row in found.rows])
        return build_listing([_show_message(row, people) for row in found.rows], found.next_after)

    return await call.look(look)


def _show_message(row: BoardMessage, people: dict[int, User]) -> MessageItem:
    person = find_person(people, row.author_id)
    return MessageItem(
        row.id,
        person.name if person else row.author or BOT_NAME,
        person,
        row.text if row.author_id is not None else render_text(row.text),
        Card.unpack(row.card) if row.card else None,
        row.thread_id,
        {name: len(given) for name, given in row.reactions.items()},
        row.origin,
        row.sent_at,
        row.edited_at,
    )


def _below(
    name: str, operation: str, summary: str, run: Any, item: Any, query: type[Q]
) -> Operation[Q, NoBody]:
    return Operation("GET", f"/incidents/{{ref}}/{name}", operation, summary, run, item, query, parts=(REF,))


OPERATIONS = (
    _below("timeline", "listTimeline", "What happened.", list_timeline, Listing[Entry], TimelineQuery),
    _below("updates", "listUpdates", "Status updates.", list_updates, Listing[UpdateItem], PageQuery),
    _below("tasks", "listTasks", "Tasks and action items.", list_tasks, Listing[TaskItem], PageQuery),
    _below("messages", "listMessages", "What was said.", list_messages, Listing[MessageItem], PageQuery),
)
