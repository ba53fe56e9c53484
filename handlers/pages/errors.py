"""A problem as a page: what is wrong, and what to do next."""

from aiohttp import web

from bot.errors import Problem, Unauthenticated
from handlers.pages.security import add_headers
from handlers.pages.visit import find_visitor, html, is_fragment
from handlers.parts import Parts


async def render_problem(parts: Parts, request: web.Request, problem: Problem) -> web.Response:
    """The page (or the piece of one) for a problem. Who is not signed in is sent to the sign-in page; but not away from a
    page that is open, where something may be half written: that says so among its replies."""
    if problem.status == 401 and is_fragment(request):
        sentence = parts.templates.explain(Unauthenticated("signin.ended"))
        response = html(parts.templates.render_html("pages/parts/problem", sentence=sentence), 401)
        response.headers.update({"HX-Retarget": "#replies", "HX-Reswap": "innerHTML"})
    elif problem.status == 401 and not request.path.startswith("/login"):
        response = web.Response(status=303, headers={"Location": "/login"})
    else:
        sentence = parts.templates.explain(problem)
        if is_fragment(request):
            text = parts.templates.render_html("pages/parts/problem", sentence=sentence)
        else:
            text = parts.templates.render_html(
                "pages/problem",
                sentence=sentence,
                status=problem.status,
                signed_in=problem.status < 500 and await find_visitor(parts, request) is not None,
            )
        response = html(text, problem.status)
    if problem.status == 503:
        response.headers["Retry-After"] = "2"
    add_headers(response)
    return response
