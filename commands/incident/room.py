"""`/incident room`: the incident's rooms; and one more, on another platform, so that people there can work on it too."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.rooms import want_room
from commands.kinds import PLATFORM
from storage.questions.incidents import list_rooms


@dataclass(frozen=True)
class Args:
    platform: str | None = arg("Open one on", PLATFORM, default=None)


async def run(call: Call) -> Reply:
    asked, incident = call.args.platform, call.incident
    is_new = asked is not None and await want_room(call.unit, incident, asked)
    rooms = await list_rooms(call.unit.session, incident.id)
    shown = [{"platform": row.platform, "name": row.name, "url": row.url} for row in rooms]
    missing = [
        name for name in call.unit.installation.platforms if name not in {one.platform for one in rooms}
    ]
    data = {"ref": incident.ref, "asked": asked, "is_new": is_new, "rooms": shown, "missing": missing}
    return Reply("incident_room", data)


COMMAND = Command(
    "incident room", "List its rooms, or open one on another platform", run, Args, about="incident"
)
