"""`/tocsin verify-contact`: the code that came there shows that it is yours; without one typed, a new code is sent."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.paging.contacts import MINUTES, send_code, verify_contact
from commands.contact_kinds import CONTACT
from commands.kinds import TEXT, get_person
from storage.models import ContactMethod


@dataclass(frozen=True)
class Args:
    code: str = arg("The code that came", TEXT, default="")
    again: ContactMethod | None = arg("To which a new code is to go", CONTACT, default=None)


async def run(call: Call) -> Reply:
    if call.args.again is not None:
        await send_code(call.unit, call.args.again)
        return Reply(
            "tocsin_add_contact",
            {"label": call.args.again.label, "address": call.args.again.place, "minutes": MINUTES},
        )
    contact = await verify_contact(call.unit, get_person(call), call.args.code)
    # A wrong code is counted, so this is an answer and no error, which would undo it.
    return Reply(
        "tocsin_verify_contact",
        {"label": contact.label if contact else "", "minutes": MINUTES},
        failed=contact is None,
    )


COMMAND = Command(
    "tocsin verify-contact", "Show that a contact is yours", run, Args, needs="stakeholder", ask=True
)
