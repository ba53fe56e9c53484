"""One request of a person who is signed in, and what pages need again and again: asking, rendering, going elsewhere."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web

from bot.access.roles import check_role
from bot.access.signin import find_session_user
from bot.errors import Unauthenticated, Unknown
from bot.flow.unit import Actor, Unit
from bot.oncall.answers import find_own_duty
from handlers.parts import Parts
from storage.models import User
from storage.questions import flow, screens

COOKIE = "tocsin_session"
THEMES = ("dark", "light")
FRAGMENT_HEADERS = ("HX-Request", "X-Room")
"""A request with one of these comes from a script on a page and wants a piece of a page, not a whole one."""
Values = dict[str, Any]
Ask = Callable[[Unit], Awaitable[Values]]
WAITING_PAGES_FOR = timedelta(days=2)


@dataclass(frozen=True)
class Visit:
    """A signed-in person's request."""

    parts: Parts
    request: web.Request
    user: User

    @property
    def actor(self) -> Actor:
        return Actor(self.user.name, self.user.id, "room")

    @property
    def wants_fragment(self) -> bool:
        return is_fragment(self.request)

    def number(self, name: str) -> int:
        """A number in the path; raises Unknown when no row can have it."""
        text = self.request.match_info[name]
        if len(text) > 9:
            raise Unknown("page.missing", path=self.request.path)
        return int(text)

    def query_number(self, name: str) -> int | None:
        text = self.request.query.get(name, "")
        return int(text) if text.isdecimal() and len(text) < 12 else None

    async def form(self) -> dict[str, str]:
        """The posted fields that are text."""
        return {name: value for name, value in (await self.request.post()).items() if isinstance(value, str)}

    async def look(self, ask: Ask) -> Values:
        return await self.parts.work.look(ask, self.actor)

    async def show(
        self, template: str, ask: Ask | None = None, status: int = 200, **values: Any
    ) -> web.Response:
        """Render a whole page, with what `ask` finds and what its frame shows: who is on call, what waits."""

        async def asked(unit: Unit) -> Values:
            found = await ask(unit) if ask else {}
            return {**found, **await read_strip(unit, self.user), **await read_outages(unit)}

        return self.respond(template, {**await self.look(asked), **values}, status)

    async def show_part(self, template: str, ask: Ask | None = None, **values: Any) -> web.Response:
        """Render a piece of a page."""
        found = await self.look(ask) if ask else {}
        return self.respond(template, {**found, **values})

    def respond(self, template: str, values: Values, status: int = 200) -> web.Response:
        theme = self.request.cookies.get("tocsin_theme")
        frame = {
            "user": self.user,
            "zone": self.user.zone,
            "now": self.parts.work.clock.now(),
            "path": self.request.path,
            "theme": theme if theme in THEMES else "",
        }
        return html(self.parts.templates.render_html(template, **frame, **values), status)

    def go(self, path: str) -> web.Response:
        """Send the browser to another page of the Room."""
        return web.Response(status=303, headers={"Location": path if is_local(path) else "/"})


Handler = Callable[[Visit], Awaitable[web.StreamResponse]]


def signed_in(
    parts: Parts, handler: Handler, needs: str = "stakeholder"
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Let only people with a session in who have at least this role; raises Unauthenticated or Forbidden for others."""

    async def handle(request: web.Request) -> web.StreamResponse:
        user = await find_visitor(parts, request)
        if user is None:
            raise Unauthenticated("signin.needed")
        check_role(user, needs)
        return await handler(Visit(parts, request, user))

    return handle


async def find_visitor(parts: Parts, request: web.Request) -> User | None:
    cookie = request.cookies.get(COOKIE, "")
    if not cookie:
        return None
    return await parts.work.look(lambda unit: find_session_user(unit, cookie))


async def read_strip(unit: Unit, user: User) -> Values:
    """What the top of every page says: until when this person is on call, and how many pages wait for an answer."""
    waiting = await screens.count_waiting_pages(unit.session, user.id, unit.now - WAITING_PAGES_FOR)
    return {"duty": await find_own_duty(unit, user.id, unit.now), "waiting_pages": waiting}


async def read_outages(unit: Unit) -> Values:
    """Which platforms and channels have not answered for a while, and what waits for them."""
    return {"outages": await flow.list_outages(unit.session, unit.now)}


def is_fragment(request: web.Request) -> bool:
    return any(name in request.headers for name in FRAGMENT_HEADERS)


def is_local(path: str) -> bool:
    """True for a path of this site; `//elsewhere` and `/\\elsewhere` are other sites to a browser."""
    return (
        path.startswith("/") and not path.startswith(("//", "/\\")) and not any(c in path for c in "\r\n\t")
    )


def html(text: str, status: int = 200) -> web.Response:
    response = web.Response(text=text, status=status, content_type="text/html", charset="utf-8")
    response.enable_compression()
    return response
