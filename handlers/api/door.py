"""The door of the JSON API: who asks, whether they may, and whether what they sent is what the operation declares.

Everything that is wrong is raised as a Problem; the web application makes an RFC 9457 document of it.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from aiohttp import web
from multidict import MultiMapping

from bot.access.keys import check_scope, get_key
from bot.access.people import get_user
from bot.errors import Invalid, Malformed, Problem, Unauthenticated, Unknown
from bot.flow.unit import Actor, Unit
from handlers.api.operation import Call, Operation, act_by_key, send
from handlers.parts import Parts
from storage.models import ApiKey, User
from storage.words import Scope

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")
PLACE = re.compile(r" - at `\$\.?(?P<place>[^`]*)`$")
FIELD = re.compile(
    r"^Object (?P<fault>contains unknown|missing required) field `(?P<name>.*?)`(?: - at|$)", re.DOTALL
)


def open_door(
    parts: Parts, operation: Operation[Any, Any]
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler that checks a request and runs the operation."""

    async def handle(request: web.Request) -> web.StreamResponse:
        key = None
        if operation.scope is not None:
            key = await parts.work.look(lambda unit: _get_key(unit, request))
            parts.key_uses.note(key)
            check_scope(key, operation.scope)
        operation.check_path(request)
        query = read_query(request.query, operation.Query)
        body = read_body(await request.read(), operation.Body) if operation.has_body else operation.Body()
        answer = await operation.run(Call(parts, request, key, query, body))
        if isinstance(answer, web.Response):
            return answer
        return send(answer, operation.status)

    return handle


async def _get_key(unit: Unit, request: web.Request) -> ApiKey:
    scheme, _, key = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthenticated("key.missing")
    if not key.isascii():
        raise Unauthenticated("key.unknown")
    return await get_key(unit, key.strip())


def read_query(query: MultiMapping[str], kind: type[S]) -> S:
    """The query as its declared type. A parameter that is a list may be given several times; no other may."""
    lists = {field.encode_name for field in msgspec.structs.fields(kind) if isinstance(field.default, tuple)}
    values: dict[str, object] = {}
    for name in query:
        given = query.getall(name)
        if name not in lists and len(given) > 1:
            raise Invalid("field.twice", name, name=name)
        values[name] = given if name in lists else given[0]
    return _told(lambda: msgspec.convert(values, kind, strict=False), kind)


def read_body(body: bytes, kind: type[S]) -> S:
    """The body as its declared type: Malformed when it is no JSON, Invalid with the field when a value is wrong."""
    if not body.strip():
        raise Malformed("body.empty")
    return _told(lambda: _decode(body, kind), kind)


def _decode(body: bytes, kind: type[S]) -> S:
    """To JSON Schema 1.0 is an integer, which msgspec takes for a fault."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as wrong:
        if "got `float`" not in str(wrong):
            raise
        return msgspec.convert(_make_whole(msgspec.json.decode(body)), kind)


def _make_whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _make_whole(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_make_whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _told(read: Callable[[], S], kind: type[S]) -> S:
    try:
        return read()
    except msgspec.ValidationError as wrong:
        raise _explain(wrong, kind) from wrong
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("body.not_json", reason=str(error)) from error


def _explain(wrong: msgspec.ValidationError, kind: type[msgspec.Struct]) -> Invalid:
    """What msgspec says (`Expected `int`, got `str` - at `$.limit``) as a Problem that names the field."""
    text = str(wrong)
    place, object_fault = PLACE.search(text), FIELD.search(text)
    if object_fault:
        name, fault = object_fault["name"], object_fault["fault"]
        known = [field.encode_name for field in msgspec.structs.fields(kind)]
        return Invalid(
            "field.unknown" if fault == "contains unknown" else "field.missing", name, name=name, known=known
        )
    name = place["place"] if place else ""
    if text.startswith("Invalid enum value") and (words := list_words(kind, name)):
        return Invalid("field.not_one_of", name, name=name, known=words)
    if "matching regex" in text:
        return Invalid("field.shape", name or None, name=name)
    return Invalid("field.wrong", name or None, name=name, reason=PLACE.sub("", text))


def list_words(kind: type[msgspec.Struct], place: str) -> list[str]:
    """What may stand at a place (`rules[0].kind`) that takes one of several words; empty where it takes others."""
    reached = _list_types(msgspec.inspect.type_info(kind))
    for step in re.findall(r"[^.\[\]]+|\[", place):
        if step == "[":
            found = [one.item_type for one in reached if hasattr(one, "item_type")]
        elif not step.isdecimal():
            fields = [field for one in reached for field in getattr(one, "fields", ())]
            found = [field.type for field in fields if field.encode_name == step]
        else:
            continue
        reached = [one for type_ in found for one in _list_types(type_)]
    return [
        str(word.value) for one in reached if isinstance(one, msgspec.inspect.EnumType) for word in one.cls
    ]


def _list_types(found: Any) -> list[Any]:
    """Each that it may be, without what is said about it."""
    if isinstance(found, msgspec.inspect.Metadata):
        return _list_types(found.type)
    if isinstance(found, msgspec.inspect.UnionType):
        return [one for part in found.types for one in _list_types(part)]
    return [found]


async def find_actor(unit: Unit, key: ApiKey | None, name: str | None) -> tuple[Actor, User | None]:
    """Who acts: the person named by `as`, or else the program that the key was made for."""
    if name is None:
        return act_by_key(key), None
    user = await named_by("as", get_person(unit, name))
    return act_by_key(key, user), user


async def get_person(unit: Unit, name: str) -> User:
    """The person with this handle, e-mail address or name; raises Unknown."""
    if not name.strip("@ "):
        raise Unknown("user.unknown", name=name, near=[])
    return await get_user(unit, name)


async def named_by(field: str, found: Awaitable[T]) -> T:
    """Wait for what a field names; a Problem then says which field it was."""
    try:
        return await found
    except Problem as problem:
        problem.field = field
        raise


def has_scope(key: ApiKey | None, needed: Scope) -> None:
    """Like check_scope, for a need that shows only in the body."""
    if key is None:
        raise Unauthenticated("key.missing")
    check_scope(key, needed)
