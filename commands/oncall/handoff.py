"""`/oncall handoff`: what happened in the shift that runs, what is open, and who is next."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.answers import find_own_duty
from bot.reports.handoff import describe_handoff
from commands.kinds import SCHEDULE, get_person
from commands.oncall_kinds import choose_schedule
from storage.models import Schedule


@dataclass(frozen=True)
class Args:
    schedule: Schedule | None = arg("Schedule, if not yours", SCHEDULE, default=None)


async def run(call: Call) -> Reply:
    user, schedule = get_person(call), call.args.schedule
    if schedule is None:
        own = await find_own_duty(call.unit, user.id, call.unit.now)
        schedule = own.schedule if own is not None else await choose_schedule(call, None)
    told = await describe_handoff(call.unit, schedule.id, user)
    return Reply("oncall_handoff", {"h": told, "schedule": schedule.name})


COMMAND = Command(
    "oncall handoff",
    "What happened in this shift, and what is open",
    run,
    Args,
    needs="stakeholder",
    reads=True,
)
