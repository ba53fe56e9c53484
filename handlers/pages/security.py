"""What every answer to a browser promises, and the refusal of requests that another site made a browser send."""

from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.errors import Forbidden
from handlers.pages.visit import COOKIE

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    "Cache-Control": "private, no-cache",
}
SAFE = ("GET", "HEAD", "OPTIONS")


@web.middleware
async def security_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Put the headers on every answer."""
    try:
        response = await handler(request)
    except web.HTTPException as answer:
        add_headers(answer)
        raise
    if not response.prepared:
        add_headers(response)
    return response


@web.middleware
async def refuse_cross_site(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what another site sends in a person's name; raises Forbidden."""
    check_origin(request)
    return await handler(request)


def add_headers(response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)


def check_origin(request: web.Request) -> None:
    """A request that changes something with a person's session, or signs one in, must come from our own pages.

    Browsers say so in Sec-Fetch-Site, and where that is missing in Origin (Fetch standard; a program sends neither).
    """
    if request.method in SAFE:
        return
    has_session = "Cookie" in request.headers and COOKIE in request.cookies
    if not has_session and not request.path.startswith(("/login", "/declare")):
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        allowed = site in ("same-origin", "none")
    else:
        origin = request.headers.get("Origin")
        hosts = (request.headers.get("Host", ""), request.headers.get("X-Forwarded-Host", ""))
        allowed = origin is None or (bool(urlsplit(origin).netloc) and urlsplit(origin).netloc in hosts)
    if not allowed:
        raise Forbidden("request.cross_site")
