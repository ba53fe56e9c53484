"""User groups in chat that follow a schedule: who is in them is looked at again at each change of shift."""

from bot.flow.timers import Due
from bot.flow.unit import Unit
from bot.oncall.answers import HORIZON, list_on_call
from storage.models import Schedule
from storage.questions import oncall

OWN = "room"
"""The Room has no user groups: it shows who is on call."""


async def follow_schedules(unit: Unit) -> None:
    """Look at every group now: at the start, and after the schedules were changed."""
    for schedule in await oncall.list_schedules(unit.session):
        follow_schedule(unit, schedule)


def follow_schedule(unit: Unit, schedule: Schedule) -> None:
    if schedule.chat_group and any(name != OWN for name in unit.installation.platforms):
        unit.plan("show_group", f"schedule:{schedule.id}", unit.now)


async def show_group(unit: Unit, due: Due) -> None:
    """The handler of the `show_group` timer: each platform is told, and the next change of shift is planned."""
    for on_call in await list_on_call(unit, unit.now, [due.number]):
        if not on_call.schedule.chat_group:
            return
        for name in unit.installation.platforms:
            if name != OWN:
                unit.put(f"group:{due.number}@{name}", "group.show", due.subject, coalesce=True)
        unit.plan("show_group", due.subject, on_call.until or unit.now + HORIZON)


def fact_of(schedule_id: int, platform: str) -> str:
    """The name of the fact that says why a group has not followed; there is none while it does."""
    return f"group:{schedule_id}@{platform}"
