"""What somebody answers to the SMS of a page: `OK`, or the name of what they mean where several wait for them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.flow.unit import Unit
from storage.models import Alert, Incident, Page, User
from storage.questions import links

GOOD_FOR = timedelta(days=1)
YES = {"ok", "okay", "ack", "acknowledge", "acknowledged", "yes", "y", "1"}
ALL = {"all", "both"}


@dataclass(frozen=True)
class Waiting:
    """A page that waits for an answer by SMS, whose it is, and what a reply calls it."""

    page: Page
    user: User
    name: str
    title: str


def name_of(page: Page) -> str:
    """What a reply calls a page: `INC-7`, `A12` for an alert, `OK34` for one that is about neither."""
    kind, _, number = page.subject.partition(":")
    return {"incident": f"INC-{number}", "alert": f"A{number}"}.get(kind, f"OK{page.id}")


async def list_waiting(unit: Unit, number: str) -> list[Waiting]:
    """What went to this number and waits for an answer, the newest first; each subject once, and an alert with its incident
    where that waits, too."""
    found: dict[str, Waiting] = {}
    for page, user in await links.list_pages_sent_to(unit.session, "sms", number, unit.now - GOOD_FOR):
        name = name_of(page)
        if name not in found:
            found[name] = Waiting(page, user, name, await _read_title(unit, page))
    return [one for one in found.values() if await _name_incident(unit, one.page) not in found]


async def _name_incident(unit: Unit, page: Page) -> str:
    """Of the alert that it is about, where that has become part of one since."""
    kind, _, number = page.subject.partition(":")
    alert = await unit.session.get_one(Alert, int(number)) if kind == "alert" else None
    return f"INC-{alert.incident_id}" if alert is not None and alert.incident_id is not None else ""


async def _read_title(unit: Unit, page: Page) -> str:
    kind, _, number = page.subject.partition(":")
    if kind == "incident":
        return (await unit.session.get_one(Incident, int(number))).title
    if kind == "alert":
        return (await unit.session.get_one(Alert, int(number))).title
    return page.why


def choose(text: str, waiting: Sequence[Waiting]) -> list[Waiting]:
    """What a reply answers: those that it names, or all when it says so. A yes is enough where only one waits. Pure."""
    words = set(re.findall(r"[a-z]+-?\d+|[a-z]+|\d+", text.casefold()))
    named = [one for one in waiting if one.name.casefold() in words]
    if named:
        return named
    if words & ALL or (len(waiting) == 1 and words & YES):
        return list(waiting)
    return []
