"""Lists and counts of alerts, by query or by saved search."""

from typing import Any

from bot.errors import Invalid
from bot.flow.unit import Unit
from bot.incidents.privacy import find_viewer
from handlers.opsgenie.door import Answer, Call, Operation
from handlers.opsgenie.paging import build_paging, paging_headers, read_stretch, read_word
from handlers.opsgenie.query import parse_query
from handlers.opsgenie.searches import get_search
from handlers.opsgenie.shapes import show_alerts
from storage.questions.alert_search import SORTS, Reach, count_found, list_found
from storage.search import Search


def reach_of(call: Call) -> Reach:
    return Reach(call.caller.only_team, call.caller.integration_id)


async def list_alerts(call: Call) -> Answer:
    stretch = read_stretch(call)
    order = read_word(call, "order", ("desc", "asc"))
    sort = read_sort(call)
    given = parse_query(call.query("query"))

    async def look(unit: Unit) -> tuple[list[dict[str, Any]], int]:
        search = await find_search(unit, call, given)
        viewer, reach = await find_viewer(unit), reach_of(call)
        rows = await list_found(
            unit.session,
            search,
            viewer=viewer,
            reach=reach,
            sort=sort,
            descending=order == "desc",
            offset=stretch.offset,
            limit=stretch.limit,
        )
        total = await count_found(unit.session, search, viewer=viewer, reach=reach)
        return await show_alerts(unit, rows), total

    shown, total = await call.look(look)
    paging = build_paging(call, stretch, total)
    return Answer({"data": shown, "paging": paging}, headers=paging_headers(paging))


async def count_alerts(call: Call) -> Answer:
    given = parse_query(call.query("query"))

    async def look(unit: Unit) -> int:
        search = await find_search(unit, call, given)
        return await count_found(unit.session, search, viewer=await find_viewer(unit), reach=reach_of(call))

    return Answer({"data": {"count": await call.look(look)}})


def read_sort(call: Call) -> str:
    """What to sort by. A client of the vendor's misspells one."""
    sort = {"lastOccuredAt": "lastOccurredAt"}.get(call.query("sort"), call.query("sort") or "createdAt")
    if sort not in SORTS:
        raise Invalid("field.not_one_of", "sort", name="sort", known=sorted(SORTS))
    return sort


async def find_search(unit: Unit, call: Call, given: Search) -> Search:
    """The saved search that is named, instead of the query; raises Unknown."""
    name = call.query("searchIdentifier")
    if not name:
        return given
    kind = read_word(call, "searchIdentifierType", ("id", "name"))
    return parse_query((await get_search(unit, name, kind)).query)


OPERATIONS = (
    Operation("GET", "/alerts", list_alerts),
    Operation("GET", "/alerts/count", count_alerts),
)
