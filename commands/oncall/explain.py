"""`/oncall explain`: who would be paged, when and why, if something happened to a team now or at another time."""

from dataclasses import dataclass
from datetime import datetime

from bot.alerts.routing import explain_routing
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.paging.explain import explain_team
from commands.kinds import PRIORITY, TEAM
from commands.oncall_kinds import MOMENT
from storage.models import Team
from storage.words import Priority


@dataclass(frozen=True)
class Args:
    team: Team = arg("Whose trouble", TEAM)
    priority: Priority = arg("How urgent", PRIORITY, default=Priority.P1)
    at: datetime | None = arg("When, if not now", MOMENT, default=None)


async def run(call: Call) -> Reply:
    team, at = call.args.team, call.args.at
    explained = await explain_team(call.unit, team, at or call.unit.now, call.args.priority)
    routed = await explain_routing(call.unit, team, at or call.unit.now, call.args.priority)
    zone = call.user.zone if call.user else "UTC"
    data = {"team": team, "explained": explained, "routed": routed, "at": at, "zone": zone}
    return Reply("oncall_explain", data)


COMMAND = Command(
    "oncall explain", "Who would be paged, when and why", run, Args, needs="stakeholder", reads=True
)
