"""`/incident timeline`: the last entries, or those that contain a word."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.timeline import list_timeline, spell_entry
from commands.kinds import TEXT

SHOWN = 15


@dataclass(frozen=True)
class Args:
    word: str = arg("Only entries with this word", TEXT, default="", rest=True)


async def run(call: Call) -> Reply:
    entries = await list_timeline(call.unit.session, call.incident.id)
    lines = [(entry, spell_entry(call.registry.templates, entry)) for entry in entries]
    wanted = call.args.word.lower()
    found = [line for line in lines if wanted in line[1].lower() or wanted in line[0].text.lower()]
    zone = call.user.zone if call.user else "UTC"
    data = {
        "ref": call.incident.ref,
        "lines": found[-SHOWN:],
        "more": max(len(found) - SHOWN, 0),
        "zone": zone,
        "now": call.unit.now,
    }
    return Reply("incident_timeline", data)


COMMAND = Command(
    "incident timeline", "Show the timeline", run, Args, about="incident", needs="stakeholder", reads=True
)
