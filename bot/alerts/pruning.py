"""Closed alerts go when they are old: with their notes, pages and escalations, in small steps. What belongs to an incident
stays with it, because the history of an incident must stay true."""

from datetime import datetime, timedelta

from prometheus_client import Counter

from bot.flow.timers import Due
from bot.flow.unit import Unit
from bot.logs import get_logger
from storage.questions import pruning as ask

log = get_logger(__name__)
STEP = 200
"""How many alerts go in one unit: few enough that nobody waits for it."""
PAUSE = timedelta(seconds=1)
"""Between two steps, so that others write."""
pruned = Counter("tocsin_alerts_pruned_total", "Closed alerts that were removed because they were old")


def find_limit(unit: Unit) -> datetime | None:
    """What was closed before this moment goes; None when nothing ever does."""
    kept = unit.installation.keep_alerts
    return unit.now - kept if kept is not None else None


async def prune(unit: Unit, _: Due) -> None:
    """The handler of the `prune_alerts` timer, which housekeeping plans: one step, and the next one planned while there is
    more."""
    before = find_limit(unit)
    if before is None:
        return
    count = await ask.delete_old_alerts(unit.session, before, STEP)
    if count:
        pruned.inc(count)
        log.info("alerts.pruned", count=count)
        unit.touch("alerts")
    if count == STEP:
        unit.plan("prune_alerts", "alerts", unit.now + PAUSE)
