"""`/alert ack`: you are on it; paging stops, for its incident too."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.alerts.lives import acknowledge, acknowledge_too, split_open
from bot.alerts.responders import subject_of
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.incidents.lives import acknowledge as acknowledge_incident
from bot.paging.still import answer_still_on_it
from commands.kinds import ALERTS
from storage.models import Alert, Incident
from storage.questions.access import list_users_by_id


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
    done += [alert.id for alert in alive if alert.id not in done and await acknowledge_too(call.unit, alert)]
    for alert in alive:
        if alert.id not in done and await answer_still_on_it(call.unit, subject_of(alert)):
            done.append(alert.id)
    on_it = {alert.acknowledged_by for alert in alive if alert.acknowledged_by is not None}
    people = {} if done else await list_users_by_id(call.unit.session, on_it)
    own = call.user.id if call.user is not None else None
    data = {
        "done": done,
        "closed": [alert.id for alert in closed],
        "on_it": [user.name for number, user in people.items() if number != own],
        "own": own in people,
    }
    return Reply("alert_ack", data)


COMMAND = Command("alert ack", "Acknowledge alerts", run, Args)
