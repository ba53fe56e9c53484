"""`/alert note`: write something down with an alert."""

from dataclasses import dataclass

from bot.alerts.lives import add_note
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.kinds import ALERT, TEXT
from storage.models import Alert


@dataclass(frozen=True)
class Args:
    alert: Alert = arg("Which alert", ALERT)
    text: str = arg("Note", TEXT, rest=True, many_lines=True)


async def run(call: Call) -> Reply:
    add_note(call.unit, call.args.alert, call.args.text)
    return Reply("alert_note", {"number": call.args.alert.id})


COMMAND = Command("alert note", "Add a note to an alert", run, Args, submit="Add")
