"""A person changes how they are paged: their rules and their quiet hours, both as a whole."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from bot.access.people import audit
from bot.errors import Invalid, Refused
from bot.flow.unit import Unit
from bot.paging.ways import read_contacts
from storage.models import User

FROM_FILE = "file"


async def change_paging(unit: Unit, user: User, paging: Mapping[str, Any]) -> None:
    """Keep these wishes: see `bot.paging.wishes`. Raises Invalid for a method that the person can't have, and Refused when
    the configuration file has them."""
    if user.paging.get("origin") == FROM_FILE:
        raise Refused("paging.in_file", name=user.name)
    for wrong in await find_unknown_methods(unit, user, paging.get("rules") or ()):
        raise wrong
    user.paging = leave_out_empty(paging)
    audit(unit, "user.paging_changed", f"user:{user.id}", user.name)
    unit.touch(f"user:{user.id}")


async def find_unknown_methods(unit: Unit, user: User, rules: Sequence[Mapping[str, Any]]) -> list[Invalid]:
    """What these rules name that the person can't have, each once in a rule."""
    known = await list_names(unit, user)
    return [
        Invalid("paging.unknown_method", "rules", name=name, rule=index, known=known)
        for index, rule in enumerate(rules, start=1)
        for name in dict.fromkeys(name for step in rule["steps"] for name in step["by"])
        if name not in known
    ]


def leave_out_empty(paging: Mapping[str, Any]) -> dict[str, Any]:
    """Who wishes nothing keeps nothing."""
    quiet = paging.get("quiet") or {}
    kept = {**paging, "quiet": quiet if quiet.get("windows") else {}}
    return {name: value for name, value in kept.items() if value}


async def list_names(unit: Unit, user: User) -> list[str]:
    """What this person's rules may name: platforms and kinds that are set up here, and their contact methods."""
    contacts = await read_contacts(unit, user.id)
    return list(dict.fromkeys([*unit.installation.methods, *(one.label for one in contacts)]))


def list_unheard(user: User, names: Collection[str]) -> list[str]:
    """What a person's rules name that does not work for them now."""
    rules = user.paging.get("rules") or ()
    return sorted(
        {name for rule in rules for step in rule["steps"] for name in step["by"] if name not in names}
    )
