"""The registry of commands: one definition of each serves every platform, the Room's composer and the API.

A command is one file that ends in `COMMAND = Command(...)`; discovery finds it. The registry reads the line or the form,
resolves what the command is about, checks permission, and runs it in one unit of work.
"""

import difflib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from bot.chat.arguments import Argument, Reading, list_arguments, split_line
from bot.chat.form import Choice, Form, FormField
from bot.chat.invocation import Invocation
from bot.chat.markup import escape_lines, render_text
from bot.chat.reply import Reply
from bot.chat.templates import Templates
from bot.errors import Problem
from bot.flow.unit import Unit, Work


@dataclass(frozen=True)
class NoArgs:
    """For commands without arguments."""


@dataclass(frozen=True)
class Call:
    """What a running command gets. `incident` is the one it is about (None outside incident commands); `user` is the
    person who acts, or None for a program without a person."""

    unit: Unit
    invocation: Invocation
    args: Any
    user: Any = None
    incident: Any = None
    registry: Any = None


@dataclass(frozen=True)
class Command:
    """`path` is what people type after the slash. `about` names what it acts on: "incident" or nothing. `needs` is the
    least role (stakeholder, responder, admin). `reads` promises that it changes nothing. With `ask`, typing it bare
    opens the form even if no argument is required."""

    path: str
    summary: str
    run: Callable[[Call], Awaitable[Reply]]
    Args: type = NoArgs
    about: str = ""
    needs: str = "responder"
    reads: bool = False
    ask: bool = False
    submit: str = "Send"

    @property
    def arguments(self) -> tuple[Argument, ...]:
        return list_arguments(self.Args)

    @property
    def usage(self) -> str:
        return " ".join([f"/{self.path}", *(argument.usage for argument in self.arguments)])


@dataclass(frozen=True)
class Suggestion:
    """One line of completion: the text it would complete to, and what that means."""

    text: str
    hint: str


@dataclass
class Surroundings:
    """What the registry asks of the concerns, given by the composition root."""

    find_incident: Callable[[Unit, Invocation, str], Awaitable[Any]]
    """The incident named (`INC-7`), or the one of this room; raises Problem when there is none."""
    find_user: Callable[[Unit, Invocation], Awaitable[Any]]
    authorize: Callable[[Any, Command], None]
    """Raises Forbidden when this person may not run this command."""
    arrive: Callable[[Unit, Invocation], Awaitable[bool]]
    """Notes the arrival of what a platform may deliver twice; False when it was here before."""
    look_outside: Callable[[], Awaitable[list[Any]]]
    """What chat platforms and channels say of themselves when they are asked: for the doctor."""


