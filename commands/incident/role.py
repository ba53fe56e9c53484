"""`/incident role`: give a role to somebody, to yourself, or take it back (`none`)."""

from dataclasses import dataclass

from bot.chat.arguments import Reading, arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.people import clear_role, give_role
from commands.kinds import PERSON, ROLE, get_person
from storage.models import User


async def _person_or_nobody(reading: Reading, text: str) -> User | str:
    return "" if text.strip().lower() in ("none", "nobody", "-") else await PERSON.parse(reading, text)


WHO = type(PERSON)("suggest", _person_or_nobody, PERSON.suggest, example="@kate")


@dataclass(frozen=True)
class Args:
    role: str = arg("Role", ROLE)
    person: User | str | None = arg("Who", WHO, default=None, hint="@kate, me or none")


async def run(call: Call) -> Reply:
    role = call.args.role
    if call.args.person == "":
        await clear_role(call.unit, call.incident, role)
        return Reply("incident_role", {"ref": call.incident.ref, "role": role, "name": "", "changed": True})
    user = call.args.person or get_person(call)
    changed = await give_role(call.unit, call.incident, role, user)
    return Reply(
        "incident_role", {"ref": call.incident.ref, "role": role, "name": user.name, "changed": changed}
    )


COMMAND = Command("incident role", "Give a role", run, Args, about="incident", submit="Give")
