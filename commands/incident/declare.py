"""`/incident declare`: open an incident. A title is enough; the rest can follow."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.lives import declare
from commands.kinds import PRIORITY, SERVICE, TEAM, TEXT
from storage.models import Service, Team
from storage.questions import catalog
from storage.words import Priority


@dataclass(frozen=True)
class Args:
    title: str = arg("What is wrong", TEXT, rest=True, hint="Checkout returns errors")
    priority: Priority = arg("Priority", PRIORITY, default=Priority.P3)
    service: Service | None = arg("Impacted service", SERVICE, default=None)
    team: Team | None = arg("Team to call", TEAM, default=None)
    summary: str = arg("What is known so far", TEXT, default="", many_lines=True)


async def run(call: Call) -> Reply:
    args: Args = call.args
    teams = {args.team.id: args.team} if args.team else {}
    if args.service is not None and args.service.team_id is not None:
        owner = await call.unit.session.get_one(Team, args.service.team_id)
        teams[owner.id] = owner
    if not teams:
        known = await catalog.list_named(call.unit.session, Team)
        teams = {known[0].id: known[0]} if len(known) == 1 else {}
    incident = await declare(
        call.unit,
        args.title,
        args.priority,
        summary=args.summary,
        teams=list(teams.values()),
        services=[args.service] if args.service else [],
    )
    return Reply("incident_declare", {"ref": incident.ref, "title": incident.title}, go_to=f"/{incident.ref}")


COMMAND = Command("incident declare", "Declare an incident", run, Args, submit="Declare")
