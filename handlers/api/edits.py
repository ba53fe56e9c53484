"""What is common to changing rules, schedules, policies and teams by the JSON API: entries in the words of the configuration
file, with their versions and changes."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Generic

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from bot.access.roles import check_role
from bot.catalog.editing import EntryEditor, Row
from bot.flow.unit import Actor, Unit
from bot.oncall.moves import Move
from bot.oncall.roster_changes import Moved, watch_rosters
from handlers.api.door import find_actor
from handlers.api.operation import (
    PREFIX,
    Call,
    Listing,
    Name,
    NoBody,
    NoQuery,
    Operation,
    PathPart,
    build_listing,
    send,
)
from handlers.api.values import Named, Person, list_people, show_named, show_person
from storage.models import AuditEntry, Schedule
from storage.words import Scope

LISTED = 200
"""So many moves of a change are told one by one."""
As = Annotated[Name | None, Meta(description="Who does it: an admin. Without it, the key's name.")]
Version = Annotated[int, Meta(ge=0, le=2**31 - 1)]
Entry = Annotated[
    dict[str, Any],
    Meta(description="The thing in the words of the configuration file.", examples=[{"name": "Payments"}]),
]
Slug = Annotated[str, Meta(max_length=64, pattern=r"^[^\x00]*$")]


class AsQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For whom it is done."""

    as_: As = msgspec.field(name="as", default=None)


class ChangeItem(Struct, frozen=True):
    """A change. `before` and `after` have the thing in the words of the configuration file, and whether it was `active`;
    `before` is null when it was made. `can_undo` is false for changes by a configuration file."""

    id: int
    at: datetime
    by: str
    what: str
    can_undo: bool
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class Undo(Struct, frozen=True, forbid_unknown_fields=True):
    """Which change is undone, by its id; without one, the last."""

    change: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    as_: As = msgspec.field(name="as", default=None)


class EntryItem(Struct, frozen=True):
    """A thing as people edit it: `entry`, in the words of the configuration file. `origin` is `file` for one that is changed
    there. `version` grows with every change."""

    slug: str
    name: str
    active: bool
    origin: str
    version: int
    entry: dict[str, Any]


class MoveItem(Struct, frozen=True):
    """A stretch of time in which other people are on call than before the change. `is_gap`: nobody is."""

    schedule: Named
    starts_at: datetime
    ends_at: datetime
    leaving: list[Person]
    coming: list[Person]
    is_gap: bool


class Edited(Struct, frozen=True):
    """What became of it, and whose shifts move in the next 60 days: the first 200 `moves`, and how many `more`."""

    now: EntryItem
    moves: list[MoveItem]
    more: int


class NewEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """Something to make. Without `slug` it gets one from its name."""

    entry: Entry
    slug: Slug = ""
    as_: As = msgspec.field(name="as", default=None)


class ChangedEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """What it is to be from now on. With `version`, only if nobody has changed it since."""

    entry: Entry
    active: bool | None = None
    version: Version | None = None
    as_: As = msgspec.field(name="as", default=None)


class Preview(Struct, frozen=True, forbid_unknown_fields=True):
    """Something to look at before it is saved: a change of the one with this `slug`, or, without a slug, a new one."""

    entry: Entry
    slug: Slug = ""


async def find_editor(call: Call[Any, Any], name: str | None) -> Actor:
    """Who changes it: an admin, or the program whose key has the scope for it."""
    actor, user = await call.look(lambda unit: find_actor(unit, call.key, name))
    if user is not None:
        check_role(user, "admin")
    return actor


def show_change(row: AuditEntry) -> ChangeItem:
    return ChangeItem(
        row.id,
        row.at,
        row.actor_name,
        row.what,
        "before" in row.data,
        row.data.get("before"),
        row.data.get("after"),
    )


