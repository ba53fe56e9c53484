"""`/calendar/{token}.ics`: shifts for calendar programs (iCalendar, RFC 5545), behind a secret link and nothing else.

Times are instants in UTC, so a change of clocks needs no rule here: each program shows them in its own zone.
"""

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aiohttp import web

from bot.chat.templates import Templates
from bot.oncall.feeds import Calendar, Entry, read_feed
from handlers.parts import Parts

if TYPE_CHECKING:
    from icalendar import Event

EVERY = timedelta(hours=1)
"""How often programs are asked to look again."""


def list_routes(parts: Parts) -> list[web.RouteDef]:
    async def show(request: web.Request) -> web.Response:
        token = request.match_info["token"]
        calendar = await parts.work.look(lambda unit: read_feed(unit, token))
        # Beside the loop: the library takes a quarter of a second to load, and a busy schedule has thousands of shifts.
        content = await asyncio.to_thread(write_file, calendar, parts.work.clock.now(), parts.templates)
        headers = {
            "Content-Disposition": 'inline; filename="oncall.ics"',
            "X-Robots-Tag": "noindex, nofollow",
        }
        response = web.Response(body=content, content_type="text/calendar", charset="utf-8", headers=headers)
        response.enable_compression()
        return response

    return [web.get("/calendar/{token}.ics", show)]


def write_file(calendar: Calendar, now: datetime, templates: Templates) -> bytes:
    """The calendar as a file."""
    from icalendar import Calendar as File

    file = File()
    file.add("prodid", "-//Tocsin//Tocsin//EN")
    file.add("version", "2.0")
    file.add("method", "PUBLISH")
    title = templates.render_plain("calendar/name", calendar=calendar).strip()
    file.add("name", title)
    file.add("x-wr-calname", title)
    file.add("refresh-interval", EVERY, parameters={"value": "DURATION"})
    file.add("x-published-ttl", "PT1H")
    for shift in calendar.shifts:
        file.add_component(write_event(calendar, shift, now, templates))
    content: bytes = file.to_ical()
    return content


def write_event(calendar: Calendar, shift: Entry, now: datetime, templates: Templates) -> "Event":
    from icalendar import Event
    from icalendar.enums import TRANSP

    link = f"{templates.public_url}/schedules/{shift.schedule.slug}"
    return Event.new(
        uid=f"{shift.schedule.id}-{shift.user.id}-{shift.starts_at:%Y%m%dT%H%M%SZ}@tocsin",
        stamp=now,
        start=shift.starts_at,
        end=shift.ends_at,
        summary=templates.render_plain("calendar/shift", calendar=calendar, shift=shift).strip(),
        description=templates.render_plain("calendar/about", shift=shift, link=link).strip(),
        transparency=TRANSP.TRANSPARENT,
        url=link,
    )
