"""`/incident follow`: get each status update in person, without taking part. `stop:yes` ends it."""

from dataclasses import dataclass

from bot.access.roles import check_role
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.people import follow, unfollow
from commands.kinds import FLAG, PERSON, get_person
from storage.models import User


@dataclass(frozen=True)
class Args:
    person: User | None = arg("Who follows", PERSON, default=None)
    stop: bool = arg("Stop following", FLAG, default=False)


async def run(call: Call) -> Reply:
    user = call.args.person or get_person(call)
    if call.user is not None and user.id != call.user.id:
        check_role(call.user, "responder")
    is_new = False
    if call.args.stop:
        await unfollow(call.unit, call.incident, user)
    else:
        is_new = await follow(call.unit, call.incident, user)
    own = call.user is not None and user.id == call.user.id
    data = {"ref": call.incident.ref, "name": user.name, "own": own, "stop": call.args.stop, "is_new": is_new}
    return Reply("incident_follow", data)


COMMAND = Command("incident follow", "Follow the updates", run, Args, about="incident", needs="stakeholder")