class Edits(Generic[Row]):
    """The operations that change things of one kind. `part` is their part of the path, below `/{plural}`."""

    def __init__(self, editor: EntryEditor[Row], plural: str, part: PathPart) -> None:
        self.editor, self.plural, self.part = editor, plural, part

    async def show(self, unit: Unit, row: Row) -> EntryItem:
        versions = await self.editor.list_versions(unit, [row])
        state = await self.editor.read_state(unit, row)
        return EntryItem(
            row.slug, row.name, row.active, row.origin, versions[row.id], state[self.editor.word]
        )

    async def get(self, call: Call[NoQuery, NoBody]) -> EntryItem:
        async def look(unit: Unit) -> EntryItem:
            return await self.show(unit, await self._find(unit, call))

        return await call.look(look)

    async def list_changes(self, call: Call[NoQuery, NoBody]) -> Listing[ChangeItem]:
        async def look(unit: Unit) -> Listing[ChangeItem]:
            changes = await self.editor.list_changes(unit, await self._find(unit, call))
            return build_listing([show_change(row) for row in changes], None)

        return await call.look(look)

    async def create(self, call: Call[NoQuery, NewEntry]) -> web.Response:
        body = call.body

        async def run(unit: Unit) -> Edited:
            return await self._edit(unit, lambda: self.editor.create(unit, body.entry, body.slug))

        made = await call.parts.work.run(run, await find_editor(call, body.as_))
        return send(made, 201, {"Location": f"{PREFIX}/{self.plural}/{made.now.slug}"})

    async def replace(self, call: Call[NoQuery, ChangedEntry]) -> Edited:
        body = call.body

        async def change(unit: Unit, row: Row) -> None:
            await self.editor.change(unit, row, body.entry, body.version)
            if body.active is not None and body.active is not row.active:
                await self.editor.switch(unit, row, body.active)

        return await self._change(call, body.as_, change)

    async def delete(self, call: Call[AsQuery, NoBody]) -> Edited:
        return await self._change(
            call, call.query.as_, lambda unit, row: self.editor.switch(unit, row, on=False)
        )

    async def undo(self, call: Call[NoQuery, Undo]) -> Edited:
        return await self._change(
            call, call.body.as_, lambda unit, row: self.editor.undo(unit, row, call.body.change)
        )

    async def preview(self, call: Call[NoQuery, Preview]) -> Edited:
        body = call.body

        async def run(unit: Unit) -> Edited:
            if not body.slug:
                return await self._edit(unit, lambda: self.editor.create(unit, body.entry))
            row = await self.editor.get(unit, body.slug)
            return await self._edit(unit, lambda: self.editor.try_change(unit, row, body.entry))

        return await call.parts.work.rehearse(run, await find_editor(call, None))

    async def _find(self, unit: Unit, call: Call[Any, Any]) -> Row:
        return await self.editor.get(unit, call.part(self.part.name))

    async def _change(
        self, call: Call[Any, Any], name: str | None, change: Callable[[Unit, Row], Awaitable[object]]
    ) -> Edited:
        async def run(unit: Unit) -> Edited:
            row = await self._find(unit, call)

            async def do() -> Row:
                await change(unit, row)
                return row

            return await self._edit(unit, do)

        return await call.parts.work.run(run, await find_editor(call, name))

    async def _edit(self, unit: Unit, change: Callable[[], Awaitable[Row]]) -> Edited:
        """Do it, and see what it moves."""
        async with watch_rosters(unit) as moved:
            row = await change()
        return Edited(await self.show(unit, row), *await _show_moves(unit, moved))

    def list_operations(
        self, entry_path: str = "/entry", previews: bool = True
    ) -> tuple[Operation[Any, Any], ...]:
        word = self.editor.word
        title, many = word.capitalize(), f"/{self.plural}"
        one = f"{many}/{{{self.part.name}}}"
        parts, problems = (self.part,), (403, 404, 409)
        reading = (
            Operation(
                "GET", one + entry_path, f"get{title}Entry", f"A {word} as people edit it.",
                self.get, EntryItem, parts=parts,
            ),
            Operation(
                "GET", f"{one}/changes", f"list{title}Changes", f"What was changed about a {word}, the newest first.",
                self.list_changes, Listing[ChangeItem], parts=parts,
            ),
        )  # fmt: skip
        preview = Operation(
            "POST", f"{many}/preview", f"preview{title}", "Whose shifts a change would move. Nothing is kept.",
            self.preview, Edited, Body=Preview, scope=Scope.ADMIN, problems=problems,
        )  # fmt: skip
        slug = {self.part.name: "$response.body#/now/slug"}
        writing = (
            Operation(
                "POST", many, f"create{title}", f"Make a {word}.", self.create, Edited, Body=NewEntry, status=201,
                scope=Scope.ADMIN, problems=problems, header=("Location", f"Where the {word} is."),
                links={word: {"operationId": f"get{title}Entry", "parameters": slug}},
            ),
            Operation(
                "PUT", one, f"replace{title}", f"Change a {word}.", self.replace, Edited, Body=ChangedEntry,
                scope=Scope.ADMIN, problems=problems, parts=parts,
            ),
            Operation(
                "DELETE", one, f"delete{title}", f"Switch a {word} off.", self.delete, Edited, AsQuery,
                scope=Scope.ADMIN, problems=problems, parts=parts,
            ),
            Operation(
                "POST", f"{one}/undo", f"undo{title}Change", "Undo a change.", self.undo, Edited, Body=Undo,
                scope=Scope.ADMIN, problems=problems, parts=parts,
            ),
        )  # fmt: skip
        return (*reading, *((preview,) if previews else ()), *writing)


async def _show_moves(unit: Unit, moved: Moved) -> tuple[list[MoveItem], int]:
    """The first moves, and how many more there are."""
    found: list[tuple[Schedule, Move]] = [
        (schedule, move) for schedule, moves in moved.schedules for move in moves
    ]
    shown = found[:LISTED]
    people = await list_people(unit, {one for _, move in shown for one in (*move.leaving, *move.coming)})
    return [
        MoveItem(
            show_named(schedule),
            move.start,
            move.end,
            [show_person(people[one]) for one in move.leaving],
            [show_person(people[one]) for one in move.coming],
            move.is_gap,
        )
        for schedule, move in shown
    ], len(found) - len(shown)
