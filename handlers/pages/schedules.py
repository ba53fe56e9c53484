"""Schedules: all of them with their gaps, and a page for each with its calendar and what is out of the ordinary."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.catalog.teams import get_schedule
from bot.errors import Invalid
from bot.flow.unit import Unit
from bot.oncall.answers import HORIZON, read_on_call, tell_spans
from bot.oncall.away import find_in_roster, list_in_roster
from bot.oncall.days import DAY, Period, View, choose_period, lay_out
from bot.oncall.offers import list_offers
from bot.oncall.overview import list_coming
from bot.oncall.resolve import resolve
from bot.oncall.rosters import list_rosters
from bot.oncall.shifts import find_gaps, find_next, find_shifts
from handlers.pages.edit_pages import may_edit, read_told
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from storage.models import Schedule, Team
from storage.questions import access, catalog, config

AHEAD = timedelta(days=30)
"""How far ahead gaps are looked for."""
OWN_AHEAD = timedelta(days=28)
"""How far ahead one's own shifts are shown."""
SHOWN = 10
YEARS = range(2000, 2100)


def list_routes(parts: Parts) -> list[web.RouteDef]:
    return [
        web.get("/schedules", signed_in(parts, list_all)),
        web.get("/schedules/{schedule}", signed_in(parts, show)),
    ]


async def list_all(visit: Visit) -> web.StreamResponse:
    async def ask(unit: Unit) -> Values:
        rosters = await list_rosters(unit, unit.now, unit.now + HORIZON)
        ids = {one.schedule.team_id for one in rosters if one.schedule.team_id}
        return {
            "rosters": await read_on_call(unit, unit.now, rosters),
            "gaps": {one.schedule.id: find_gaps(one.plan, unit.now, unit.now + AHEAD) for one in rosters},
            "teams": await catalog.list_by_id(unit.session, Team, ids),
            "may_edit": may_edit(visit),
            "off": [row for row in await config.list_all(unit.session, Schedule) if not row.active],
        }

    if visit.wants_fragment:
        return await visit.show_part("pages/parts/schedules", ask)
    return await visit.show("pages/schedules", ask)


async def show(visit: Visit) -> web.StreamResponse:
    view = read_view(visit.request.query)

    async def ask(unit: Unit) -> Values:
        today = unit.now.astimezone(ZoneInfo(visit.user.zone)).date()
        period = choose_period(view, read_day(visit.request.query, today))
        return {
            "today": today,
            "may_edit": may_edit(visit),
            "told": await read_told(unit, visit),
            **await read_calendar(unit, visit, period),
        }

    if visit.wants_fragment:
        return await visit.show_part("pages/parts/schedule", ask)
    return await visit.show("pages/schedule", ask)


def read_view(query: Mapping[str, str]) -> View:
    try:
        return View(query.get("view", View.WEEK))
    except ValueError:
        reason = "it should be day, week or month"
        raise Invalid("field.wrong", "view", name="view", reason=reason) from None


def read_day(query: Mapping[str, str], today: date) -> date:
    text = query.get("day", "")
    try:
        day = date.fromisoformat(text) if text else today
    except ValueError:
        day = date.min
    if day.year not in YEARS:
        raise Invalid("field.wrong", "day", name="day", reason="it should be a date like 2026-11-23")
    return day


async def read_calendar(unit: Unit, visit: Visit, period: Period) -> Values:
    """What the page of a schedule shows; all of it is what the resolver says."""
    schedule = await get_schedule(unit, visit.request.match_info["schedule"])
    now, zone = unit.now, visit.user.zone
    first, last = period.bounds(zone)
    start, end = first - DAY, last + DAY  # so that it is known whether a shift goes on
    (roster,) = await list_rosters(unit, min(start, now), max(end, now + HORIZON), [schedule.id])
    spans = resolve(roster.plan, start, end)
    (on_call,) = await read_on_call(unit, now, [roster])
    following = find_next(roster.plan, now, HORIZON)
    people = await access.list_users_by_id(unit.session, following.people if following else ())
    team = await unit.session.get(Team, schedule.team_id) if schedule.team_id else None
    offers = await list_offers(unit, [schedule.id])
    return {
        "schedule": schedule,
        "team": team,
        "period": period,
        "days": lay_out(spans, period, zone),
        "reasons": await tell_spans(unit, roster, spans),
        "rotations": roster.rotations,
        "on_call": on_call,
        "coming": [people[number] for number in following.people] if following else [],
        "coming_at": following.at if following else None,
        "shifts": find_shifts(roster.plan, visit.user.id, now, now + OWN_AHEAD)[:SHOWN],
        "shifts_until": now + OWN_AHEAD,
        "offers": offers,
        "own_offers": [one.swap for one in offers if one.giver.id == visit.user.id],
        "exceptions": await list_coming(unit, [schedule], roster.plan.people),
        "gaps": find_gaps(roster.plan, now, now + AHEAD),
        "gaps_until": now + AHEAD,
        "clashes": await find_in_roster(unit, roster, now, now + AHEAD),
        "holidays": await list_in_roster(unit, roster, start, end),
        "shown": SHOWN,
        "zones_differ": tell_offset(schedule.zone, now) != tell_offset(zone, now),
    }


def tell_offset(zone: str, at: datetime) -> timedelta | None:
    return at.astimezone(ZoneInfo(zone)).utcoffset()
