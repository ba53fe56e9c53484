"""Serves every operation of the JSON API, and a problem document for whatever else is asked below its prefix."""

import re

from aiohttp import web

from bot.errors import Problem, Unknown
from handlers.api.document import list_operations
from handlers.api.door import open_door
from handlers.api.operation import PREFIX
from handlers.parts import Parts
from handlers.web import problem_document


class NotAllowed(Problem):
    """The path exists, but not with this method."""

    status = 405


def list_routes(parts: Parts) -> list[web.RouteDef]:
    """aiohttp tries the longest fixed beginning of a path first, so the last route gets only what no other takes."""
    operations = list_operations()
    methods: dict[str, set[str]] = {}
    for operation in operations:
        methods.setdefault(operation.path, set()).add(operation.method)
    known = [(_read_path(path), sorted(names)) for path, names in methods.items()]

    async def refuse(request: web.Request) -> web.StreamResponse:
        path = request.rel_url.raw_path.removeprefix(PREFIX)
        allowed = next((names for pattern, names in known if pattern.fullmatch(path)), [])
        if not allowed or request.method in allowed:
            raise Unknown("page.unknown", path=request.path)
        problem = NotAllowed("method.not_allowed", method=request.method, allowed=allowed)
        response = problem_document(parts, problem)
        response.headers["Allow"] = ", ".join(allowed)
        return response

    return [
        *(web.route(one.method, PREFIX + one.path, open_door(parts, one)) for one in operations),
        web.route("*", f"{PREFIX}/{{rest:.*}}", refuse),
    ]


def _read_path(path: str) -> re.Pattern[str]:
    """A pattern for a path with named parts: `/incidents/{ref}`."""
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))
