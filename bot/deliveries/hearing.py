"""Notes that a platform answers, whatever a deliverer does with it: the proof that it is not away (`bot/flow/lanes`).

A refusal is an answer too. What a platform may know without asking anybody proves nothing.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, ParamSpec, TypeVar, cast

from bot.chat.platform import Platform
from bot.errors import Rejected
from bot.flow.lanes import note_answer

P = ParamSpec("P")
T = TypeVar("T")
MAY_KNOW = frozenset({"find_person", "find_standing_room", "check"})


class Listened:
    """A platform that is listened to."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._platform, name)
        return noting(found) if iscoroutinefunction(found) and name not in MAY_KNOW else found


def listen_to(platform: Platform) -> Platform:
    """The same platform; its answers are noted for the delivery that asks."""
    return cast(Platform, Listened(platform))


def noting(call: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """The same function; that it answers is noted."""

    @wraps(call)
    async def ask(*args: P.args, **more: P.kwargs) -> T:
        try:
            answer = await call(*args, **more)
        except Rejected:
            note_answer()
            raise
        note_answer()
        return answer

    return ask
