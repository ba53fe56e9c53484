"""`/alert assign`: give an alert to somebody."""

from dataclasses import dataclass

from bot.alerts.lives import assign
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.kinds import ALERT, PERSON
from storage.models import Alert, User


@dataclass(frozen=True)
class Args:
    alert: Alert = arg("Which alert", ALERT)
    person: User = arg("To whom", PERSON)


async def run(call: Call) -> Reply:
    assign(call.unit, call.args.alert, call.args.person)
    return Reply("alert_assign", {"number": call.args.alert.id, "name": call.args.person.name})


COMMAND = Command("alert assign", "Give an alert to somebody", run, Args, submit="Assign")
