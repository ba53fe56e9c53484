"""What could be silenced about an alert: that very trouble first, then what it has in common with others."""

from collections.abc import Mapping

from bot.alerts.matchers import LABEL, Matcher
from bot.flow.unit import Unit
from storage.models import Alert, Integration, Service

TELLING = ("alertname", "instance", "host", "job", "cluster", "namespace", "severity")
"""Labels that are worth being proposed first."""
MOST_LABELS = 6
LONGEST = 80


async def propose_matchers(unit: Unit, alert: Alert) -> list[tuple[Matcher, ...]]:
    integration = await unit.session.get_one(Integration, alert.integration_id)
    service = await unit.session.get(Service, alert.service_id) if alert.service_id is not None else None
    sender = Matcher("integration", "is", integration.slug)
    proposals: list[tuple[Matcher, ...]] = [(Matcher("alias", "is", alert.alias), sender)]
    if len(alert.title) <= LONGEST:
        proposals.append((Matcher("title", "is", alert.title),))
    if service is not None:
        proposals.append((Matcher("service", "is", service.slug),))
    labels = [Matcher(f"{LABEL}{name}", "is", value) for name, value in _choose_labels(alert.labels).items()]
    if len(labels) > 1:
        proposals.append(tuple(labels[:2]))
    return [*proposals, *((one,) for one in labels), (sender,)]


def _choose_labels(labels: Mapping[str, object]) -> dict[str, str]:
    usable = {
        name: str(value)
        for name, value in labels.items()
        if value and len(str(value)) <= LONGEST and name.isidentifier()
    }
    order = [*(name for name in TELLING if name in usable), *sorted(set(usable) - set(TELLING))]
    return {name: usable[name] for name in order[:MOST_LABELS]}
