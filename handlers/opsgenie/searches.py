"""Saved searches: queries under a name."""

from typing import Any

from bot.alerts.responders import find_responder
from bot.alerts.searches import Wish, change_search, delete_search, save_search
from bot.errors import Invalid, Problem, Unknown
from bot.flow.unit import Unit
from handlers.opsgenie import limits
from handlers.opsgenie.door import Answer, Call, Operation
from handlers.opsgenie.paging import read_word
from handlers.opsgenie.query import parse_query
from handlers.opsgenie.shapes import spell_time
from storage.models import SavedSearch, Team, User
from storage.questions import searches as ask
from storage.words import Scope

NAME = 100
QUERY = 1_000
TEAMS = 20


async def get_search(unit: Unit, name: str, kind: str) -> SavedSearch:
    """The saved search with this id or name; raises Unknown."""
    found = await ask.find_search(unit.session, name, kind == "name")
    if found is None:
        raise Unknown("search.unknown", name=name)
    return found


async def list_searches(call: Call) -> Answer:
    async def look(unit: Unit) -> list[dict[str, str]]:
        return [_name(row) for row in await ask.list_searches(unit.session)]

    return Answer({"data": await call.look(look)})


async def show(call: Call) -> Answer:
    async def look(unit: Unit) -> dict[str, Any]:
        return _show(await _find(unit, call))

    return Answer({"data": await call.look(look)})


async def create(call: Call) -> Answer:
    body = await call.body()

    async def do(unit: Unit) -> dict[str, str]:
        return _name(await save_search(unit, await _read(unit, body)))

    data = await call.parts.work.run(do, call.caller.actor)
    return Answer({"result": "Created", "data": data}, 201)


async def change(call: Call) -> Answer:
    body = await call.body()

    async def do(unit: Unit) -> dict[str, Any]:
        saved = await _find(unit, call)
        await change_search(unit, saved, await _read(unit, body))
        return _show(saved)

    return Answer({"result": "Updated", "data": await call.parts.work.run(do, call.caller.actor)})


async def delete(call: Call) -> Answer:
    async def do(unit: Unit) -> None:
        await delete_search(unit, await _find(unit, call))

    await call.parts.work.run(do, call.caller.actor)
    return Answer({"result": "Deleted"})


async def _find(unit: Unit, call: Call) -> SavedSearch:
    return await get_search(unit, call.part("identifier"), read_word(call, "identifierType", ("id", "name")))


async def _read(unit: Unit, body: dict[str, Any]) -> Wish:
    """The body of a new or changed search; raises Invalid that names the field."""
    name = limits.need_text(body, "name", NAME)
    query = limits.need_text(body, "query", QUERY)
    parse_query(query)
    teams = body.get("teams") or []
    if not isinstance(teams, list):
        raise Invalid("field.not_list", "teams", name="teams")
    wanted = [
        limits.read_responder(one, f"teams[{place}]", "team") for place, one in enumerate(teams[:TEAMS])
    ]
    owner = None
    if body.get("owner"):
        owner = await _named(unit, "owner", limits.need_responder(body, "owner", "user"))
    return Wish(
        name,
        query,
        limits.read_text(body, "description", limits.DESCRIPTION),
        await unit.session.get_one(User, owner["id"]) if owner else None,
        [
            await unit.session.get_one(Team, (await _named(unit, "teams", one))["id"])
            for one in wanted
            if one is not None
        ],
    )


async def _named(unit: Unit, field: str, wanted: limits.Responder) -> limits.Responder:
    try:
        return await find_responder(unit, wanted)
    except Unknown as unknown:
        problem: Problem = Invalid(unknown.code, field, **unknown.data)
        raise problem from unknown


def _name(row: SavedSearch) -> dict[str, str]:
    return {"id": row.uid, "name": row.name}


def _show(row: SavedSearch) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": row.uid,
        "name": row.name,
        "createdAt": spell_time(row.created_at),
        "updatedAt": spell_time(row.updated_at),
        "teams": [{"id": str(number)} for number in row.teams],
        "description": row.description,
        "query": row.query,
    }
    if row.owner_id is not None:
        shown["owner"] = {"id": str(row.owner_id)}
    return shown


OPERATIONS = (
    Operation("GET", "/alerts/saved-searches", list_searches),
    Operation("POST", "/alerts/saved-searches", create, Scope.WRITE),
    Operation("GET", "/alerts/saved-searches/{identifier}", show),
    Operation("PATCH", "/alerts/saved-searches/{identifier}", change, Scope.WRITE),
    Operation("DELETE", "/alerts/saved-searches/{identifier}", delete, Scope.WRITE),
)
