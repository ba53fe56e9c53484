"""What is old goes, in small steps: closed alerts, with their notes, pages and escalations; and what senders sent, as it
came. An alert of an incident stays with it, because the history of an incident must stay true."""

from datetime import datetime, timedelta

from prometheus_client import Counter

from bot.flow.timers import Due
from bot.flow.unit import Unit
from bot.logs import get_logger
from storage.questions import pruning as ask
from storage.questions.payloads import delete_payloads_before

log = get_logger(__name__)
KEPT = timedelta(days=30)
"""How long raw payloads are kept."""
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
    payloads = await delete_payloads_before(unit.session, unit.now - KEPT, STEP)
    before = find_limit(unit)
    count = await ask.delete_old_alerts(unit.session, before, STEP) if before is not None else 0
    if count:
        pruned.inc(count)
        log.info("alerts.pruned", count=count)
        unit.touch("alerts")
    if STEP in (count, payloads):
        unit.plan("prune_alerts", "alerts", unit.now + PAUSE)
