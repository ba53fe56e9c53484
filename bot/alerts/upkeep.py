"""What happens to an alert by itself while it is open: it closes after a while, or pages again from the first step."""

from datetime import timedelta

from bot.alerts.arrival import Arrival
from bot.alerts.events import AlertWoke
from bot.alerts.lives import close, log_alert, take_open
from bot.flow.timers import Due
from bot.flow.unit import Unit


def plan_end(unit: Unit, arrival: Arrival) -> None:
    """What the policies want of a new alert later."""
    if arrival.close_after:
        due = unit.now + timedelta(seconds=arrival.close_after)
        unit.plan("close_alert", f"alert:{arrival.alert_id}", due)
    if arrival.restart.get("times"):
        after = timedelta(seconds=arrival.restart["after"])
        unit.plan("restart_alert", f"alert:{arrival.alert_id}", unit.now + after, dict(arrival.restart))


async def close_by_itself(unit: Unit, due: Due) -> None:
    """The handler of the `close_alert` timer."""
    alert = await take_open(unit, due)
    if alert is not None:
        log_alert(unit, alert.id, "closed_by_rule")
        await close(unit, alert)


async def restart(unit: Unit, due: Due) -> None:
    """The handler of the `restart_alert` timer: paging starts again, also where somebody had acknowledged. One that is
    snoozed or held back waits for its turn."""
    alert = await take_open(unit, due)
    if alert is None:
        return
    left = int(due.payload["times"])
    if alert.snoozed_until is None and not alert.held_by:
        alert.acknowledged_at = alert.acknowledged_by = None
        log_alert(unit, alert.id, "restarted")
        unit.emit(AlertWoke(alert.id, alert.incident_id, alert.team_id))
        left -= 1
    if left > 0:
        again = unit.now + timedelta(seconds=int(due.payload["after"]))
        unit.plan(due.kind, due.subject, again, {**due.payload, "times": left})
