"""GoAlert, its generic API: whatever posts to /api/v2/generic/incoming posts here when its URL is changed.

    summary=Disk of db1 is full&details=93 %&dedup=disk-db1          (or &action=close when it is over)

The fields may come as JSON, as a form, in the query, or partly so: JSON wins over the query. Without `dedup` the summary is
the trouble. GoAlert knows no priority; a field `priority`, `service` or `team` is read where a sender adds it.
Source: goalert.me/docs, Generic API; genericapi/handler.go of target/goalert
"""

import hashlib

from bot.alerts.signal import Action, Signal, read_priority
from bot.errors import Malformed
from handlers.webhooks.bodies import read_fields
from handlers.webhooks.source import Hook, Source, link_to, text_of


def parse(hook: Hook) -> list[Signal]:
    fields = {**hook.query, **read_fields(hook)} if hook.body.strip() else read_fields(hook)
    summary, dedup = text_of(fields.get("summary")).strip(), text_of(fields.get("dedup")).strip()
    if not summary and not dedup:
        raise Malformed("field.missing", "summary", name="summary", known=[])
    is_over = text_of(fields.get("action")).strip().lower() == "close"
    return [
        Signal(
            Action.RESOLVE if is_over else Action.TRIGGER,
            f"dedup-{dedup}" if dedup else hashlib.sha256(summary.encode(errors="replace")).hexdigest(),
            summary or dedup,
            description=text_of(fields.get("details")),
            priority=read_priority(fields.get("priority")),
            source=text_of(fields.get("source")) or "goalert",
            service=text_of(fields.get("service")),
            team=text_of(fields.get("team")),
            links=link_to(("Link", fields.get("link"))),
            raw={name: value for name, value in fields.items() if name != "token"},
        )
    ]


SOURCE = Source(
    name="goalert",
    title="GoAlert (generic API)",
    parse=parse,
    paste="""Where the sender has GoAlert's URL with its token:
  curl -X POST {url} -d summary='Disk of db1 is full' -d details='93 %' -d dedup=disk-db1
  curl -X POST {url} -d action=close -d dedup=disk-db1""",
)
