"""`/tocsin link`: a code that joins your accounts; typed with a code, it joins this one to the one that made it."""

from dataclasses import dataclass

from bot.access.linking import MINUTES, find_maker, make_link_code, use_link_code
from bot.access.people import is_visitor
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.kinds import TEXT, get_person
from storage.models import User
from storage.questions import access


@dataclass(frozen=True)
class Args:
    code: str = arg("Code from your other account", TEXT, default="", rest=True)


async def run(call: Call) -> Reply:
    user, platform = get_person(call), call.invocation.platform
    if not call.args.code:
        code = await make_link_code(call.unit, user)
        return Reply(
            "tocsin_link_code", {"code": code, "minutes": MINUTES, "name": user.name, "platform": platform}
        )
    code, is_sure = _split_off_yes(call.args.code)
    maker = await find_maker(call.unit, code, user)
    if maker is None:
        # The wrong code is counted, so this is an answer and no error, which would undo it.
        return Reply("tocsin_link_wrong", {"minutes": MINUTES}, failed=True)
    if not is_sure and not is_visitor(user):
        return Reply("tocsin_link_confirm", await _describe(call, maker, code))
    linked = await use_link_code(call.unit, code, user, platform)
    return Reply(
        "tocsin_link",
        {"name": linked.person.name, "platforms": linked.platforms, "merged": linked.merged},
    )


def _split_off_yes(typed: str) -> tuple[str, bool]:
    words = typed.split()
    is_sure = len(words) > 1 and words[-1].lower() == "yes"
    return " ".join(words[:-1] if is_sure else words), is_sure


async def _describe(call: Call, maker: User, code: str) -> dict[str, object]:
    """What somebody who is known here is told before a code of somebody else has its effect."""
    accounts = await access.list_accounts(call.unit.session, maker.id)
    return {
        "name": maker.name,
        "accounts": [(one.platform, one.name) for one in accounts],
        "is_visitor": is_visitor(maker),
        "platform": call.invocation.platform,
        "code": code,
    }


COMMAND = Command("tocsin link", "Link your accounts", run, Args, needs="stakeholder")
