"""The OpenAPI 3.1 document, made from the operations that are served and the types that they check and answer with."""

import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from bot.flow.discovery import discover
from handlers.api.operation import JSON, PREFIX, Call, NoBody, NoQuery, Operation
from storage.words import Scope

PROBLEM = "application/problem+json"
REFS = "#/components/schemas/{name}"
LISTING = re.compile(rb"\bListing_(\w+?)_(?=\")")
Schemas = dict[Any, Any]
Fields = dict[str, Any]
REASONS = {
    400: "The body is no JSON.",
    401: "There is no key, or it is not known.",
    403: "The key, or the person acted for, may not do this.",
    404: "There is no such thing; `field` names what asked for it when it is not the path.",
    409: "The thing is not in a state that allows this.",
    413: "The body is too large.",
    422: "A value is wrong; `field` names it.",
    503: "Not now: nothing was kept. Try again after `Retry-After` seconds.",
}
HEADERS = {401: "WWW-Authenticate", 503: "Retry-After"}


class FaultItem(Struct, frozen=True):
    """One of several things that are wrong."""

    field: str
    reason: str


class ProblemDocument(Struct, frozen=True):
    """RFC 9457. `type` is stable and for programs, `detail` is a sentence for people."""

    type: Annotated[str, Meta(pattern="^urn:tocsin:problem:")]
    title: str
    status: int
    detail: str
    field: str = ""
    faults: list[FaultItem] = []


def list_operations() -> list[Operation[Any, Any]]:
    """Every operation that a file of this folder declares, by path."""
    found: list[Operation[Any, Any]] = []
    for declared in discover("handlers.api", "OPERATIONS"):
        if isinstance(declared, tuple):
            found += declared
    return sorted(found, key=lambda one: (one.path, one.method))


def build_document(operations: Iterable[Operation[Any, Any]]) -> bytes:
    """The document as JSON."""
    served = list(operations)
    types = [ProblemDocument, *(one.answer for one in served), *(one.Query for one in served)]
    types += [one.Body for one in served if one.has_body]
    found, components = msgspec.json.schema_components(types, ref_template=REFS)
    schemas: Schemas = dict(zip(types, found, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for one in served:
        described = _describe(one, schemas, components)
        paths.setdefault(PREFIX + one.path, {})[one.method.lower()] = described
    queries = {schemas[one.Query]["$ref"].rpartition("/")[2] for one in served}
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Tocsin",
            "version": version("tocsin"),
            "description": "What happened, and what to do about it. Times are RFC 3339 in UTC; lists page by cursor.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in components.items() if name not in queries},
            "responses": {str(status): _describe_problem(status) for status in REASONS},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "A key from `tocsin key create`."}
            },
        },
    }
    return LISTING.sub(rb"\1List", msgspec.json.encode(document))


def _describe(one: Operation[Any, Any], schemas: Schemas, components: Fields) -> Fields:
    query = components[schemas[one.Query]["$ref"].rpartition("/")[2]]["properties"]
    answer: Fields = {
        "description": one.summary,
        "content": {
            JSON: {"schema": schemas[one.answer]},
            **{kind: {"schema": {"type": "string"}} for kind in one.media},
        },
    }
    if one.header is not None:
        answer["headers"] = {one.header[0]: _describe_header(one.header[1])}
    if one.links:
        answer["links"] = one.links
    statuses = {
        503,
        *one.problems,
        *([404] if one.parts else []),
        *([422] if one.Query is not NoQuery else []),
    }
    if one.scope is not None:
        statuses.add(401)
    if one.has_body:
        statuses |= {400, 403, 413, 422}
    described: Fields = {
        "operationId": one.name,
        "summary": one.summary,
        "tags": [one.path.split("/")[1]],
        "parameters": [*_describe_parts(one), *_describe_query(query)],
        "responses": {
            str(one.status): answer,
            **{str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(statuses)},
        },
    }
    if one.description or one.scope not in (None, Scope.READ):
        need = f"Needs a key with scope {one.scope.value}." if one.scope not in (None, Scope.READ) else ""
        described["description"] = f"{one.description} {need}".strip()
    if one.has_body:
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": schemas[one.Body]}}}
    if one.scope is None:
        described["security"] = []
    return described


def _describe_parts(one: Operation[Any, Any]) -> list[Fields]:
    return [
        {
            "name": part.name,
            "in": "path",
            "required": True,
            "description": part.meaning,
            "schema": {"type": "string", "pattern": part.pattern},
            "example": part.example,
        }
        for part in one.parts
    ]


def _describe_query(properties: Fields) -> list[Fields]:
    described = []
    for name, schema in properties.items():
        kept = {word: value for word, value in schema.items() if word != "description"}
        parameter: Fields = {"name": name, "in": "query", "schema": kept}
        if "description" in schema:
            parameter["description"] = schema["description"]
        described.append(parameter)
    return described


def _describe_header(meaning: str) -> Fields:
    return {"description": meaning, "required": True, "schema": {"type": "string"}}


def _describe_problem(status: int) -> Fields:
    described: Fields = {
        "description": REASONS[status],
        "content": {PROBLEM: {"schema": {"$ref": REFS.format(name="ProblemDocument")}}},
    }
    if status in HEADERS:
        described["headers"] = {HEADERS[status]: _describe_header("As in RFC 9110.")}
    return described


@cache
def _read_document() -> bytes:
    return build_document(list_operations())


async def _send_document(call: Call[NoQuery, NoBody]) -> web.Response:
    return web.Response(body=_read_document(), content_type=JSON)


OPERATIONS = (
    Operation(
        "GET", "/openapi.json", "getDocument", "This document.", _send_document, dict[str, Any], scope=None
    ),
)
