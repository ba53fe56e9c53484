"""Lists and counts of alerts by Opsgenie's query language: a database finds what a plain reading of the query finds."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.models import Alert
from storage.questions.alert_search import SORTS, Reach, count_found, list_found
from storage.questions.privacy import Viewer
from storage.search import FIELDS, All, AnyOf, Kind, Not, Search, Term
from tests.handlers.opsgenie import Sender, make_sender
from tests.house import START, House

MADE = (
    {"message": "Disk full on db-1", "alias": "disk-db-1", "priority": "P1", "tags": ["disk", "team:ops"], "entity": "db-1",
     "details": {"region": "eu-west", "cluster": "a"}, "description": "94 % used", "source": "am-1"},
    {"message": "Disk full on db_2", "alias": "disk-db-2", "priority": "P2", "tags": ["disk"], "entity": "db_2",
     "details": {"region": "us-east"}, "actions": ["restart"], "source": "am-1"},
    {"message": "Checkout is slow", "alias": "checkout", "priority": "P2", "tags": ["web", "Slow"], "entity": "web"},
    {"message": "100% of checks fail", "alias": "checks", "priority": "P5", "source": "am-2", "details": {"a*b": "c\\d"}},
)  # fmt: skip


async def fill(house: House) -> Sender:
    """Four alerts, a minute apart: the second acknowledged, the third closed, the fourth snoozed and repeated."""
    sender = await make_sender(house)
    for minute, body in enumerate(MADE):
        await house.at(f"{minute:02}:00")
        await sender.do("POST", "/alerts", body)
    await sender.do(
        "POST", "/alerts/disk-db-2/acknowledge", {"user": house.owner.handle}, identifierType="alias"
    )
    await sender.do("POST", "/alerts/checkout/close", {}, identifierType="alias")
    until = (START + timedelta(hours=3)).isoformat()
    await sender.do("POST", "/alerts/checks/snooze", {"endTime": until}, identifierType="alias")
    await sender.do("POST", "/alerts", MADE[3])
    return sender


FOUND = (
    ("", "1234"),
    ("status: open", "124"),
    ("status: closed", "3"),
    ("NOT status: closed", "124"),
    ("priority: (P1 OR P5)", "14"),
    ("message: disk", "12"),
    ("message: disk full on db-1", "1"),
    ('message: "db_2"', "2"),
    ("message: 100%", "4"),
    ("message: d*k", "12"),
    ("tag: disk AND NOT tag: team:ops", "2"),
    ("tag: slow", "3"),
    ("tag: team*", "1"),
    ("entity: db*", "12"),
    ("entity: db", ""),
    ("alias: checkout", ""),
    ("alias: disk-db-1", "1"),
    ("tinyId: 3", "3"),
    ("tinyId >= 3", "34"),
    ("count > 1", "4"),
    ("acknowledged: true", "2"),
    ("isSeen: false AND snoozed: false", "13"),
    ("snoozed: true", "4"),
    ("snoozedUntil > 0", "4"),
    ("NOT snoozedUntil > 0", "123"),
    ("details.key: region", "12"),
    ("details.value: eu-*", "1"),
    ("actions: restart", "2"),
    ("source: am-1 OR source: am-2", "124"),
    ("teams: first-team", "1234"),
    ('teams: "First team"', "1234"),
    ("responders: nobody", ""),
    ("integration.name: OPS AND integration.type: opsgenie", "1234"),
    ("integration.type: API", "1234"),
    ("disk", "12"),
    ("web", "3"),
    (f"createdAt >= {int((START + timedelta(minutes=2)).timestamp() * 1000)}", "34"),
    (f"createdAt: {int(START.timestamp() * 1000)}", "1"),
    ("createdAt < 2026-11-23T03:01:00", "1"),
)
"""Queries, and the tiny ids of what they find."""


async def test_queries_find_what_they_name(house: House) -> None:
    sender = await fill(house)
    for query, found in FOUND:
        status, answer, _ = await sender.ask("GET", "/alerts", query=query, sort="tinyId", order="asc")
        assert status == 200, (query, answer)
        assert "".join(alert["tinyId"] for alert in answer["data"]) == found, query
        status, counted, _ = await sender.ask("GET", "/alerts/count", query=query)
        assert counted["data"] == {"count": len(found)}, query


async def test_an_alert_is_found_by_each_team_that_it_shows(house: House) -> None:
    """Its own, and those that were called in; somebody who is called like a team is none."""
    sender = await make_sender(house)
    await house.add_second_team("Infra", "Search", "Storage")
    body = {"message": "db down", "alias": "db", "responders": [{"type": "user", "username": "search"}]}
    await sender.do("POST", "/alerts", body)
    for query, count in (("teams: Infra", 0), ("teams: Search", 0), ("responders: Search", 1)):
        assert (await sender.ask("GET", "/alerts/count", query=query))[1]["data"]["count"] == count, query
    await sender.do("POST", "/alerts/db/teams", {"team": {"name": "Infra"}}, identifierType="alias")
    _, found, _ = await sender.ask("GET", "/alerts", query="teams: infra AND teams: first-team")
    assert [len(alert["teams"]) for alert in found["data"]] == [2]


async def test_a_query_that_is_wrong_is_refused_with_a_sentence(sqlite_house: House) -> None:
    sender = await make_sender(sqlite_house)
    status, answer, headers = await sender.ask("GET", "/alerts", query="status: maybe")
    assert status == 422
    assert answer["message"] == "Request body is not processable. Please check the errors."
    assert answer["errors"] == {
        "query": "The query can't be read at character 9: status is one of open, closed."
    }
    assert headers["X-Request-Id"] == answer["requestId"]


async def test_a_list_has_pages_with_links(house: House) -> None:
    sender = await fill(house)
    seen = []
    query = {"limit": "3", "sort": "createdAt", "order": "asc"}
    status, answer, headers = await sender.ask("GET", "/alerts", **query)
    assert (status, sorted(answer["paging"])) == (200, ["first", "last", "next"])
    assert headers["X-Paging-Next"] == answer["paging"]["next"]
    seen += [alert["alias"] for alert in answer["data"]]
    query = dict(pair.split("=") for pair in answer["paging"]["next"].partition("?")[2].split("&"))
    status, answer, _ = await sender.ask("GET", "/alerts", **query)
    assert (status, sorted(answer["paging"])) == (200, ["first", "last", "prev"])
    seen += [alert["alias"] for alert in answer["data"]]
    assert seen == ["disk-db-1", "disk-db-2", "checkout", "checks"]
    for wrong in ({"limit": "101"}, {"limit": "x"}, {"offset": "-1"}, {"sort": "beauty"}, {"order": "up"}):
        status, answer, _ = await sender.ask("GET", "/alerts", **wrong)
        assert (status, list(answer["errors"])) == (422, list(wrong))


async def test_a_list_is_sorted_by_each_field_that_there_is(house: House) -> None:
    sender = await fill(house)
    for sort in [*SORTS, "lastOccuredAt"]:
        for order in ("asc", "desc"):
            status, answer, _ = await sender.ask("GET", "/alerts", sort=sort, order=order)
            assert (status, len(answer["data"])) == (200, 4), sort
    _, answer, _ = await sender.ask("GET", "/alerts", sort="count", order="desc")
    assert answer["data"][0]["alias"] == "checks"
    _, answer, _ = await sender.ask("GET", "/alerts", sort="report.closeTime", order="asc")
    assert answer["data"][0]["alias"] == "checkout"


async def test_searches_are_saved_and_used(house: House) -> None:
    sender = await fill(house)
    body = {
        "name": "Disks",
        "query": "message: disk",
        "owner": {"username": house.owner.handle},
        "description": "d",
    }
    status, made, _ = await sender.ask("POST", "/alerts/saved-searches", body)
    assert (status, made["data"]["name"]) == (201, "Disks")
    status, again, _ = await sender.ask("POST", "/alerts/saved-searches", body)
    assert (status, list(again["errors"])) == (422, ["name"])
    status, wrong, _ = await sender.ask(
        "POST", "/alerts/saved-searches", {**body, "name": "x", "query": "a: b"}
    )
    assert (status, list(wrong["errors"])) == (422, ["query"])
    number = made["data"]["id"]
    for query in (
        {"searchIdentifier": number},
        {"searchIdentifier": "Disks", "searchIdentifierType": "name"},
    ):
        _, counted, _ = await sender.ask("GET", "/alerts/count", **query)
        assert counted["data"] == {"count": 2}
    change = {**body, "query": "priority: P5", "teams": [{"name": "first-team"}]}
    status, changed, _ = await sender.ask(
        "PATCH", "/alerts/saved-searches/Disks", change, identifierType="name"
    )
    assert (status, changed["data"]["query"], len(changed["data"]["teams"])) == (200, "priority: P5", 1)
    _, shown, _ = await sender.ask("GET", f"/alerts/saved-searches/{number}")
    assert shown["data"] == changed["data"]
    _, all_of_them, _ = await sender.ask("GET", "/alerts/saved-searches")
    assert all_of_them["data"] == [{"id": number, "name": "Disks"}]
    status, _, _ = await sender.ask("DELETE", f"/alerts/saved-searches/{number}")
    assert status == 200
    status, _, _ = await sender.ask("GET", f"/alerts/saved-searches/{number}")
    assert status == 404
    status, _, _ = await sender.ask("GET", "/alerts", searchIdentifier=number)
    assert status == 404


TEXTS = (
    *(
        "disk",
        "Disk full on db-1",
        "d*k",
        "*",
        "db_2",
        "100%",
        "%",
        "_",
        "c\\d",
        "eu*",
        "region",
        "team:ops",
        "slow",
    ),
    *(
        "P1",
        "open",
        "opsgenie",
        "ops",
        "am-1",
        "restart",
        "first-team",
        "checkout",
        "disk-db-1",
        "b",
        "A*B",
        "",
    ),
)


@st.composite
def terms(draw: st.DrawFn) -> Term:
    """Terms that may find something."""
    field = draw(st.sampled_from(sorted(set(FIELDS) - {"recipients", "alertId"})))
    kind = FIELDS[field]
    values: dict[Kind, Any] = {
        Kind.NUMBER: st.integers(0, 5),
        Kind.TIME: st.integers(-1, 5).map(lambda minute: START + timedelta(minutes=minute)),
        Kind.FLAG: st.booleans(),
    }
    signs = [":", "<", "<=", ">", ">="] if kind in (Kind.NUMBER, Kind.TIME) else [":"]
    return Term(field, draw(st.sampled_from(signs)), draw(values.get(kind, st.sampled_from(TEXTS))))


searches = st.recursive(
    terms(),
    lambda part: st.one_of(
        st.lists(part, min_size=1, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(part, min_size=1, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
        part.map(Not),
    ),
    max_leaves=5,
)


def is_found(search: Search, alert: dict[str, Any]) -> bool:
    """A plain reading of a search, of an alert as the API shows it."""
    if isinstance(search, All):
        return all(is_found(part, alert) for part in search.parts)
    if isinstance(search, AnyOf):
        return any(is_found(part, alert) for part in search.parts)
    if isinstance(search, Not):
        return not is_found(search.part, alert)
    return any(judge(search, value) for value in read_values(search.field, alert))


def read_values(field: str, alert: dict[str, Any]) -> list[Any]:
    """The values that one field of the language means."""
    report = alert["report"]
    lists: dict[str, list[Any]] = {
        "text": [
            *(alert[name] for name in ("message", "description", "alias", "entity", "source")),
            *alert["tags"],
        ],
        "alias": [alert["alias"]] if alert["status"] == "open" else [],
        "tag": alert["tags"],
        "actions": alert["actions"],
        "teams": ["First team", "first-team"],
        "responders": ["First team", "first-team"],
        "integration.name": [alert["integration"]["name"]],
        "integration.type": ["opsgenie", "API"],
        "details.key": list(alert["details"]),
        "details.value": list(alert["details"].values()),
        "tinyId": [int(alert["tinyId"])],
        "acknowledgedBy": [report["acknowledgedBy"]] if report.get("acknowledgedBy") else [],
        "closedBy": [],
        "owner": [alert["owner"]] if alert["owner"] else [],
    }
    return lists.get(field, [alert[field]] if field in alert else [])


def judge(term: Term, value: Any) -> bool:
    kind = FIELDS[term.field]
    if kind is Kind.TIME:
        value = datetime.fromisoformat(value)
    if kind in (Kind.NUMBER, Kind.TIME):
        signs: dict[str, Callable[[Any, Any], bool]] = {
            ":": lambda one, other: one == other,
            "<": lambda one, other: one < other,
            "<=": lambda one, other: one <= other,
            ">": lambda one, other: one > other,
            ">=": lambda one, other: one >= other,
        }
        return signs[term.operation](value, term.value)
    if kind in (Kind.FLAG, Kind.EXACT):
        return bool(value == term.value)
    pattern = ".*".join(re.escape(part) for part in str(term.value).split("*"))
    find = re.search if kind is Kind.WORDS else re.fullmatch
    return find(pattern, str(value), re.IGNORECASE | re.DOTALL) is not None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(search=searches)
async def test_the_database_finds_what_a_plain_reading_finds(house: House, search: Search) -> None:
    if not await house.rows(Alert):
        sender = await fill(house)
        SHOWN[:] = [
            (await sender.ask("GET", f"/alerts/{number}", identifierType="tiny"))[1]["data"]
            for number in range(1, 5)
        ]
    reach, viewer = Reach(), Viewer()
    async with house.parts.work.database.read() as session:
        rows = await list_found(
            session, search, viewer=viewer, reach=reach, sort="tinyId", descending=False, offset=0, limit=10
        )
        assert await count_found(session, search, viewer=viewer, reach=reach) == len(rows)
    assert [str(row.id) for row in rows] == [alert["tinyId"] for alert in SHOWN if is_found(search, alert)]


SHOWN: list[dict[str, Any]] = []
"""The alerts of that test, as the API shows them."""
