"""Traces as they are kept: what a rule says when it does not match is the same for every alert, so it is kept once, and the
trace of an alert names it by its key. That is the most of a trace where there are many rules.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from typing import Any

from bot.flow.unit import Unit
from storage.questions import traces as ask
from storage.types import write_json

Step = dict[str, Any]
"""{"stage": ..., "reason": ..., ...}: one line of a trace."""
Kept = Step | str
"""A line of its own, or the key of one that is shared."""
KEY_BYTES = 6
MISSING: Step = {"stage": "trace", "reason": "missing"}


class SharedLine(Step):
    """A line that many traces have; nothing of it changes."""

    __slots__ = ("key",)

    def __init__(self, line: Step) -> None:
        super().__init__(line)
        digest = hashlib.blake2b(write_json(line).encode(), digest_size=KEY_BYTES).digest()
        self.key = urlsafe_b64encode(digest).decode()


def pack(trace: Iterable[Step]) -> list[Kept]:
    """A trace as it is kept in an alert; its shared lines are kept by `keep_lines`."""
    return [line.key if type(line) is SharedLine else line for line in trace]


async def keep_lines(unit: Unit, lines: Iterable[SharedLine]) -> None:
    """Let traces name these."""
    await ask.insert_lines(unit.session, {line.key: line for line in lines})


async def unpack(unit: Unit, kept: Sequence[Kept]) -> list[Step]:
    """A trace as it was said."""
    found = await ask.find_lines(unit.session, {line for line in kept if isinstance(line, str)})
    return [found.get(line, MISSING) if isinstance(line, str) else line for line in kept]
