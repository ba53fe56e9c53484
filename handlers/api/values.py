"""Small shapes that many answers of the JSON API share, and how rows become them."""

from collections.abc import Collection, Mapping
from typing import Annotated, Literal, overload

from msgspec import Meta, Struct

from bot.flow.unit import Unit
from handlers.api.operation import Filter, PageQuery
from storage.models import EscalationPolicy, Integration, Schedule, Service, Team, User
from storage.questions import access

Active = Annotated[
    Literal["true", "false", "any"], Meta(description="Those in use, those that were removed, or both.")
]
HasSlug = Team | Service | Schedule | EscalationPolicy | Integration
SLUG = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


class Person(Struct, frozen=True):
    """Somebody; `handle` is what others type after an @."""

    id: int
    handle: str
    name: str


class Named(Struct, frozen=True):
    """A team, service, schedule or policy; `slug` is its short name for commands and filters."""

    slug: str
    name: str


class LinkItem(Struct, frozen=True):
    title: str
    url: str


class NamedQuery(PageQuery, frozen=True, kw_only=True):
    """Filters of things with a name."""

    active: Active = "true"


class TeamedQuery(NamedQuery, frozen=True, kw_only=True):
    """Filters of things that belong to teams."""

    team: Annotated[Filter, Meta(description="Only those of this team (slug or name).")] = ""


def read_active(active: str) -> bool | None:
    return None if active == "any" else active == "true"


def show_person(user: User) -> Person:
    return Person(user.id, user.handle, user.name)


def find_person(people: Mapping[int, User], user_id: int | None) -> Person | None:
    user = people.get(user_id) if user_id is not None else None
    return show_person(user) if user is not None else None


@overload
def show_named(row: HasSlug) -> Named: ...
@overload
def show_named(row: HasSlug | None) -> Named | None: ...
def show_named(row: HasSlug | None) -> Named | None:
    return Named(row.slug, row.name) if row is not None else None


async def list_people(unit: Unit, ids: Collection[int | None]) -> dict[int, User]:
    """The people with these ids, by id."""
    return await access.list_users_by_id(unit.session, {one for one in ids if one is not None})
