"""The files that a browser needs beside a page: style, script, icon. Their addresses hold a hash of their content, so
that a browser keeps each for ever and never has an old one. Also gives page templates `asset("room.css")`.

The page's one script is htmx, as its makers publish it, followed by our own.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from aiohttp import web
from rcssmin import cssmin
from rjsmin import jsmin

from bot.errors import Unknown
from handlers.pages import display
from handlers.parts import Parts

FOLDER = Path(__file__).with_name("static")
FILES = {
    "room.css": (("room.css", "pages.css"), "text/css"),
    "room.js": (("htmx.min.js", "live.js", "replies.js", "chat.js", "composer.js"), "text/javascript"),
    "push.js": (("push.js",), "text/javascript"),
    "tocsin.svg": (("tocsin.svg",), "image/svg+xml"),
    "tocsin-192.png": (("tocsin-192.png",), "image/png"),
    "tocsin-512.png": (("tocsin-512.png",), "image/png"),
    "maskable-192.png": (("maskable-192.png",), "image/png"),
    "maskable-512.png": (("maskable-512.png",), "image/png"),
    "badge-96.png": (("badge-96.png",), "image/png"),
    "manifest.webmanifest": (("manifest.webmanifest",), "application/manifest+json"),
}
"""Those that name others come after them."""
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """One address, and what is behind it."""

    path: str
    kind: str
    content: bytes
    packed: bytes


@cache
def read_assets() -> dict[str, Asset]:
    """Every asset by the name that templates use."""
    assets: dict[str, Asset] = {}
    for name, (files, kind) in FILES.items():
        content = b"\n".join(read_slim(FOLDER / file) for file in files)
        if name == "manifest.webmanifest":  # names its icons, whose addresses change with what they show
            for icon in [one for one in assets if one.endswith(".png")]:
                content = content.replace(f'"{icon}"'.encode(), f'"{assets[icon].path}"'.encode())
        digest = hashlib.sha256(content).hexdigest()[:12]
        stem, _, ending = name.rpartition(".")
        path = f"/static/{stem}.{digest}.{ending}"
        assets[name] = Asset(path, kind, content, gzip.compress(content, mtime=0))
    return assets


def read_slim(path: Path) -> bytes:
    """A file without comments and the blanks that nobody needs. Pictures, and what others wrote, stay as they are."""
    slim = None if ".min." in path.name else {".js": jsmin, ".css": cssmin}.get(path.suffix)
    return slim(path.read_text()).encode() if slim else path.read_bytes()


def find_asset(name: str) -> str:
    """The address of an asset, for templates."""
    return read_assets()[name].path


def list_routes(parts: Parts) -> list[web.RouteDef]:
    parts.templates.use_globals(asset=find_asset)
    display.offer(parts.templates, parts.registry)
    by_path = {asset.path: asset for asset in read_assets().values()}

    async def send(request: web.Request) -> web.Response:
        asset = by_path.get(request.path)
        if asset is None:
            raise Unknown("page.missing", path=request.path)
        charset = "" if asset.kind == "image/png" else "; charset=utf-8"
        headers = {
            "Cache-Control": FOR_EVER,
            "Content-Type": f"{asset.kind}{charset}",
            "Vary": "Accept-Encoding",
        }
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=asset.packed, headers={**headers, "Content-Encoding": "gzip"})
        return web.Response(body=asset.content, headers=headers)

    async def icon(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": find_asset("tocsin.svg")})

    return [web.get("/static/{name}", send), web.get("/favicon.ico", icon)]
