"""`/tocsin paging-rules`: by what you are paged and in which order, as on the Room's page."""

from dataclasses import dataclass
from typing import Any

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.paging.settings import change_paging
from commands.contact_kinds import RULES, describe_paging
from commands.kinds import get_person


@dataclass(frozen=True)
class Args:
    rules: list[dict[str, Any]] = arg(
        "When = how; or none",
        RULES,
        rest=True,
        many_lines=True,
        hint="P1 = slack, after 5m phone; always = slack",
    )


async def run(call: Call) -> Reply:
    unit, user = call.unit, get_person(call)
    await unit.lock(user)
    await change_paging(unit, user, {**user.paging, "rules": call.args.rules})
    return Reply("tocsin_paging_rules", await describe_paging(unit, user))


COMMAND = Command(
    "tocsin paging-rules",
    "By what you are paged, in which order",
    run,
    Args,
    needs="stakeholder",
    submit="Keep them",
)
