"""The kinds of argument about how one is paged: which kind of contact method, which one of one's own, rules and quiet hours;
and what all of it comes to.
"""

from typing import Any

from bot.chat.arguments import Kind, Reading
from bot.chat.form import Choice
from bot.errors import Invalid
from bot.flow.unit import Unit
from bot.notify.kinds import DEVICE, KINDS
from bot.paging.contacts import find_contact
from bot.paging.lines import parse_quiet, parse_rules, spell_rules, spell_windows
from bot.paging.settings import find_unknown_methods, list_unheard
from bot.paging.ways import list_methods, list_ways, read_contacts
from bot.paging.wishes import ROOM, plan_page
from commands.kinds import find_acting_user
from storage.models import ContactMethod, User
from storage.words import Priority

NONE = "none"


async def _kind(reading: Reading, text: str) -> str:
    kind = text.strip().lower()
    if kind not in (*KINDS, DEVICE):
        raise Invalid("contact.kind", reading.name, kind=text, known=list(KINDS))
    return kind


async def _suggest_kinds(reading: Reading, _: str) -> list[Choice]:
    return [Choice(kind, kind) for kind in KINDS if kind in reading.unit.installation.methods]


async def _contact(reading: Reading, text: str) -> ContactMethod:
    user = await find_acting_user(reading.unit, reading.invocation)
    if user is None:
        raise Invalid("person.needed", reading.name)
    return await find_contact(reading.unit, user, text)


async def _suggest_contacts(reading: Reading, _: str) -> list[Choice]:
    user = await find_acting_user(reading.unit, reading.invocation)
    if user is None:
        return []
    found = await read_contacts(reading.unit, user.id)
    return [Choice(one.label, f"{one.label}: {one.place}"[:75]) for one in found]


def _split(text: str) -> str:
    """The lines of the Room's page, where chat has `;` between them; empty for `none`."""
    return "" if text.strip().lower() == NONE else text.replace(";", "\n")


async def _rules(reading: Reading, text: str) -> list[dict[str, Any]]:
    rules = parse_rules(_split(text))
    user = await find_acting_user(reading.unit, reading.invocation)
    for wrong in await find_unknown_methods(reading.unit, user, rules) if user is not None else ():
        raise wrong
    return rules


async def _quiet_hours(_: Reading, text: str) -> list[dict[str, Any]]:
    return parse_quiet(_split(text))


async def describe_contacts(unit: Unit, user: User) -> dict[str, Any]:
    """The ways to reach a person, and which kinds of them work here."""
    return {
        "methods": await list_methods(unit, user),
        "contacts": await read_contacts(unit, user.id),
        "known": unit.installation.methods,
    }


async def describe_paging(unit: Unit, user: User) -> dict[str, Any]:
    """What a person's rules and quiet hours say, and what pages them now."""
    ways = await list_ways(unit, user)
    quiet = user.paging.get("quiet") or {}
    return {
        "rules": spell_rules(user.paging.get("rules") or []).splitlines(),
        "quiet": spell_windows(quiet.get("windows") or []).splitlines(),
        "quiet_p1": bool(quiet.get("p1")),
        "p1": plan_page(ways, user.paging, user.zone, Priority.P1, unit.now),
        "p3": plan_page(ways, user.paging, user.zone, Priority.P3, unit.now),
        "outside": any(way.method != ROOM for way in ways),
        "rings": any(way.rings for way in ways),
        "unheard": list_unheard(user, {name for way in ways for name in (way.method, way.label)}),
    }


RULES = Kind("text", _rules, example="P1 = slack, after 5m phone; always = slack")
QUIET_HOURS = Kind("text", _quiet_hours, example="22:00-07:00; sat-sun")
CONTACT_KIND = Kind("suggest", _kind, _suggest_kinds, example="email")
CONTACT = Kind("suggest", _contact, _suggest_contacts, example="email-2")
