"""Files of messages that the timeline keeps, for people who may see their incident.

They come from outside: only pictures whose bytes say so are shown by a browser, everything else is saved by it, and nothing
in them may run.
"""

from urllib.parse import quote

from aiohttp import web

from bot.errors import Unknown
from bot.flow.unit import Unit
from bot.incidents.privacy import is_visible
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.questions import files as ask

POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
KEEP = "private, max-age=3600, no-transform"


def list_routes(parts: Parts) -> list[web.RouteDef]:
    return [web.get(r"/files/{file:\d+}", signed_in(parts, show))]


async def show(visit: Visit) -> web.StreamResponse:
    """The content of one file; raises Unknown for one that is not here, or of an incident that does not concern them."""

    async def find(unit: Unit) -> Values:
        found = await ask.find_file(unit.session, visit.number("file"))
        if found is None or not await is_visible(unit, found[1]):
            raise Unknown("page.missing", path=visit.request.path)
        return {"name": found[0].name, "content": found[0].content}

    found = await visit.look(find)
    content: bytes = found["content"]
    picture = find_picture_type(content)
    return web.Response(
        body=content,
        content_type=picture or "application/octet-stream",
        headers={
            "Content-Disposition": spell_disposition("inline" if picture else "attachment", found["name"]),
            "Content-Security-Policy": POLICY,
            "Cache-Control": KEEP,
        },
    )


def find_picture_type(content: bytes) -> str:
    """The type of a picture that can hold no script, by its first bytes; empty for everything else."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return ""


def spell_disposition(how: str, name: str) -> str:
    """RFC 6266: a plain name for old programs, the true one beside it."""
    plain = "".join(
        one if one.isascii() and one.isprintable() and one not in '"\\;%/' else "_" for one in name
    )
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
