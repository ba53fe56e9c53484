"""`/oncall take`: take the pager for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.errors import Invalid
from bot.oncall.overrides import take_pager
from commands.kinds import FUTURE, SCHEDULE, get_person
from storage.models import Schedule
from storage.questions import catalog

USUAL = timedelta(hours=1)


@dataclass(frozen=True)
class Args:
    until: datetime | None = arg("For how long", FUTURE, default=None, hint="1h")
    schedule: Schedule | None = arg("Schedule", SCHEDULE, default=None)


async def run(call: Call) -> Reply:
    user = get_person(call)
    schedule = call.args.schedule
    if schedule is None:
        known = await catalog.list_named(call.unit.session, Schedule)
        if len(known) != 1:
            raise Invalid("schedule.which", "schedule", known=[row.slug for row in known])
        schedule = known[0]
    until = call.args.until or call.unit.now + USUAL
    await take_pager(call.unit, schedule, user, call.unit.now, until)
    return Reply("oncall_take", {"schedule": schedule.name, "until": until, "zone": user.zone})


COMMAND = Command("oncall take", "Take the pager for a while", run, Args, ask=True, submit="Take it")
