"""What Discord would refuse of what is made for it: by its own description of its API, and by the limits beside that."""

from __future__ import annotations

from collections.abc import Sequence

from bot.chat.discord.embeds import Rendered
from tests.platforms.discord.command_limits import judge_commands
from tests.platforms.discord.components import judge_modal
from tests.platforms.discord.contract import find_operation, judge_request
from tests.platforms.discord.limits import judge_message, need_message
from tests.platforms.discord.things import Json

MESSAGE = ("POST", "/channels/1/messages")
CALLBACK = ("POST", "/interactions/1/token/callback")
COMMANDS = ("PUT", "/applications/1/commands")


def faults_of_message(sent: Rendered) -> list[str]:
    """Why Discord would refuse this message; empty when it would not. One that shows nothing raises."""
    need_message(sent.body)
    return [*_describe(*MESSAGE, sent.body), *map(str, judge_message(sent.body))]


def faults_of_modal(modal: Json) -> list[str]:
    """Why Discord would refuse this modal."""
    return [*_describe(*CALLBACK, {"type": 9, "data": modal}), *map(str, judge_modal(modal))]


def faults_of_commands(commands: Sequence[Json]) -> list[str]:
    """Why Discord would refuse these commands."""
    return [*_describe(*COMMANDS, list(commands)), *map(str, judge_commands(list(commands)))]


def _describe(method: str, path: str, body: object) -> list[str]:
    found = find_operation(method, path)
    assert found is not None
    return [str(fault) for fault in judge_request(found[0], "application/json", body)]
