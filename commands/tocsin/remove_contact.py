"""`/tocsin remove-contact`: nothing goes there any more."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.paging.contacts import remove_contact
from bot.paging.settings import list_unheard
from bot.paging.ways import list_ways
from commands.contact_kinds import CONTACT
from commands.kinds import get_person
from storage.models import ContactMethod


@dataclass(frozen=True)
class Args:
    contact: ContactMethod = arg("Which", CONTACT)


async def run(call: Call) -> Reply:
    contact: ContactMethod = call.args.contact
    user = get_person(call)
    await remove_contact(call.unit, contact)
    await call.unit.session.flush()
    names = {name for way in await list_ways(call.unit, user) for name in (way.method, way.label)}
    is_named = contact.label in list_unheard(user, names)
    return Reply("tocsin_remove_contact", {"label": contact.label, "is_named": is_named})


COMMAND = Command(
    "tocsin remove-contact", "Remove a way to reach you", run, Args, needs="stakeholder", submit="Remove"
)
