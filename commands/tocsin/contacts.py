"""`/tocsin contacts`: how you are paged: by what, by which rules, and when not."""

from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.paging.lines import spell_rules, spell_windows
from bot.paging.ways import list_methods, read_contacts
from commands.kinds import get_person


async def run(call: Call) -> Reply:
    user = get_person(call)
    quiet = user.paging.get("quiet") or {}
    data = {
        "methods": await list_methods(call.unit, user),
        "contacts": await read_contacts(call.unit, user.id),
        "known": call.unit.installation.methods,
        "rules": spell_rules(user.paging.get("rules") or []).splitlines(),
        "quiet": spell_windows(quiet.get("windows") or []).splitlines(),
        "quiet_p1": bool(quiet.get("p1")),
    }
    return Reply("tocsin_contacts", data)


COMMAND = Command("tocsin contacts", "How you are paged", run, needs="stakeholder", reads=True)
