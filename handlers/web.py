"""The web application: every route that a handler module offers, behind one error mapper.

Problems become RFC 9457 documents for programs and pages for people; what is unexpected is logged with its trace and says
nothing of the inside.
"""

import time
from collections.abc import Awaitable, Callable
from functools import cache

from aiohttp import web
from prometheus_client import Histogram

from bot.chat.markup import render_text
from bot.errors import Malformed, Problem, TooLarge, Unknown
from bot.flow.discovery import discover
from bot.logs import get_logger
from handlers.parts import Parts

log = get_logger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PROGRAM_PATHS = (
    "/api/",
    "/hooks/",
    "/alerta/",
    "/heartbeats/",
    "/push/",
    "/twilio/",
    "/v1/",
    "/v2/",
    "/jsm/",
    "/healthz",
    "/readyz",
    "/metrics",
)
requests = Histogram("tocsin_http_seconds", "Time to answer requests", ["route", "method", "status"])
parts_key: web.AppKey[Parts] = web.AppKey("parts", Parts)


def build_web(parts: Parts) -> web.Application:
    """The application with all of its routes."""
    from handlers.pages.errors import render_problem
    from handlers.pages.security import refuse_cross_site, security_headers

    @web.middleware
    async def explain_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except Problem as problem:
            failure = problem
        except web.HTTPRequestEntityTooLarge:
            failure = TooLarge("body.too_large", limit=parts.settings.body_limit)
        except web.RequestPayloadError as error:
            failure = Malformed("body.broken", reason=str(error) or "it ends too early")
        except web.HTTPNotFound:
            failure = Unknown("page.unknown", path=request.path)
        except web.HTTPMethodNotAllowed as refused:
            failure = Problem(
                "method.not_allowed", method=refused.method, allowed=sorted(refused.allowed_methods)
            )
            failure.status = 405
        except web.HTTPException:
            raise
        except ConnectionError:  # the sender went away; nobody is there to answer
            raise
        except Exception:
            log.exception("request.failed", method=request.method, route=_route_of(request))
            failure = Problem("server.failed")
            failure.status = 500
        if request.path.startswith(PROGRAM_PATHS):
            response: web.StreamResponse = problem_document(parts, failure)
        else:
            response = await render_problem(parts, request, failure)
        if failure.status == 405:
            response.headers["Allow"] = ", ".join(failure.data["allowed"])  # RFC 9110, 15.5.6
        return response

    @web.middleware
    async def measure(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = time.perf_counter()
        status = 500
        try:
            response = await handler(request)
            status = response.status
            return response
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            route = _route_of(request)
            if route != "/live":
                _timer(route, request.method, status).observe(time.perf_counter() - started)

    app = web.Application(
        client_max_size=parts.settings.body_limit,
        middlewares=[measure, security_headers, explain_problems, refuse_cross_site],
    )
    app[parts_key] = parts
    for list_routes in discover("handlers", "list_routes"):
        app.add_routes(list_routes(parts))  # type: ignore[operator]
    return app


@cache
def _timer(route: str, method: str, status: int) -> Histogram:
    """Looking it up by its labels takes longer than observing."""
    return requests.labels(route, method, status)


def _route_of(request: web.Request) -> str:
    """The pattern of the path, without the keys and tokens that a real path may hold."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"


def problem_document(parts: Parts, problem: Problem) -> web.Response:
    """RFC 9457: `type` is stable, `detail` is the sentence; `field` names the value at fault, and `faults` all of
    them where there may be several."""
    body: dict[str, object] = {
        "type": f"urn:tocsin:problem:{problem.code}",
        "title": problem.code,
        "status": problem.status,
        "detail": render_text(parts.templates.explain(problem)),
    }
    if problem.field:
        body["field"] = problem.field
    if "faults" in problem.data:
        body["faults"] = problem.data["faults"]
    headers = {"Retry-After": "2"} if problem.status == 503 else {}
    if problem.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="tocsin"'
    return web.json_response(
        body, status=problem.status, headers=headers, content_type="application/problem+json"
    )
