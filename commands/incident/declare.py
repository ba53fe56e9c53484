"""`/incident declare`: open an incident. A title is enough; the rest can follow."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.lives import declare, find_teams_to_call
from bot.incidents.timeline import keep_said
from commands.kinds import FLAG, PRIORITY, SERVICE, TEAM, TEXT
from storage.models import Service, Team
from storage.words import Priority


@dataclass(frozen=True)
class Args:
    title: str = arg("What is wrong", TEXT, rest=True, hint="Checkout returns errors")
    priority: Priority = arg("Priority", PRIORITY, default=Priority.P3)
    service: Service | None = arg("Impacted service", SERVICE, default=None)
    team: Team | None = arg("Team to call", TEAM, default=None, refreshes=True)
    summary: str = arg("What is known so far", TEXT, default="", many_lines=True)
    private: bool = arg("Only for those who take part", FLAG, default=False)


async def run(call: Call) -> Reply:
    args: Args = call.args
    services = [args.service] if args.service else []
    teams = await find_teams_to_call(call.unit, [args.team] if args.team else [], services)
    incident = await declare(
        call.unit,
        args.title,
        args.priority,
        summary=args.summary,
        teams=teams,
        services=services,
        private=args.private,
    )
    if call.invocation.about is not None:
        await keep_said(call.unit, incident, call.invocation.about)
    data = {
        "ref": incident.ref,
        "title": incident.title,
        "teams": [team.name for team in teams],
        "private": args.private,
    }
    return Reply("incident_declare", data, go_to=f"/{incident.ref}")


COMMAND = Command("incident declare", "Declare an incident", run, Args, submit="Declare")
