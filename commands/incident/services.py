"""`/incident services`: which services are impacted; with a name, one more is."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.lives import add_service
from bot.incidents.view import build_incident_view
from commands.kinds import SERVICE
from storage.models import Service


@dataclass(frozen=True)
class Args:
    add: Service | None = arg("Impacted service", SERVICE, default=None)


async def run(call: Call) -> Reply:
    if call.args.add is not None:
        await add_service(call.unit, call.incident, call.args.add)
        await call.unit.session.flush()
    view = await build_incident_view(call.unit.session, call.incident.id)
    return Reply("incident_services", {"incident": view})


COMMAND = Command("incident services", "Show or add impacted services", run, Args, about="incident")
