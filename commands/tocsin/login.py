"""`/tocsin login`: a one-time link that signs you in to the Room, for this or another device."""

from bot.access.signin import make_sign_in_link
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.kinds import get_person

MINUTES = 15


async def run(call: Call) -> Reply:
    token = await make_sign_in_link(call.unit, get_person(call), MINUTES)
    return Reply(
        "tocsin_login", {"url": f"{call.unit.installation.public_url}/login/{token}", "minutes": MINUTES}
    )


COMMAND = Command("tocsin login", "Get a sign-in link for the Room", run, needs="stakeholder")
