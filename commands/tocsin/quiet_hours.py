"""`/tocsin quiet-hours`: when what rings waits, as on the Room's page."""

from dataclasses import dataclass
from typing import Any

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.paging.settings import change_paging
from commands.contact_kinds import QUIET_HOURS, describe_paging
from commands.kinds import FLAG, get_person


@dataclass(frozen=True)
class Args:
    hours: list[dict[str, Any]] = arg(
        "Days and times; or none", QUIET_HOURS, rest=True, many_lines=True, hint="22:00-07:00; sat-sun"
    )
    p1: bool | None = arg("Whether a P1 waits, too", FLAG, default=None)


async def run(call: Call) -> Reply:
    """Whether a P1 waits stays as it is, unless something is said about it."""
    unit, user = call.unit, get_person(call)
    await unit.lock(user)
    quiet = user.paging.get("quiet") or {}
    p1 = bool(quiet.get("p1")) if call.args.p1 is None else call.args.p1
    await change_paging(unit, user, {**user.paging, "quiet": {"windows": call.args.hours, "p1": p1}})
    return Reply("tocsin_quiet_hours", await describe_paging(unit, user))


COMMAND = Command(
    "tocsin quiet-hours",
    "When what rings waits",
    run,
    Args,
    needs="stakeholder",
    submit="Keep them",
)
