"""Splunk, alert action "Webhook".

    {"search_name": "sudo", "sid": "rt_scheduler__...", "app": "search", "owner": "admin", "results_link": "...",
     "result": {"host": "...", "_raw": "...", ...}}

Splunk says neither how bad it is nor when it is over: the saved search is the trouble, so further results count on one
alert, and people close it. A field `severity` or `priority` of the result is used where the search makes one.
Source: docs.splunk.com/Documentation/Splunk/latest/Alert/Webhooks
"""

from bot.alerts.signal import Action, Signal, read_priority
from handlers.webhooks.source import Hook, Source, extra_of, link_to, need, read_object, text_of


def parse(hook: Hook) -> list[Signal]:
    body = read_object(hook)
    name, result = need(body, "search_name"), extra_of(body, "result")
    shown = {key: text_of(value) for key, value in result.items() if not key.startswith(("_", "date_"))}
    return [
        Signal(
            Action.TRIGGER,
            f"{text_of(body.get('app'))}/{name}",
            name,
            description=text_of(result.get("_raw")) or text_of(result.get("message")),
            priority=read_priority(result.get("priority") or result.get("severity")),
            source=text_of(result.get("host")),
            service=text_of(result.get("service")),
            entity=text_of(result.get("host")),
            labels={key: value for key, value in shown.items() if value},
            links=link_to(("Results in Splunk", body.get("results_link"))),
            raw=body,
        )
    ]


SOURCE = Source(
    name="splunk",
    title="Splunk",
    parse=parse,
    paste="""Save As > Alert > Trigger actions > Add actions > Webhook
  URL: {url}
(Splunk Cloud and 9.0 or later: allow the URL in Settings > Server settings > Webhook allow list)""",
)
