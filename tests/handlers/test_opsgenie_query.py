"""Opsgenie's query language: what it is read into, and that a database finds what a plain reading of it finds."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Invalid
from handlers.opsgenie.query import parse_query
from storage.search import EVERYTHING, FIELDS, All, AnyOf, Kind, Not, Search, Term, Value


def term(field: str, value: Value, operation: str = ":") -> Term:
    return Term(field, operation, value)


@pytest.mark.parametrize(
    ("text", "search"),
    [
        ("", EVERYTHING),
        ("  ", EVERYTHING),
        ("status:open", term("status", "open")),
        ("status : open", term("status", "open")),
        ("STATUS = open", term("status", "open")),
        ("status != open", Not(term("status", "open"))),
        ("count >= 5", term("count", 5, ">=")),
        ("createdAt > 1470394841148", term("createdAt", datetime(2016, 8, 5, 11, 0, 41, 148000, UTC), ">")),
        ("createdAt < 2026-11-24", term("createdAt", datetime(2026, 11, 24, tzinfo=UTC), "<")),
        ("acknowledged: true", term("acknowledged", True)),
        ("message: Server apollo average", term("message", "Server apollo average")),
        ('message: "a \\" b" AND tag:x', All((term("message", 'a " b'), term("tag", "x")))),
        ("tag: team:ops", term("tag", "team:ops")),
        ("disk full", All((term("text", "disk"), term("text", "full")))),
        ("status: open disk", All((term("status", "open"), term("text", "disk")))),
        ("tag: (a OR b)", AnyOf((term("tag", "a"), term("tag", "b")))),
        ("message: (lorem AND NOT ipsum)", All((term("message", "lorem"), Not(term("message", "ipsum"))))),
        (
            "priority: P1 OR tag: a AND NOT (count < 3 OR snoozed: false)",
            AnyOf(
                (
                    term("priority", "P1"),
                    All(
                        (
                            term("tag", "a"),
                            Not(AnyOf((term("count", 3, "<"), term("snoozed", False)))),
                        )
                    ),
                )
            ),
        ),
        ("NOT NOT tag: a", term("tag", "a")),
        ("lastOccuredAt > 1", term("lastOccurredAt", datetime(1970, 1, 1, 0, 0, 0, 1000, UTC), ">")),
    ],
)
def test_a_query_says_what_it_says(text: str, search: Search) -> None:
    assert parse_query(text) == search


@pytest.mark.parametrize(
    "text",
    [
        "status:", "status: maybe", "count: many", "acknowledged: yes", "nofield: x", "(status: open", "status: open)",
        "message > 5", "AND", "status: open AND", "OR tag: a", "NOT", "createdAt: yesterday", "priority: P9",
        "(" * 30 + "a" + ")" * 30, "a " * 200, "x" * 5000, '"',
    ],
)  # fmt: skip
def test_what_is_no_query_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_query(text)
    assert refused.value.code == "query.wrong"
    assert refused.value.field == "query"


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("tag: a AND status: maybe", 20, "status is one of open, closed"),
        ("createdAt > 29-11-2026", 13, "createdAt is a time, in milliseconds since 1970 or in ISO 8601"),
        ('message: "disk full', 10, "a quotation mark is not closed"),
    ],
)
def test_the_place_of_a_fault_is_where_the_value_begins(text: str, place: int, reason: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_query(text)
    assert (refused.value.data["place"], refused.value.data["reason"]) == (place, reason)


VALUES = {
    Kind.WORDS: st.text('ab "\\()*:<é', min_size=1, max_size=6),
    Kind.NAME: st.text('ab "\\()*:<é', min_size=1, max_size=6),
    Kind.EXACT: st.text('ab "\\()*:<é', min_size=1, max_size=6),
    Kind.NUMBER: st.integers(0, 2**31 - 1),
    Kind.TIME: st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(
        lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
    ),
    Kind.FLAG: st.booleans(),
}
WORDS = {"status": st.sampled_from(["open", "closed"]), "priority": st.sampled_from(["P1", "P5"])}


@st.composite
def terms(draw: st.DrawFn) -> Term:
    field = draw(st.sampled_from(sorted(FIELDS)))
    kind = FIELDS[field]
    signs = [":", "<", "<=", ">", ">="] if kind in (Kind.NUMBER, Kind.TIME) else [":"]
    return Term(field, draw(st.sampled_from(signs)), draw(WORDS.get(field, VALUES[kind])))  # type: ignore[arg-type]


searches = st.recursive(
    terms(),
    lambda part: st.one_of(
        st.lists(part, min_size=2, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(part, min_size=2, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
        part.map(Not),
    ),
    max_leaves=8,
)


def spell(search: Search) -> str:
    """A search as a query, with every parenthesis that there can be."""
    if isinstance(search, All | AnyOf):
        word = " AND " if isinstance(search, All) else " OR "
        return "(" + word.join(spell(part) for part in search.parts) + ")"
    if isinstance(search, Not):
        return f"NOT ({spell(search.part)})"
    value = search.value
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, datetime):
        text = str(round(value.timestamp() * 1000))
    else:
        text = '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text if search.field == "text" else f"{search.field} {search.operation} {text}"


@given(searches)
def test_what_is_spelled_is_read_again(search: Search) -> None:
    assert parse_query(spell(search)) == search


@given(st.text(st.sampled_from('ab ()":<>=*\\!ANDORNOT statuscount5'), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(Invalid):
        parse_query(text)
