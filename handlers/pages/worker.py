"""`/sw.js`: the service worker that shows pages on a device. Its words come first, from a template; it is at the top of the
site, because it can only show what is beside or below it."""

import json

from aiohttp import web

from handlers.pages.static import FOLDER, find_asset, read_slim
from handlers.parts import Parts


def list_routes(parts: Parts) -> list[web.RouteDef]:
    script = read_slim(FOLDER / "sw.js").decode()

    async def send(_: web.Request) -> web.Response:
        lines = parts.templates.render_plain("push/worker").splitlines()
        words = dict(line.split(" = ", 1) for line in lines if " = " in line)
        looks = {"icon": find_asset("tocsin-192.png"), "badge": find_asset("badge-96.png")}
        head = f"const WORDS = {json.dumps(words)}, LOOKS = {json.dumps(looks)};\n"
        return web.Response(text=head + script, content_type="text/javascript", charset="utf-8")

    return [web.get("/sw.js", send)]
