"""`/tocsin add-contact`: one more way to reach you; a code goes there, and pages only after you have typed it."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.paging.contacts import MINUTES, add_contact
from commands.contact_kinds import CONTACT_KIND
from commands.kinds import TEXT, get_person


@dataclass(frozen=True)
class Args:
    kind: str = arg("What kind", CONTACT_KIND)
    address: str = arg("Address or number", TEXT, rest=True, hint="kate@home.example.org")
    label: str = arg("What to call it", TEXT, default="")


async def run(call: Call) -> Reply:
    contact = await add_contact(
        call.unit, get_person(call), call.args.kind, call.args.address, call.args.label
    )
    return Reply(
        "tocsin_add_contact", {"label": contact.label, "address": contact.address, "minutes": MINUTES}
    )


COMMAND = Command(
    "tocsin add-contact", "Add a way to reach you", run, Args, needs="stakeholder", submit="Send the code"
)
