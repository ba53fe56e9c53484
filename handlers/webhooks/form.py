"""The form behind a secret link, for people who have no account here (`handlers/declare.py` shows it): what it sends.

    title=Checkout+does+not+load&service=web&text=Since+ten+o%27clock&name=Ann&contact=ann%40example.org

The same words about the same service are a repeat.
"""

import hashlib
from urllib.parse import parse_qs

from bot.alerts.signal import Action, Signal
from bot.errors import Invalid, Malformed
from handlers.webhooks.source import Hook, Source

FIELDS = {"title": 200, "service": 200, "text": 4_000, "name": 120, "contact": 200}
"""What the form has, and how many characters of each are kept."""


def read_form(body: bytes) -> dict[str, str]:
    """The fields of the form, each cut to its length; raises Malformed."""
    try:
        found = parse_qs(body.decode("utf-8", "replace"), max_num_fields=50)
    except ValueError as error:
        raise Malformed("form.unreadable") from error
    return {name: found.get(name, [""])[0].strip()[:limit] for name, limit in FIELDS.items()}


def parse(hook: Hook) -> list[Signal]:
    fields = read_form(hook.body)
    title = " ".join(fields["title"].split())
    if not title:
        raise Invalid("form.no_title", "title")
    words = f"{fields['service'].casefold()}\n{title.casefold()}"
    told = [f"{fields['name']} {fields['contact']}".strip(), fields["text"]]
    labels = {name: fields[name] for name in ("name", "contact") if fields[name]}
    return [
        Signal(
            action=Action.TRIGGER,
            alias=f"form:{hashlib.sha256(words.encode()).hexdigest()[:32]}",
            title=title,
            description="\n\n".join(part for part in told if part),
            source=fields["name"] or fields["contact"],
            service=fields["service"],
            labels=labels,
            raw=dict(fields),
        )
    ]


SOURCE = Source(
    name="form",
    title="Form",
    parse=parse,
    paste="""Give this link to those who may tell of a trouble and have no account here: {url}
Whoever has it can make an alert; `tocsin integration key <name>` makes another link.""",
    address="{root}/declare/{key}",
    posted=False,
)
