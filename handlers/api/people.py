"""`/api/v1/users`, written: people come, change what they may do, leave, and come back."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from aiohttp import web
from msgspec import Meta, Struct, field

from bot.access.people import add_user
from bot.access.people import get_user as find_user
from bot.access.roles import check_rank, check_role
from bot.catalog.uses import list_uses
from bot.flow.unit import Actor, Unit
from bot.oncall.leaving import change_role, deactivate, get_who_left, reactivate
from handlers.api.catalog import USER, UserItem, show_users
from handlers.api.door import find_actor
from handlers.api.edits import As, AsQuery
from handlers.api.operation import NO_NUL, PREFIX, Call, NoBody, NoQuery, Operation, send
from storage.models import User
from storage.words import Scope, UserRole


class NewUser(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody to let in. They sign in by chat, or by a link that `tocsin user link` prints."""

    name: Annotated[str, Meta(min_length=1, max_length=120, pattern=NO_NUL)]
    email: Annotated[str, Meta(max_length=254, pattern=NO_NUL)] = ""
    role: UserRole = UserRole.RESPONDER
    as_: As = field(name="as", default=None)


class RoleBody(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody may do from now on. Nobody gives or takes a role above their own; a program's key counts as admin."""

    role: UserRole
    as_: As = field(name="as", default=None)


class Return(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who left is back, with what they had."""

    as_: As = field(name="as", default=None)


class UserChanged(Struct, frozen=True):
    """Somebody as they are now, and what on-call names them: `schedule primary`, `policy payments`, `rule night`."""

    user: UserItem
    named_in: list[str]


async def create(call: Call[NoQuery, NewUser]) -> web.Response:
    body = call.body
    actor, rank = await _find_admin(call, body.as_)

    async def add(unit: Unit) -> UserItem:
        check_rank(rank, body.role)
        return (await show_users(unit, [await add_user(unit, body.name, body.email, body.role)]))[0]

    made = await call.parts.work.run(add, actor)
    return send(made, 201, {"Location": f"{PREFIX}/users/{made.handle}"})


async def set_role(call: Call[NoQuery, RoleBody]) -> UserChanged:
    async def change(unit: Unit, name: str, rank: UserRole) -> User:
        user = await find_user(unit, name)
        await change_role(unit, user, call.body.role, rank)
        return user

    return await _change(call, call.body.as_, change)


async def leave(call: Call[AsQuery, NoBody]) -> UserChanged:
    async def change(unit: Unit, name: str, rank: UserRole) -> User:
        user = await find_user(unit, name)
        await deactivate(unit, user, rank)
        return user

    return await _change(call, call.query.as_, change)


async def come_back(call: Call[NoQuery, Return]) -> UserChanged:
    async def change(unit: Unit, name: str, rank: UserRole) -> User:
        user = await get_who_left(unit, name)
        await reactivate(unit, user, rank)
        return user

    return await _change(call, call.body.as_, change)


async def _change(
    call: Call[Any, Any], name: str | None, change: Callable[[Unit, str, UserRole], Awaitable[User]]
) -> UserChanged:
    """Change the person of the path, by whoever does it and the highest role that they may give or take."""
    actor, rank = await _find_admin(call, name)

    async def run(unit: Unit) -> UserChanged:
        user = await change(unit, call.part("user"), rank)
        await unit.session.flush()
        return UserChanged((await show_users(unit, [user]))[0], await list_uses(unit, "user", user))

    return await call.parts.work.run(run, actor)


async def _find_admin(call: Call[Any, Any], name: str | None) -> tuple[Actor, UserRole]:
    """A person, or the program whose key has the scope for it and counts as an admin."""
    actor, user = await call.look(lambda unit: find_actor(unit, call.key, name))
    if user is None:
        return actor, UserRole.ADMIN
    check_role(user, "admin")
    return actor, user.role


ONE = "/users/{user}"
PROBLEMS = (403, 409)
OPERATIONS = (
    Operation(
        "POST", "/users", "createUser", "Let somebody in.", create, UserItem, Body=NewUser, status=201,
        scope=Scope.ADMIN, problems=(403, 404), header=("Location", "Where the person is."),
        links={"user": {"operationId": "getUser", "parameters": {"user": "$response.body#/handle"}}},
    ),
    Operation(
        "PUT", f"{ONE}/role", "changeRole", "Say what somebody may do.", set_role, UserChanged, Body=RoleBody,
        parts=(USER,), scope=Scope.ADMIN, problems=PROBLEMS,
    ),
    Operation(
        "DELETE", ONE, "deactivateUser", "Somebody leaves: they can't sign in any more, and nobody pages them.", leave,
        UserChanged, AsQuery, parts=(USER,), scope=Scope.ADMIN, problems=PROBLEMS,
    ),
    Operation(
        "POST", f"{ONE}/reactivate", "reactivateUser", "Somebody who left is back.", come_back, UserChanged,
        Body=Return, parts=(USER,), scope=Scope.ADMIN, problems=PROBLEMS,
    ),
)  # fmt: skip
