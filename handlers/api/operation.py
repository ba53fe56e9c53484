"""An operation of the JSON API: one declaration that is both served and documented, so that the two can't drift.

A file of operations declares `OPERATIONS = (Operation(...), ...)`; discovery finds it. Query and body are msgspec
Structs: their types are what the door checks and what the document says.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from bot.errors import Unknown
from bot.flow.unit import Actor, Unit
from handlers.parts import Parts
from storage.models import ApiKey, User
from storage.questions.lists import Wanted
from storage.words import Scope

Q = TypeVar("Q", bound=Struct)
B = TypeVar("B", bound=Struct)
T = TypeVar("T")
PREFIX = "/api/v1"
PLATFORM = "api"
JSON = "application/json"
HIGHEST = 2**31 - 1
"""Ids are 32-bit integers in PostgreSQL; a cursor beyond the last one is clamped to it."""

NO_NUL = r"^[^\x00]*$"
"""PostgreSQL keeps no NUL in text, so none is taken."""
Text = Annotated[str, Meta(max_length=10_000, pattern=NO_NUL)]
Name = Annotated[str, Meta(min_length=1, max_length=254, pattern=NO_NUL)]
Filter = Annotated[str, Meta(max_length=254, pattern=NO_NUL)]
"""A value to filter by; empty is no filter."""


class NoQuery(Struct, frozen=True, forbid_unknown_fields=True):
    pass


class NoBody(Struct, frozen=True):
    pass


class PageQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every list takes: how many, from where, in which order."""

    limit: Annotated[int, Meta(ge=1, le=200, description="How many items at most.")] = 50
    cursor: Annotated[
        str,
        Meta(
            pattern="^([0-9a-f]{8})?$", description="The `next` of the page before; empty for the first page."
        ),
    ] = ""
    order: Annotated[Literal["newest", "oldest"], Meta(description="Which items come first.")] = "newest"

    def wanted(self) -> Wanted:
        after = min(int(self.cursor, 16), HIGHEST) if self.cursor else None
        return Wanted(self.limit, after, self.order == "oldest")


class Listing(Struct, Generic[T], frozen=True):
    """A page of a list. `next` is the cursor of the next page, null when this is the last one."""

    items: list[T]
    next: str | None


def send(answer: object, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """An answer as JSON. Markup is a kind of text that msgspec does not know."""

    def plain(value: object) -> str:
        if isinstance(value, str):
            return str(value)
        raise NotImplementedError(type(value))

    body = msgspec.json.encode(answer, enc_hook=plain)
    return web.Response(body=body, status=status, headers=headers, content_type=JSON)


def build_listing(items: list[T], next_after: int | None) -> Listing[T]:
    return Listing(items, None if next_after is None else f"{next_after:08x}")


@dataclass(frozen=True)
class PathPart:
    """A named part of a path: what it may look like, and what it means."""

    name: str
    pattern: str
    meaning: str
    example: str

    @cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(self.pattern)


REF = PathPart("ref", "^(INC-|inc-)?[1-9][0-9]{0,8}$", "The incident, `INC-71` or `71`.", "INC-1")


@dataclass(frozen=True)
class Call(Generic[Q, B]):
    """One request that was let in, with its query and body as declared. `key` is None only for public operations."""

    parts: Parts
    request: web.Request
    key: ApiKey | None
    query: Q
    body: B

    def part(self, name: str) -> str:
        """A named part of the path."""
        return self.request.match_info[name]

    def number(self, name: str) -> int:
        return int(self.part(name).upper().removeprefix("INC-"))

    async def look(self, ask: Callable[[Unit], Awaitable[T]]) -> T:
        """Ask as the key: what is private exists only for one with scope admin."""
        return await self.parts.work.look(ask, self.actor)

    @property
    def actor(self) -> Actor:
        """The program that the key was made for."""
        return act_by_key(self.key)


def act_by_key(key: ApiKey | None, user: User | None = None) -> Actor:
    """Who acts by a key: a person, or the program that it was made for."""
    name = user.name if user is not None else key.name if key is not None else "API"
    sees_private = key is not None and key.scope is Scope.ADMIN
    return Actor(name, user.id if user is not None else None, PLATFORM, sees_private)


Run = Callable[[Call[Q, B]], Awaitable[Struct | web.Response]]


@dataclass(frozen=True)
class Operation(Generic[Q, B]):
    """`path` is below /api/v1. `problems` are the statuses it may answer besides those that follow from its
    declaration; `media` are the content types it offers besides JSON; `header` is a header of its answer."""

    method: str
    path: str
    name: str
    summary: str
    run: Run[Q, B]
    answer: Any
    Query: type[Q] = NoQuery  # type: ignore[assignment]
    Body: type[B] = NoBody  # type: ignore[assignment]
    parts: tuple[PathPart, ...] = ()
    status: int = 200
    scope: Scope | None = Scope.READ
    description: str = ""
    problems: tuple[int, ...] = ()
    media: tuple[str, ...] = ()
    header: tuple[str, str] | None = None
    links: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def has_body(self) -> bool:
        return self.Body is not NoBody

    def check_path(self, request: web.Request) -> None:
        """Raise Unknown when a part of the path can't name anything."""
        for part in self.parts:
            if not part.regex.fullmatch(request.match_info[part.name]):
                raise Unknown("page.unknown", path=request.path)
