"""Searches of alerts that are kept under a name, for who asks again and again."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from bot.access.people import audit
from bot.errors import Invalid, Refused
from bot.flow.unit import Unit
from storage.models import SavedSearch, Team, User
from storage.questions import searches as ask

MOST = 1_000


@dataclass(frozen=True)
class Wish:
    """What a saved search is to be. `query` was read already, so it is one."""

    name: str
    query: str
    description: str
    owner: User | None
    teams: Sequence[Team]


async def save_search(unit: Unit, wish: Wish) -> SavedSearch:
    """Raises Invalid when there is one of this name, Refused when there are too many."""
    await _check_name(unit, wish.name, None)
    if await ask.count_searches(unit.session) >= MOST:
        raise Refused("search.too_many", limit=MOST)
    saved = SavedSearch(uid=str(uuid.uuid4()), created_at=unit.now)
    _fill(unit, saved, wish)
    unit.session.add(saved)
    await unit.session.flush()
    audit(unit, "search.saved", f"search:{saved.id}", saved.name)
    return saved


async def change_search(unit: Unit, saved: SavedSearch, wish: Wish) -> None:
    await _check_name(unit, wish.name, saved.id)
    _fill(unit, saved, wish)
    audit(unit, "search.changed", f"search:{saved.id}", saved.name)


async def delete_search(unit: Unit, saved: SavedSearch) -> None:
    audit(unit, "search.deleted", f"search:{saved.id}", saved.name)
    await unit.session.delete(saved)


def _fill(unit: Unit, saved: SavedSearch, wish: Wish) -> None:
    saved.name, saved.query, saved.description = wish.name, wish.query, wish.description
    saved.owner_id = wish.owner.id if wish.owner is not None else None
    saved.teams = [team.id for team in wish.teams]
    saved.updated_at = unit.now


async def _check_name(unit: Unit, name: str, known: int | None) -> None:
    found = await ask.find_search(unit.session, name, by_name=True)
    if found is not None and found.id != known:
        raise Invalid("search.taken", "name", name=name)
