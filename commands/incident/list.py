"""`/incident list`: the open incidents, the most urgent first."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.privacy import find_viewer
from commands.kinds import one_of
from storage.questions import incidents as ask

WHICH = one_of("choice", ("open", "Open"), ("all", "All"))


@dataclass(frozen=True)
class Args:
    which: str = arg("Which", WHICH, default="open")


async def run(call: Call) -> Reply:
    everything = call.args.which == "all"
    question = ask.list_incidents if everything else ask.list_open_incidents
    found = await question(call.unit.session, 20, viewer=await find_viewer(call.unit))
    return Reply("incident_list", {"incidents": found, "now": call.unit.now, "everything": everything})


COMMAND = Command("incident list", "List the open incidents", run, Args, needs="stakeholder", reads=True)
