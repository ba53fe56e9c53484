"""The floor that intake is compared with: the same server stack and the same parser, and no storage.

A process of its own (`python -m bench.parse_only --port N`). It reads the body, parses it as the product does, answers 202.
"""

import argparse
import asyncio

import uvloop
from aiohttp import web

from handlers.webhooks.alertmanager import parse
from handlers.webhooks.source import Hook


async def receive(request: web.Request) -> web.Response:
    signals = parse(Hook(await request.read(), request.headers, request.query))
    return web.json_response({"alerts": len(signals)}, status=202)


async def healthz(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def serve(port: int) -> None:
    app = web.Application()
    app.add_routes([web.post("/hooks/{source}/{key}", receive), web.get("/healthz", healthz)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, required=True)
    uvloop.run(serve(arguments.parse_args().port))
