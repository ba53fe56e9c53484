"""Pages on which people edit things, the same for each kind: a form that is shown, tried without being saved, and saved;
what was changed, and undoing it; switching off and on. A kind says what its form is, and what trying it shows."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from aiohttp import web
from multidict import MultiMapping

from bot.access.roles import ORDER
from bot.catalog.drafts import Entry, EntryWrong
from bot.catalog.editing import FILE, Editor, Row, read_names
from bot.catalog.uses import list_uses
from bot.errors import Problem
from bot.flow.unit import Unit
from handlers.pages.entry_form import Form, list_differences
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.models import AuditEntry, EscalationPolicy, Schedule, Team, User
from storage.questions import access
from storage.questions import config as ask
from storage.words import UserRole

T = TypeVar("T")
SLUG = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
NEW = "/-/new"
"""Where new things are made, below the list of their kind. No slug is `-`, so it hides nothing that is called `new`."""
NAMED = 30
"""So many of those who are told are named."""


@dataclass(frozen=True)
class Choice:
    """Something that a field may name. What is not in use is offered only where it stands already."""

    value: str
    label: str
    is_on: bool


def may_edit(visit: Visit) -> bool:
    return ORDER.index(visit.user.role) >= ORDER.index(UserRole.ADMIN)


class EditPages(ABC, Generic[Row]):
    """The pages of one kind of thing. They are under `root`: the one of a new thing is `new`, that of another has its slug
    and ends with `ending`."""

    editor: Editor[Row]
    root: str
    new: str = NEW
    ending: str = ""
    template: str

    @abstractmethod
    async def start(self, visit: Visit, unit: Unit) -> Entry:
        """What a new one begins as."""

    @abstractmethod
    async def create(self, visit: Visit, unit: Unit, entry: Entry) -> Row:
        """Make a new one."""

    @abstractmethod
    def show_entry(self, entry: Entry) -> Form:
        """The form of a thing as it is."""

    @abstractmethod
    def read_form(self, posted: MultiMapping[Any]) -> Form:
        """The form as somebody filled it in."""

    @abstractmethod
    async def preview(self, visit: Visit, unit: Unit, slug: str, entry: Entry) -> object:
        """What an entry would do, as plain values; it is made by `attempt`, and not kept."""

    async def offer(self, visit: Visit, unit: Unit, row: Row | None) -> Values:
        """What the page shows besides the form."""
        return {}

    async def frame(self, visit: Visit) -> Values:
        """What stands beside the form and is no part of the thing, as it was posted."""
        return {}

    async def attempt(self, visit: Visit, unit: Unit, slug: str, entry: Entry) -> Row:
        """Make or change one for the rest of a unit that is not kept, also one of the configuration file."""
        if not slug:
            return await self.create(visit, unit, entry)
        row = await self.editor.get(unit, slug)
        return await self.editor.try_change(unit, row, await self.refine(visit, unit, row, entry))

    async def refine(self, visit: Visit, unit: Unit, row: Row, entry: Entry) -> Entry:
        """What a thing that is there is to be, by the form and by what was ticked beside it."""
        return entry

    async def list_uses(self, unit: Unit, row: Row) -> list[str]:
        """What would be without it."""
        if isinstance(row, (Schedule, EscalationPolicy, Team)):
            return await list_uses(unit, self.editor.word, row)
        return []

    async def carry_out(self, unit: Unit, change: Callable[[], Awaitable[T]]) -> tuple[T, Sequence[int]]:
        """Make a change, and say who hears of it."""
        return await change(), ()

    def list_routes(self, parts: Parts) -> list[web.RouteDef]:
        one = f"{self.root}/{{{self.editor.word}:{SLUG}}}{self.ending}"
        return [
            web.get(self.root + self.new, signed_in(parts, self.show_new, "admin")),
            web.post(self.root + self.new, signed_in(parts, self.take_new, "admin")),
            web.get(one, signed_in(parts, self.show_one, "responder")),
            web.post(one, signed_in(parts, self.take_changed, "admin")),
            web.post(one + "/switch", signed_in(parts, self.switch, "admin")),
            web.post(one + "/undo", signed_in(parts, self.undo, "admin")),
        ]

    def page_of(self, visit: Visit, slug: str) -> str:
        """Where the form of a thing is; without a slug, that of a new one."""
        return f"{self.root}/{slug}{self.ending}" if slug else visit.request.path

    def done(self, visit: Visit, row: Row) -> str:
        """Where one gets after saving."""
        return self.page_of(visit, row.slug)

    async def show_new(self, visit: Visit) -> web.StreamResponse:
        async def ask_for(unit: Unit) -> Values:
            return {
                "form": self.show_entry(await self.start(visit, unit)),
                **await self._read(visit, unit, None),
            }

        return await visit.show(self.template, ask_for, **await self._frame(visit, ""))

    async def show_one(self, visit: Visit) -> web.StreamResponse:
        async def ask_for(unit: Unit) -> Values:
            row = await self.editor.get(unit, self._slug(visit))
            entry = (await self.editor.read_state(unit, row))[self.editor.word]
            return {"form": self.show_entry(entry), **await self._read(visit, unit, row)}

        return await visit.show(self.template, ask_for, **await self._frame(visit, self._slug(visit)))

    async def take_new(self, visit: Visit) -> web.StreamResponse:
        return await self._take(visit, "", lambda unit, entry: self.create(visit, unit, entry))

    async def take_changed(self, visit: Visit) -> web.StreamResponse:
        slug = self._slug(visit)
        version = (await visit.form()).get("version", "")

        async def save(unit: Unit, entry: Entry) -> Row:
            row = await self.editor.get(unit, slug)
            entry = await self.refine(visit, unit, row, entry)
            await self.editor.change(unit, row, entry, int(version) if is_number(version) else -1)
            return row

        return await self._take(visit, slug, save)

    async def _take(
        self, visit: Visit, slug: str, save: Callable[[Unit, Entry], Awaitable[Row]]
    ) -> web.StreamResponse:
        """Save what the form says, or show what it would do, or show it changed by one of its buttons. What is wrong is
        shown at its place, and nothing typed is lost."""
        posted = await visit.request.post()
        what, form = str(posted.get("do", "")), self.read_form(posted)
        pressed = form.press(what)
        form.clean()
        status, shown = 200, {"version": str(posted.get("version", ""))}
        more: Values = {}
        try:
            if pressed:
                pass
            elif what == "save":
                entry = form.read()

                async def run(unit: Unit) -> tuple[str, Sequence[int]]:
                    row, told = await self.carry_out(unit, lambda: save(unit, entry))
                    return self.done(visit, row), told

                return self._go(visit, *await visit.parts.work.run(run, visit.actor))
            else:
                more["preview"] = await self._rehearse(visit, slug, form.read())
        except EntryWrong as wrong:
            form.mark(wrong)
            status = wrong.status
        except Problem as problem:
            status, more["sentence"] = problem.status, visit.parts.templates.explain(problem)
            if problem.code == "edit.changed_meanwhile":
                shown = {}  # what others changed stands in the history now, and who saves again has seen it
        if is_number(shown.get("version", "")):
            more |= shown
        return await self._show_again(visit, slug, status, {"form": form, **more})

    async def _rehearse(self, visit: Visit, slug: str, entry: Entry) -> object:
        async def run(unit: Unit) -> object:
            return await self.preview(visit, unit, slug, entry)

        return await visit.parts.work.rehearse(run, visit.actor)

    async def _show_again(self, visit: Visit, slug: str, status: int, shown: Values) -> web.StreamResponse:
        async def ask_for(unit: Unit) -> Values:
            row = await self.editor.get(unit, slug) if slug else None
            found = await self._read(visit, unit, row)
            if row is not None and "form" not in shown:
                entry = (await self.editor.read_state(unit, row))[self.editor.word]
                found["form"] = self.show_entry(entry)
            return found

        return await visit.show(self.template, ask_for, status, **{**await self._frame(visit, slug), **shown})

    async def switch(self, visit: Visit) -> web.StreamResponse:
        on = (await visit.form()).get("on") == "yes"
        return await self._change(visit, lambda unit, row: self.editor.switch(unit, row, on))

    async def undo(self, visit: Visit) -> web.StreamResponse:
        number = (await visit.form()).get("change", "")
        wanted = int(number) if is_number(number) else None
        return await self._change(visit, lambda unit, row: self.editor.undo(unit, row, wanted))

    async def _change(
        self, visit: Visit, change: Callable[[Unit, Row], Awaitable[object]]
    ) -> web.StreamResponse:
        slug = self._slug(visit)

        async def run(unit: Unit) -> Sequence[int]:
            row = await self.editor.get(unit, slug)
            _, told = await self.carry_out(unit, lambda: change(unit, row))
            return told

        try:
            told = await visit.parts.work.run(run, visit.actor)
            return self._go(visit, self.page_of(visit, slug), told)
        except Problem as problem:
            sentence = visit.parts.templates.explain(problem)
            return await self._show_again(visit, slug, problem.status, {"sentence": sentence})

    def _go(self, visit: Visit, place: str, told: Sequence[int]) -> web.StreamResponse:
        named = ",".join(str(number) for number in [*told][:NAMED])
        return visit.go(f"{place}?told={named}")

    def _slug(self, visit: Visit) -> str:
        return visit.request.match_info[self.editor.word]

    async def _frame(self, visit: Visit, slug: str) -> Values:
        return {
            "may_edit": may_edit(visit),
            "here": self.page_of(visit, slug),
            "word": self.editor.word,
            "sentence": "",
            "preview": None,
            **await self.frame(visit),
        }

    async def _read(self, visit: Visit, unit: Unit, row: Row | None) -> Values:
        """The thing with its version, its history and what uses it."""
        offered = {**await self.offer(visit, unit, row), "told": await read_told(unit, visit)}
        if row is None:
            return {"row": None, "in_file": False, **offered}
        versions = await self.editor.list_versions(unit, [row])
        changes = await self.editor.list_changes(unit, row)
        return {
            "row": row,
            "in_file": row.origin == FILE,
            "version": versions[row.id],
            "changes": [(entry, self._list_changed(entry)) for entry in changes],
            "uses": await self.list_uses(unit, row),
            **offered,
        }

    def _list_changed(self, entry: AuditEntry) -> list[tuple[str, str, str]]:
        if "before" not in entry.data:
            return [(str(name), "", "") for name in entry.data.get("changed", [])]
        return list_differences(entry.data["before"] or {}, entry.data["after"], self.editor.word)


async def read_told(unit: Unit, visit: Visit) -> list[str] | None:
    """Who heard of what was just saved, by name; None when nothing was."""
    text = visit.request.query.get("told")
    if text is None or visit.request.method != "GET":
        return None
    ids = [int(one) for one in text.split(",")[:NAMED] if is_number(one)]
    people = await access.list_users_by_id(unit.session, ids)
    return sorted(user.name for user in people.values())


async def read_choices(unit: Unit) -> dict[str, list[Choice]]:
    """People, teams, schedules and policies that fields may name."""
    names = await read_names(unit)
    people = sorted(await ask.list_all(unit.session, User), key=lambda user: user.name.lower())
    seen: dict[str, int] = {}
    for user in people:
        seen[user.name] = seen.get(user.name, 0) + 1
    choices = {
        "user": [
            Choice(
                user.handle,
                user.name if seen[user.name] == 1 else f"{user.name} ({user.handle})",
                user.active,
            )
            for user in people
        ]
    }
    rows: Mapping[str, Sequence[Team | Schedule | EscalationPolicy]] = {
        "team": await ask.list_all(unit.session, Team),
        "schedule": await ask.list_all(unit.session, Schedule),
        "policy": await ask.list_all(unit.session, EscalationPolicy),
    }
    for word, things in rows.items():
        choices[word] = [Choice(row.slug, row.name, row.slug in names.ids[word]) for row in things]
    return choices


def group(
    title: str, choices: Sequence[Choice], before: str = "", said: str = "{}"
) -> tuple[str, list[Choice]]:
    """Choices under a title, with what stands before their names and what is said of them."""
    return title, [Choice(before + one.value, said.format(one.label), one.is_on) for one in choices]


def is_number(text: str) -> bool:
    """Whether this can be the number of a row."""
    return text.isascii() and text.isdecimal() and len(text) < 10
