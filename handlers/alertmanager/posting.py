"""`POST /api/v2/alerts`: what Prometheus sends becomes signals. An alert fires until its `endsAt`; when that is past it is
resolved, and when it is not sent again before, it ends by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from bot.alerts.expiry import DEFAULT, keep_expiries
from bot.alerts.intake import SenderChanged
from bot.alerts.payloads import Payload
from bot.alerts.signal import Signal
from bot.errors import Malformed
from handlers.alertmanager.door import Visit, list_doors
from handlers.alertmanager.wire import Labels, PostableAlert, read_instant
from handlers.parts import Parts
from handlers.webhooks.alertmanager import parse_alert
from handlers.webhooks.reception import keep_payload

OFFSET, PRIME = 14695981039346656037, 1099511628211
"""Of FNV-1a, 64 bits."""
SEPARATOR = b"\xff"
SHOWN = 5


@dataclass
class Posted:
    """What one request says: signals, until when each alias fires, and what could not be read."""

    signals: list[Signal] = field(default_factory=list)
    expiries: dict[str, datetime] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def list_routes(parts: Parts) -> list[web.RouteDef]:
    return list_doors(parts, "POST", "/alerts", post)


async def post(visit: Visit) -> web.Response:
    """Like Alertmanager, keep what is right and refuse what is not."""
    await visit.get_sender()
    body = await visit.request.read()
    posted = read_alerts(await visit.read(list[PostableAlert]), visit.parts.work.clock.now())
    await _accept(visit, posted, keep_payload(visit.request, body))
    if posted.faults:
        raise Malformed("alerts.some_wrong", faults=posted.faults[:SHOWN], more=len(posted.faults) - SHOWN)
    return web.Response()


async def _accept(visit: Visit, posted: Posted, payload: Payload) -> None:
    """Durably. The ends come first: an alert that is stored ends then in any case."""
    for anew in (False, True):
        sender = await visit.get_sender(anew)
        number = sender.id
        if posted.expiries:
            await visit.parts.work.run(lambda unit: keep_expiries(unit, number, posted.expiries))  # noqa: B023
        try:
            await visit.parts.intake.accept(number, posted.signals, payload, None if anew else sender)
            return
        except SenderChanged:
            if anew:
                raise


def read_alerts(alerts: Sequence[PostableAlert], now: datetime) -> Posted:
    """Pure."""
    posted = Posted()
    for place, alert in enumerate(alerts):
        labels = {name: value for name, value in alert.labels.items() if value}
        start, end = read_instant(alert.starts_at), read_instant(alert.ends_at)
        if (
            not labels or "" in labels or "" in alert.annotations
        ):  # a name may be any text, since Prometheus 3
            posted.faults.append(f"alerts[{place}].labels")
        elif start is not None and end is not None and start > end:
            posted.faults.append(f"alerts[{place}].endsAt")
        else:
            is_over = end is not None and end <= now
            posted.signals.append(_read_alert(alert, labels, place, is_over))
            if not is_over:
                posted.expiries[posted.signals[-1].alias] = end or now + DEFAULT
    return posted


def _read_alert(alert: PostableAlert, labels: Labels, place: int, is_over: bool) -> Signal:
    told = {
        "status": "resolved" if is_over else "firing",
        "labels": labels,
        "annotations": alert.annotations,
        "generatorURL": alert.generator_url,
        "fingerprint": fingerprint(labels),
    }
    return parse_alert(told, {}, place)


def fingerprint(labels: Labels) -> str:
    """The identity of an alert, as Prometheus and Alertmanager compute it (LabelSet.Fingerprint of prometheus/common)."""
    text = b"".join(
        part
        for name in sorted(labels)
        for part in (
            name.encode(errors="replace"),
            SEPARATOR,
            labels[name].encode(errors="replace"),
            SEPARATOR,
        )
    )
    total = OFFSET
    for byte in text:
        total = ((total ^ byte) * PRIME) & 0xFFFFFFFFFFFFFFFF
    return f"{total:016x}"
