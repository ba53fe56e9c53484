"""What silences and maintenance share in the JSON API: how matchers are written, who acts, which field is at fault."""

from collections.abc import Awaitable, Iterable, Sequence
from typing import Annotated, Any, Literal, TypeVar

from msgspec import Meta, Struct

from bot.access.roles import check_role
from bot.alerts.matchers import LABEL, Matcher, make_matcher, name_field
from bot.errors import Problem, Unknown
from bot.flow.unit import Actor
from handlers.api.door import find_actor
from handlers.api.operation import NO_NUL, Call, Name
from storage.models import User

T = TypeVar("T")
As = Annotated[
    Name | None, Meta(description="Who does it: handle, e-mail or name. Without it, the key's name.")
]
Operation = Literal["is", "is_not", "matches", "not_matches"]


class MatcherItem(Struct, frozen=True, forbid_unknown_fields=True):
    """What must hold for one field of an alert. `name` is title, description, priority, alias, source, entity, integration,
    service or team, and else a label; `labels.team` is the label of that name. A pattern (RE2) is for the whole value."""

    name: Annotated[str, Meta(min_length=1, max_length=200, pattern=NO_NUL, examples=["service"])]
    value: Annotated[str, Meta(max_length=2_000, pattern=NO_NUL, examples=["web"])]
    operation: Operation = "is"


def read_matchers(items: Iterable[MatcherItem]) -> list[Matcher]:
    """As they are judged; raises Invalid."""
    return [make_matcher(name_field(one.name), one.operation, one.value) for one in items]


def show_matchers(matchers: Sequence[Matcher]) -> list[MatcherItem]:
    """As they are given: a label without its prefix, unless it is called like a field."""
    shown = []
    for one in matchers:
        label = one.name.removeprefix(LABEL)
        name = label if name_field(label) == one.name else one.name
        shown.append(MatcherItem(name, one.value, one.operation))  # type: ignore[arg-type]  # one of the four
    return shown


async def find_responder(call: Call[Any, Any], name: str | None) -> tuple[Actor, User | None]:
    """Who does it: a responder, or the program whose key may write."""
    actor, user = await call.look(lambda unit: find_actor(unit, call.key, name))
    check_role(user, "responder")
    return actor, user


async def told_as(found: Awaitable[T], unknown: str, **names: str) -> T:
    """Wait for a concern; a Problem then names the field of the body in place of the command's argument, and `unknown` is
    where the name of a thing that is not there was given."""
    try:
        return await found
    except Problem as problem:
        if problem.field is not None:
            problem.field = names.get(problem.field, problem.field)
        elif isinstance(problem, Unknown):
            problem.field = unknown
        raise
