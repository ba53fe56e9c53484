"""What the other side of a request says about when to come again."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.errors import Retry
from bot.notify.outbound import LONGEST_WAIT, SOON, Outbound

SENT = datetime(2026, 11, 22, 3, tzinfo=UTC)


def spell(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


async def ask(**headers: str) -> float | None:
    """How long to wait after a real answer that has these headers."""

    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=429, headers={name.replace("_", "-"): it for name, it in headers.items()})

    app = web.Application()
    app.router.add_route("*", "/", refuse)
    async with TestServer(app) as server:
        with pytest.raises(Retry) as caught:
            await Outbound().post(str(server.make_url("/")), body=b"{}", trusted=True)
    assert caught.value.reason.startswith("outbound.too_many")
    return caught.value.after


@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("7", 7),
        ("0", 0),
        (spell(SENT + timedelta(seconds=90)), 90),
        ("Sunday, 22-Nov-26 03:01:30 GMT", 90),
        ("Sun Nov 22 03:01:30 2026", 90),
        (spell(SENT - timedelta(hours=1)), 0),
        (spell(SENT + timedelta(days=3)), LONGEST_WAIT),
        ("9" * 400, LONGEST_WAIT),
        ("soon", SOON),
        ("-7", SOON),
        ("²", SOON),
        ("Sun, 99 Nov 2026 03:01:30 GMT", SOON),
        ("Sun, 22 Nov 2026 03:01:30 +99999999", SOON),
    ],
)
async def test_who_says_when_is_asked_then(told: str, wait: float) -> None:
    """In seconds, or in each of the three forms of a date; counted by the clock of who says it, and not without end."""
    assert await ask(Retry_After=told, Date=spell(SENT)) == wait


async def test_who_says_nothing_is_asked_soon() -> None:
    assert await ask() == SOON
    assert await ask(Retry_After=spell(SENT), Date="a while ago") == SOON
