"""`/tocsin paging`: how you are paged: by what, by which rules, when not, and what that means now."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.paging.settings import FROM_FILE
from commands.contact_kinds import describe_contacts, describe_paging
from commands.kinds import get_person


async def run(call: Call) -> Reply:
    user = get_person(call)
    data = {
        **await describe_paging(call.unit, user),
        **await describe_contacts(call.unit, user),
        "in_file": user.paging.get("origin") == FROM_FILE,
    }
    return Reply("tocsin_paging", data)


COMMAND = Command(
    "tocsin paging", "How you are paged, and what is used when", run, needs="stakeholder", reads=True
)
