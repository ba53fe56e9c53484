"""`/alert show`: everything about one alert."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.kinds import ALERT
from storage.models import Alert, Service, Team, User


@dataclass(frozen=True)
class Args:
    alert: Alert = arg("Which alert", ALERT)


async def run(call: Call) -> Reply:
    alert: Alert = call.args.alert
    session = call.unit.session
    data = {
        "alert": alert,
        "team": await session.get(Team, alert.team_id) if alert.team_id else None,
        "service": await session.get(Service, alert.service_id) if alert.service_id else None,
        "owner": await session.get(User, alert.owner_id) if alert.owner_id else None,
        "url": f"{call.unit.installation.public_url}/alerts/{alert.id}",
        "now": call.unit.now,
    }
    card = call.registry.templates.render_card("alert", **data)
    return Reply("alert_show", data, card=card)


COMMAND = Command("alert show", "Show an alert", run, Args, needs="stakeholder", reads=True)
