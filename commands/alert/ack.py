"""`/alert ack`: you are on it; paging stops, for its incident too."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.alerts.lives import acknowledge, split_open
from bot.alerts.responders import subject_of
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.lives import acknowledge as acknowledge_incident
from bot.paging.still import answer_still_on_it
from commands.kinds import ALERTS
from storage.models import Alert, Incident


@dataclass(frozen=True)
class Args:
    alerts: Sequence[Alert] = arg("Which alerts", ALERTS, hint="12 13, or all")


async def run(call: Call) -> Reply:
    alive, closed = split_open(call.args.alerts)
    done = [alert.id for alert in alive if acknowledge(call.unit, alert)]
    for number in sorted(
        {alert.incident_id for alert in alive if alert.incident_id and alert.id not in done}
    ):
        incident = await call.unit.session.get_one(Incident, number)
        if incident.status.is_open and await acknowledge_incident(call.unit, incident):
            done += [alert.id for alert in alive if alert.incident_id == number]
    for alert in alive:
        if alert.id not in done and await answer_still_on_it(call.unit, subject_of(alert)):
            done.append(alert.id)
    return Reply("alert_ack", {"done": done, "closed": [alert.id for alert in closed]})


COMMAND = Command("alert ack", "Acknowledge alerts", run, Args)
