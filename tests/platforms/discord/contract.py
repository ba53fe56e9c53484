"""Discord's own description of its HTTP API (`openapi.json`): which operation a request is, and whether it keeps to it.

Schemas are compiled once per operation, when it is first used. Where Discord takes more than its description says (numbers
as ids, permissions as strings), requests are read with those places widened.
"""

from __future__ import annotations

import copy
import functools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from tests.platforms.discord.answers import Fault
from tests.platforms.discord.things import Json

METHODS = ("get", "post", "put", "patch", "delete")
AS_STRING = {"allow", "deny", "default_member_permissions", "permissions"}


@dataclass(frozen=True, eq=False)
class Operation:
    """One method on one path."""

    name: str
    method: str
    template: str
    body: Json

    @property
    def status(self) -> int:
        """What success looks like."""
        return int(min(code for code in self.body["responses"] if code.startswith("2")))

    def takes(self, kind: str) -> Json | None:
        """The schema of the body in this content type."""
        content: Json = self.body.get("requestBody", {}).get("content", {})
        schema: Json | None = content.get(kind, {}).get("schema")
        return schema


@functools.cache
def _description() -> Json:
    read: Json = json.loads((Path(__file__).parent / "openapi.json").read_text("utf-8"))
    return read


@functools.cache
def _operations() -> list[tuple[str, re.Pattern[str], Operation]]:
    """Every operation, with the paths first that name more of it."""
    found = []
    for template, ops in _description()["paths"].items():
        pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))
        found += [
            (method, pattern, Operation(ops[method]["operationId"], method, template, ops[method]))
            for method in METHODS
            if method in ops
        ]
    return sorted(found, key=lambda one: one[2].template.count("{"))


