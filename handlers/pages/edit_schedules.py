"""Schedules in the Room that are made and changed: a form with their rotations, and whose shifts would move."""

from typing import Any
from zoneinfo import available_timezones

from aiohttp import web
from multidict import MultiMapping

from bot.catalog.drafts import Entry
from bot.catalog.edit_schedules import SCHEDULES
from bot.catalog.effects import Day
from bot.flow.unit import Unit
from bot.oncall.keep_turn import keep_turns
from handlers.pages.edit_pages import group, read_choices
from handlers.pages.roster_pages import RosterPages
from handlers.pages.schedule_form import ScheduleForm, read_form, show_entry, start_entry
from handlers.pages.visit import Values, Visit
from handlers.parts import Parts
from storage.models import Schedule


class SchedulePages(RosterPages[Schedule]):
    editor = SCHEDULES
    root, ending, template = "/schedules", "/edit", "pages/schedule_edit"

    async def start(self, visit: Visit, unit: Unit) -> Entry:
        return start_entry(unit.now, visit.user.zone)

    def show_entry(self, entry: Entry) -> ScheduleForm:
        return show_entry(entry)

    def read_form(self, posted: MultiMapping[Any]) -> ScheduleForm:
        return read_form(posted)

    async def refine(self, visit: Visit, unit: Unit, row: Schedule, entry: Entry) -> Entry:
        keeps = (await visit.form()).get("keep") == "yes"
        return await keep_turns(unit, row, entry) if keeps else entry

    async def frame(self, visit: Visit) -> Values:
        """Whoever has the turn keeps it, unless that was taken back in what is posted."""
        posted = await visit.form()
        return {"keep": posted.get("keep", "") if "do" in posted else "yes"}

    def done(self, visit: Visit, row: Schedule) -> str:
        """One that is off has no calendar."""
        return f"{self.root}/{row.slug}" if row.active else self.page_of(visit, row.slug)

    async def offer(self, visit: Visit, unit: Unit, row: Schedule | None) -> Values:
        choices = await read_choices(unit)
        return {
            "teams": [group("Teams", choices["team"])],
            "turns": [
                group("People", choices["user"]),
                group("Teams, all of their people", choices["team"], "team:", "all of {}"),
            ],
            "zones": sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC"),
            "days": [day.value for day in Day],
        }


def list_routes(parts: Parts) -> list[web.RouteDef]:
    return SchedulePages().list_routes(parts)