@dataclass
class Registry:
    work: Work
    templates: Templates
    surroundings: Surroundings
    commands: dict[str, Command] = field(default_factory=dict)

    def add(self, commands: Iterable[Command]) -> None:
        for command in commands:
            if command.path in self.commands:
                raise ValueError(f"two commands are called /{command.path}")
            self.commands[command.path] = command

    def find(self, text: str) -> tuple[Command | None, str]:
        """The command a line names, and the rest of the line; None when no command is called that."""
        words = text.strip().removeprefix("/").split(" ")
        for count in (2, 1):
            command = self.commands.get(" ".join(words[:count]).lower())
            if command is not None and len(words) >= count:
                return command, " ".join(words[count:]).strip()
        return None, text

    async def invoke(self, invocation: Invocation) -> Reply:
        """Run a command line, a click or a submitted form. Problems become a reply with a sentence, never an exception
        (except for the database being away, which the caller tells in its own way)."""
        command, rest = self.find(invocation.text)
        if command is None:
            return self._unknown(invocation.text)
        try:
            if command.reads:
                return await self.work.look(
                    lambda unit: self._run(unit, command, rest, invocation), invocation.actor
                )
            return await self.work.run(
                lambda unit: self._run(unit, command, rest, invocation), invocation.actor
            )
        except _FormWanted as wanted:
            return Reply(form=wanted.form, text=wanted.sentence, failed=bool(wanted.sentence))
        except Problem as problem:
            if problem.status >= 500:
                raise
            return Reply(text=self.templates.explain(problem), failed=True, problem=problem)

    async def _run(self, unit: Unit, command: Command, rest: str, invocation: Invocation) -> Reply:
        user = await self.surroundings.find_user(unit, invocation)
        self.surroundings.authorize(user, command)
        if invocation.arrival and not command.reads and not await self.surroundings.arrive(unit, invocation):
            return Reply(repeated=True)
        incident = None
        if command.about == "incident":
            incident, rest = await self._find_incident(unit, command, rest, invocation)
        reading = Reading(unit, invocation, incident)
        args = await self._read_arguments(command, rest, invocation, reading)
        reply = await command.run(Call(unit, invocation, args, user, incident, self))
        return self.render(reply)

    async def _find_incident(
        self, unit: Unit, command: Command, rest: str, invocation: Invocation
    ) -> tuple[Any, str]:
        """What the command is about, and the rest of the line. `INC-2` alone, where the command wants another incident and
        the place says which one it is about, is that other incident."""
        named, left = _take_reference(rest)
        first = command.arguments[0] if command.arguments else None
        if named and first is not None and first.refers and not left:
            try:
                return await self.surroundings.find_incident(unit, invocation, invocation.incident), rest
            except Problem:
                return await self.surroundings.find_incident(unit, invocation, named), left
        return await self.surroundings.find_incident(unit, invocation, named or invocation.incident), left

    def render(self, reply: Reply) -> Reply:
        """Fill in the words of a reply from its template."""
        if not reply.words:
            return reply
        return replace(reply, text=self.templates.render_markup(f"replies/{reply.words}", **reply.data))

    async def _read_arguments(
        self, command: Command, rest: str, invocation: Invocation, reading: Reading
    ) -> Any:
        raw = split_line(rest, command.arguments)
        raw.update({name: value for name, value in invocation.values.items() if value.strip()})
        reading = replace(reading, values=raw)
        if command.ask and not raw and not invocation.submitted:
            raise _FormWanted(await self.build_form(command, reading, raw, {}))
        values: dict[str, Any] = {}
        errors: dict[str, str] = {}
        missing = False
        for argument in command.arguments:
            text = raw.get(argument.name, "")
            if text:
                try:
                    values[argument.name] = await argument.kind.parse(
                        replace(reading, name=argument.name), text
                    )
                except Problem as problem:
                    errors[argument.name] = render_text(self.templates.explain(problem))
            elif argument.required:
                missing = True
                if invocation.submitted:
                    errors[argument.name] = render_text(self.templates.explain(Problem("argument.missing")))
        if errors or missing:
            sentence = escape_lines("\n".join(dict.fromkeys(errors.values())))
            raise _FormWanted(await self.build_form(command, reading, raw, errors), sentence)
        return command.Args(**values)

    async def refresh_form(self, invocation: Invocation) -> Form | None:
        """The form of a command anew, for what is filled in so far: what can be chosen may depend on it."""
        command, _ = self.find(invocation.text)
        if command is None:
            return None

        async def build(unit: Unit) -> Form:
            reading = await self._read_place(unit, command, invocation)
            return await self.build_form(command, reading, dict(invocation.values), {})

        return await self.work.look(build, invocation.actor)

    async def suggest(self, invocation: Invocation, name: str, typed: str) -> list[Choice]:
        """What could be filled in for one argument of a command, for what was typed so far."""
        command, _ = self.find(invocation.text)
        argument = next((one for one in command.arguments if one.name == name), None) if command else None
        if command is None or argument is None:
            return []

        async def look(unit: Unit) -> list[Choice]:
            reading = await self._read_place(unit, command, invocation)
            found = list(argument.kind.choices) or await argument.kind.suggest(reading, typed)
            wanted = typed.lower().lstrip("@")
            return [
                choice
                for choice in found
                if wanted in choice.label.lower() or choice.value.lower().lstrip("@").startswith(wanted)
            ]

        return await self.work.look(look, invocation.actor)

    async def _read_place(self, unit: Unit, command: Command, invocation: Invocation) -> Reading:
        """The reading of a form that is being filled in; without the incident where none is named."""
        incident = None
        if command.about == "incident":
            try:
                incident = await self.surroundings.find_incident(unit, invocation, invocation.incident)
            except Problem:
                incident = None
        return Reading(unit, invocation, incident, values=dict(invocation.values))

    async def build_form(
        self, command: Command, reading: Reading, raw: dict[str, str], errors: dict[str, str]
    ) -> Form:
        """The form that a command's arguments make, filled with what is known already."""
        questions = []
        for argument in command.arguments:
            choices = argument.kind.choices or tuple(await argument.kind.suggest(reading, ""))
            kind = "lines" if argument.many_lines else argument.kind.name
            if argument.kind.choices:
                kind = "choice"
            elif choices:
                kind = "suggest"
            questions.append(
                FormField(
                    name=argument.name,
                    label=argument.label,
                    kind=kind if kind in ("lines", "choice", "suggest", "flag") else "text",
                    required=argument.required,
                    value=raw.get(argument.name, ""),
                    hint=argument.hint or argument.kind.example,
                    choices=choices,
                    error=errors.get(argument.name, ""),
                    refreshes=argument.refreshes,
                )
            )
        target = reading.incident.ref if reading.incident is not None else ""
        return Form(command.path, command.summary, command.submit, tuple(questions), target)

    async def complete(self, line: str, invocation: Invocation, limit: int = 12) -> list[Suggestion]:
        """What the line could become: names of commands first, then values of the argument being typed."""
        command, rest = self.find(line)
        if command is None or (not rest and not line.endswith(" ")):
            typed = line.strip().lower().removeprefix("/")
            named = [one for path, one in sorted(self.commands.items()) if path.startswith(typed)]
            return [
                Suggestion(
                    f"/{one.path} ",
                    f"{one.usage.removeprefix('/' + one.path).strip()} — {one.summary}".strip(" —"),
                )
                for one in named[:limit]
            ]

        async def look(unit: Unit) -> list[Suggestion]:
            incident = None
            if command.about == "incident":
                try:
                    named, _ = _take_reference(rest)
                    incident = await self.surroundings.find_incident(
                        unit, invocation, named or invocation.incident
                    )
                except Problem:
                    incident = None
            return await self._complete_values(command, line, Reading(unit, invocation, incident), limit)

        return await self.work.look(look, invocation.actor)

    async def _complete_values(
        self, command: Command, line: str, reading: Reading, limit: int
    ) -> list[Suggestion]:
        head, _, last = line.rpartition(" ")
        done = split_line(head.removeprefix(f"/{command.path}").strip(), command.arguments)
        name, colon, prefix = last.partition(":")
        named = next((one for one in command.arguments if colon and one.name == name), None)
        current = named or next((one for one in command.arguments if one.name not in done), None)
        if current is None:
            return []
        choices = list(current.kind.choices) or await current.kind.suggest(reading, prefix if named else last)
        wanted = (prefix if named else last).lower().lstrip("@")
        start = f"{head} {name}:" if named else f"{head} "
        found = [
            Suggestion(start + choice.value + " ", choice.label)
            for choice in choices
            if choice.value.lower().lstrip("@").startswith(wanted) or choice.label.lower().startswith(wanted)
        ]
        return found[:limit] or (
            [] if last else [Suggestion(line, f"{current.label} {current.kind.example}".strip())]
        )

    def list_help(self, group: str = "") -> list[Command]:
        """The commands whose path starts with `group`, by path."""
        return [command for path, command in sorted(self.commands.items()) if path.startswith(group)]

    def _unknown(self, text: str) -> Reply:
        typed = text.strip().removeprefix("/")
        near = _nearest(typed, list(self.commands))
        return Reply(
            text=self.templates.render_sentence(
                "errors/sentences", "command.unknown", typed=typed, near=near
            ),
            failed=True,
        )