def find_operation(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation of a request, and what stands in its path."""
    for known, pattern, operation in _operations():
        if known == method.lower() and (match := pattern.fullmatch(path)):
            return operation, match.groupdict()
    return None


def operation_names() -> set[str]:
    """Every operation, as routes and faults name it."""
    return {operation.name for _, _, operation in _operations()}


def judge_request(operation: Operation, kind: str, body: Any) -> list[Fault]:
    """Why Discord would refuse this body."""
    if operation.takes(kind) is None:
        return []
    return _request_judge(operation, kind).list_faults(body)


def judge_query(operation: Operation, query: dict[str, str]) -> list[Fault]:
    """Why Discord would refuse these query parameters."""
    faults = []
    for parameter in operation.body.get("parameters", []):
        name = parameter["name"]
        if parameter["in"] == "query" and name in query:
            schema = parameter["schema"]
            found = _query_judge(json.dumps(schema)).list_faults(_read(schema, query[name]))
            faults += [Fault((name, *fault.path), fault.code, fault.message) for fault in found]
    return faults


def judge_answer(operation: Operation, status: int, body: Any) -> list[Fault]:
    """Where an answer of ours is none that Discord would give."""
    responses = operation.body["responses"]
    known = responses.get(str(status)) or responses.get(f"{status // 100}XX")
    if known is None:
        return [Fault((), "STATUS", f"{operation.name} never answers {status}")]
    key = str(status) if str(status) in responses else f"{status // 100}XX"
    judge = _answer_judge(operation, key)
    if judge is None:
        return (
            [] if body is None else [Fault((), "BODY", f"{operation.name} answers {status} without a body")]
        )
    return judge.list_faults(body)


EVENTS = {
    "MESSAGE_CREATE": "MessageResponse",
    "MESSAGE_UPDATE": "MessageResponse",
    "CHANNEL_CREATE": "GuildChannelResponse",
    "CHANNEL_UPDATE": "GuildChannelResponse",
    "CHANNEL_DELETE": "GuildChannelResponse",
    "THREAD_CREATE": "ThreadResponse",
    "THREAD_UPDATE": "ThreadResponse",
    "GUILD_MEMBER_ADD": "GuildMemberResponse",
    "GUILD_MEMBER_UPDATE": "GuildMemberResponse",
}
"""What the description says of things that are also told as events."""


def judge_event(event: str, body: Any) -> list[Fault]:
    """Where an event of ours is none that Discord would tell, as far as its description knows."""
    if event not in EVENTS:
        return []
    return _event_judge(EVENTS[event]).list_faults(body)


@dataclass(frozen=True, eq=False)
class Judge:
    """A schema. What keeps to it is found right at once; what is wrong elsewhere is told by the slower of the two."""

    quick: jsonschema_rs.Draft202012Validator
    thorough: Draft202012Validator

    @classmethod
    def of(cls, schema: Json, components: Json) -> Judge:
        whole = {"allOf": [schema], "components": components}
        return cls(jsonschema_rs.Draft202012Validator(whole), Draft202012Validator(whole))

    def list_faults(self, body: Any) -> list[Fault]:
        if self.quick.is_valid(body):
            return []
        return [_fault(leaf) for error in self.thorough.iter_errors(body) for leaf in _leaves(error)]


@functools.cache
def _event_judge(name: str) -> Judge:
    return Judge.of({"$ref": f"#/components/schemas/{name}"}, _strict())


@functools.cache
def _request_judge(operation: Operation, kind: str) -> Judge:
    schema = copy.deepcopy(operation.takes(kind) or {})
    _widen(schema)
    return Judge.of(schema, _widened())


@functools.cache
def _query_judge(schema: str) -> Judge:
    return Judge.of(json.loads(schema), _widened())


@functools.cache
def _answer_judge(operation: Operation, key: str) -> Judge | None:
    response = operation.body["responses"][key]
    if "$ref" in response:
        response = _description()["components"]["responses"][response["$ref"].rpartition("/")[2]]
    content = response.get("content")
    return Judge.of(content["application/json"]["schema"], _strict()) if content else None


@functools.cache
def _strict() -> Json:
    """For answers. What is described as a number inside `errors` is a word in truth, such as BASE_TYPE_REQUIRED."""
    components: Json = copy.deepcopy(_description()["components"])
    inner = {"type": "object", "properties": {"code": {"type": "string"}, "message": {"type": "string"}}}
    components["schemas"]["InnerErrors"]["properties"]["_errors"]["items"] = {
        **inner,
        "required": ["code", "message"],
    }
    return _by_type(components)


@functools.cache
def _widened() -> Json:
    """For requests."""
    components: Json = copy.deepcopy(_description()["components"])
    components["schemas"]["SnowflakeType"]["type"] = ["string", "integer"]
    for schema in components["schemas"].values():
        _widen(schema)
    return _by_type(components)


def _widen(schema: Json) -> None:
    """Permissions are taken as strings, too."""
    for name, about in schema.get("properties", {}).items():
        if name in AS_STRING and "integer" in about.get("type", ()):
            about["type"] = ["string", "integer", "null"]


def _by_type(components: Json) -> Json:
    """Unions whose members name their `type` are judged by the member that is meant: faster, and with clearer errors."""
    for schema in components["schemas"].values():
        _replace_unions(schema, components["schemas"])
    return components


def _replace_unions(part: Any, schemas: Json) -> None:
    if isinstance(part, list):
        for one in part:
            _replace_unions(one, schemas)
    elif isinstance(part, dict):
        union = part.get("oneOf")
        if isinstance(union, list) and len(union) > 2:
            kinds = {ref["$ref"]: _kinds(ref, schemas) for ref in union if "$ref" in ref}
            if len(kinds) == len(union) and all(kinds.values()):
                del part["oneOf"]
                part.update(_chosen(kinds))
        for one in part.values():
            _replace_unions(one, schemas)


def _kinds(ref: Json, schemas: Json) -> list[int]:
    schema = schemas[ref["$ref"].rpartition("/")[2]]
    found: list[int] = schema.get("properties", {}).get("type", {}).get("enum", [])
    return found if "type" in schema.get("required", ()) else []


def _chosen(kinds: dict[str, list[int]]) -> Json:
    every = sorted({kind for some in kinds.values() for kind in some})
    known = {"type": "object", "required": ["type"], "properties": {"type": {"enum": every}}}
    branches = [
        {
            "if": {"properties": {"type": {"enum": some}}, "required": ["type"]},
            "then": {"$ref": ref},
        }
        for ref, some in kinds.items()
    ]
    return {**known, "allOf": branches}


def _read(schema: Json, value: str) -> Any:
    """A query parameter as its schema wants it, when it can be read so."""
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if schema.get("type") == "boolean" and value.lower() in ("true", "false", "1", "0"):
        return value.lower() in ("true", "1")
    return value


CODES = {
    "required": ("BASE_TYPE_REQUIRED", "This field is required"),
    "enum": ("BASE_TYPE_CHOICES", "Value must be one of {value}."),
    "maxItems": ("BASE_TYPE_BAD_LENGTH", "Must be {value} or fewer in length."),
    "minItems": ("BASE_TYPE_BAD_LENGTH", "Must be {value} or more in length."),
    "maxLength": ("BASE_TYPE_MAX_LENGTH", "Must be {value} or fewer in length."),
    "minLength": ("BASE_TYPE_MIN_LENGTH", "Must be {value} or more in length."),
    "maximum": ("NUMBER_TYPE_MAX", "int value should be less than or equal to {value}."),
    "minimum": ("NUMBER_TYPE_MIN", "int value should be greater than or equal to {value}."),
    "type": ("BASE_TYPE_BAD_TYPE", "Value must be of type {value}."),
    "pattern": ("NUMBER_TYPE_COERCE", 'Value "{instance}" is not snowflake.'),
    "uniqueItems": ("SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value"),
}


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """The errors that say what is wrong, out of those that say only that something is."""
    if not error.context:
        yield error
        return
    best = best_match(iter(error.context))
    yield from _leaves(best if best is not None else error)


def _fault(error: ValidationError) -> Fault:
    path = tuple(str(part) for part in error.absolute_path)
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        path = (*path, missing)
    code, message = CODES.get(str(error.validator), ("BASE_TYPE_INVALID", "This is invalid: {validator}"))
    shown = str(error.instance)[:80]
    return Fault(
        path, code, message.format(value=error.validator_value, instance=shown, validator=error.validator)
    )
