"""What a person sees first in a chat platform's home: what waits for them, and what is going on. A handful of questions,
however much is going on: people open it often."""

from datetime import datetime, timedelta

from bot.chat.card import Card
from bot.chat.templates import Templates
from bot.flow.unit import Unit
from bot.oncall.answers import HORIZON, read_on_call, read_shifts
from bot.oncall.rosters import list_rosters
from bot.paging.pages import QUESTION
from bot.paging.still import read_end
from storage.models import Alert, Incident, Page, User
from storage.questions import home as ask

SHIFTS = 3
LISTED = 10
PAGES_OF = timedelta(days=2)


async def build_home(unit: Unit, templates: Templates) -> tuple[Card, ...]:
    """The cards of a home, in the order in which they are read. Parts with nothing in them are left out, or say so."""
    number = unit.actor.user_id
    user = await unit.session.get(User, number) if number is not None else None
    if user is None:
        return (templates.render_card("home", user=None),)
    return (
        templates.render_card("home", user=user),
        *await _show_on_call(unit, templates, user),
        *await _show_pages(unit, templates, user),
        *await _show_incidents(unit, templates, user),
        *await _show_tasks(unit, templates, user),
    )


async def _show_on_call(unit: Unit, templates: Templates, user: User) -> list[Card]:
    looked_until = unit.now + 2 * HORIZON
    rosters = await list_rosters(unit, unit.now, looked_until)
    schedules = await read_on_call(unit, unit.now, rosters)
    shifts = [
        shift
        for shift in read_shifts(rosters, user.id, unit.now, looked_until)
        if shift.starts_at < unit.now + HORIZON
    ][:SHIFTS]
    values = {"now": unit.now, "zone": user.zone, "looked_until": looked_until, "days": HORIZON.days}
    cards = [templates.render_card("home_oncall", schedules=schedules, **values)] if schedules else []
    return [*cards, *([templates.render_card("home_shifts", shifts=shifts, **values)] if shifts else [])]


async def _show_pages(unit: Unit, templates: Templates, user: User) -> list[Card]:
    pages = await ask.list_unanswered_pages(unit.session, user, unit.now - PAGES_OF)
    numbers = {kind: [_number_of(page, kind) for page in pages] for kind in ("alert", "incident")}
    subjects: dict[str, Alert | Incident] = {}
    if alerts := [number for number in numbers["alert"] if number]:
        found = await ask.list_alerts_waiting(unit.session, user, alerts)
        subjects |= {f"alert:{key}": alert for key, alert in found.items()}
    if incidents := [number for number in numbers["incident"] if number]:
        waiting = await ask.list_incidents_waiting(unit.session, user, incidents)
        subjects |= {f"incident:{key}": incident for key, incident in waiting.items()}
    cards = [
        templates.render_card("home_page", page=page, subject=subjects.get(page.subject), now=unit.now)
        for page in pages
        if not page.subject or page.subject in subjects or _is_question(page, unit.now)
    ][:LISTED]
    return [templates.render_card("home_heading", part="pages", more=False), *cards] if cards else []


def _is_question(page: Page, now: datetime) -> bool:
    """Whether they are asked if they are still on it."""
    return page.reason.get("type") == QUESTION and now < read_end(page)


async def _show_incidents(unit: Unit, templates: Templates, user: User) -> list[Card]:
    found = await ask.list_open_incidents(unit.session, user, LISTED + 1)
    part = "incidents" if found else "no_incidents"
    return [
        templates.render_card("home_heading", part=part, more=len(found) > LISTED),
        *(
            templates.render_card("home_incident", incident=incident, commander=commander)
            for incident, commander in found[:LISTED]
        ),
    ]


async def _show_tasks(unit: Unit, templates: Templates, user: User) -> list[Card]:
    found = await ask.list_open_tasks(unit.session, user, LISTED)
    cards = [
        templates.render_card("home_task", task=task, incident=incident, now=unit.now, zone=user.zone)
        for task, incident in found
    ]
    return [templates.render_card("home_heading", part="tasks", more=False), *cards] if cards else []


def _number_of(page: Page, kind: str) -> int:
    """The id in the page's subject (`alert:12`), or 0 when it is about something else."""
    named, _, number = page.subject.partition(":")
    return int(number) if named == kind else 0
