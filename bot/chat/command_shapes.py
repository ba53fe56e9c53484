"""Commands as plain shapes, for platforms: they may not know the registry. Called by the composition root."""

from collections.abc import Iterable

from bot.chat.arguments import Argument
from bot.chat.registry import Command
from bot.chat.shapes import CommandShape, OptionShape


def list_shapes(commands: Iterable[Command]) -> tuple[CommandShape, ...]:
    """The shapes of these commands, by path."""
    return tuple(
        CommandShape(
            path=command.path,
            summary=command.summary,
            options=tuple(_shape(argument) for argument in command.arguments),
            about=command.about,
        )
        for command in sorted(commands, key=lambda command: command.path)
    )


def _shape(argument: Argument) -> OptionShape:
    kind = argument.kind
    return OptionShape(
        name=argument.name,
        label=argument.label,
        kind=kind.name,
        required=argument.required,
        choices=kind.choices,
        suggests=kind.name == "suggest",
        many_lines=argument.many_lines,
        hint=argument.hint or kind.example,
    )
