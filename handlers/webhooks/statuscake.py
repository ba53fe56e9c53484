"""StatusCake, "Webhook URL" of a contact group with the method POST: a form, without an id of the test.

    Token=9f86d0818...&Status=Down&StatusCode=503&URL=https://shop.example.org&Name=Shop&IP=192.0.2.5&Tags=web,shop

Name and URL are the test; its state makes no difference. The token is StatusCake's, and is not kept.
Source: statuscake.com/kb/knowledge-base/how-to-use-the-web-hook-url
"""

from bot.alerts.signal import Action, Signal
from bot.errors import Malformed
from handlers.webhooks.bodies import label_tags, read_fields, split_tags
from handlers.webhooks.source import Hook, Source, link_to, one_of, text_of
from storage.words import Priority

STATES = {"down": Action.TRIGGER, "up": Action.RESOLVE}


def parse(hook: Hook) -> list[Signal]:
    body = read_fields(hook)
    action = one_of(body, "Status", STATES)
    name, url = text_of(body.get("Name")).strip(), text_of(body.get("URL")).strip()
    if not name and not url:
        raise Malformed("field.missing", "Name", name="Name", known=[])
    shown, code = name or url, text_of(body.get("StatusCode")).strip()
    tags = split_tags(body.get("Tags"))
    labels = label_tags(tags)
    kept = {"test": name, "ip": text_of(body.get("IP")), "status_code": code}
    return [
        Signal(
            action,
            f"{name}|{url}",
            f"{shown} is {'down' if action is Action.TRIGGER else 'up'}",
            description=f"{url} answered {code}" if code not in ("", "0", "-1") and url else "",
            priority=Priority.P2,
            source=url or name,
            service=labels.get("service", ""),
            team=labels.get("team", ""),
            entity=shown,
            labels=labels | {key: value for key, value in kept.items() if value},
            links=link_to(("Tested URL", url)),
            tags=tags,
            raw={key: value for key, value in body.items() if key != "Token"},
        )
    ]


SOURCE = Source(
    name="statuscake",
    title="StatusCake",
    parse=parse,
    paste="""Alerting > Contact groups > New contact group
  Webhook URL: {url}
  Webhook request method: POST
Then choose this contact group in each test.""",
)