def list_groups(commands: Iterable[Command], templates: Templates) -> list[tuple[str, str, str]]:
    """What people type first (`/incident`), what it is for, and what can follow: for platforms that ask beforehand."""
    groups: dict[str, list[Command]] = {}
    for command in commands:
        groups.setdefault(command.path.split(" ")[0], []).append(command)
    listed = []
    for name, members in sorted(groups.items()):
        about = render_text(templates.render_sentence("forms/chat", f"group_{name}"))
        verbs = [member.path.partition(" ")[2] for member in members]
        usage = " | ".join(verbs) if all(verbs) else " ".join(one.usage for one in members[0].arguments)
        listed.append((f"/{name}", about, usage))
    return listed


class _FormWanted(Exception):
    """Something is missing or wrong: show the form. Nothing of the unit is kept."""

    def __init__(self, form: Form, sentence: str = "") -> None:
        super().__init__(form.command)
        self.form = form
        self.sentence = sentence


def _take_reference(rest: str) -> tuple[str, str]:
    """Take a leading `INC-7` off a line."""
    first, _, left = rest.partition(" ")
    if first.upper().startswith("INC-") and first[4:].isdecimal():
        return first.upper(), left.strip()
    return "", rest


def _nearest(typed: str, paths: list[str]) -> list[str]:
    words = " ".join(typed.lower().split(" ")[:2])
    same_group = [path for path in paths if path.split(" ")[0] == words.split(" ")[0]]
    close = difflib.get_close_matches(words, paths, n=3, cutoff=0.6)
    return close or sorted(same_group)[:8] or sorted({path.split(" ")[0] for path in paths})
