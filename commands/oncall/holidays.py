"""`/oncall holidays`: where you have your public holidays, so that shifts on them are told in good time."""

from dataclasses import dataclass
from datetime import timedelta

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.away import set_holidays
from bot.oncall.holidays import list_holidays
from commands.kinds import PERSON
from commands.oncall_kinds import PLACE, choose_person
from storage.models import User

AHEAD = timedelta(days=366)
SHOWN = 3


@dataclass(frozen=True)
class Args:
    where: str = arg("Country or part of one, or none", PLACE, hint="DE, DE-BE or none")
    who: User | None = arg("Whose, if not yours", PERSON, default=None)


async def run(call: Call) -> Reply:
    unit, user = call.unit, choose_person(call, call.args.who)
    await set_holidays(unit, user, call.args.where)
    data = {
        "where": user.holidays,
        "person": "" if call.args.who is None else user.name,
        "coming": list_holidays(user.holidays, user.zone, unit.now, unit.now + AHEAD)[:SHOWN],
    }
    return Reply("oncall_holidays", data)


COMMAND = Command("oncall holidays", "Where you have your public holidays", run, Args, submit="Keep it")
