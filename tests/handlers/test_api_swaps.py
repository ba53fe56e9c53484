"""Swaps by the JSON API: as the commands do it, with their errors and rights."""

from datetime import timedelta

import pytest

from storage.models import AuditEntry, User
from tests.acceptance.test_swaps import begin
from tests.handlers.program import Program
from tests.house import START, House

SHIFT = {
    "schedule": "primary",
    "starts_at": "2026-11-24T09:00:00Z",
    "ends_at": "2026-11-25T09:00:00Z",
}


@pytest.fixture
async def people(house: House) -> tuple[User, User, User]:
    return await begin(house)


@pytest.fixture
async def api(house: House, people) -> Program:
    return Program(house, await house.key("write"))


async def test_a_shift_is_offered_listed_and_taken(house: House, api: Program) -> None:
    status, made = await api.try_to("POST", "/swaps", {**SHIFT, "as": "kate", "note": "Dentist"})
    assert (status, made["number"], made["state"], made["note"]) == (201, 1, "open", "Dentist")
    assert made["offered"]["person"]["handle"] == "kate"
    assert (made["exchange"], made["taker"]) == (None, None)
    for query in ("", "?state=open", "?schedule=primary&state=taken&state=open"):
        assert [one["number"] for one in (await api.ask(f"/swaps{query}"))["items"]] == [1]
    assert (await api.ask("/swaps?state=taken"))["items"] == []
    status, taken = await api.try_to("POST", "/swaps/1/take", {"as": "sam"})
    assert (status, taken["swap"]["state"], taken["swap"]["taker"]["handle"]) == (200, "taken", "sam")
    assert taken["clashes"] == []
    status, problem = await api.try_to("POST", "/swaps/1/take", {"as": "ines"})
    assert (status, problem["type"]) == (409, "urn:tocsin:problem:swap.taken")
    spans = (await api.ask("/schedules/primary/timeline?start=2026-11-24T10:00:00Z"))["spans"]
    (duty,) = spans[0]["on_call"]
    assert (duty["person"]["handle"], duty["because"], duty["swapped_with"]["handle"]) == (
        "sam",
        "swap",
        "kate",
    )
    override = (await api.ask("/schedules/primary"))["overrides"][0]
    assert (override["person"]["handle"], override["swapped_with"]["handle"]) == ("sam", "kate")
    said = [row.what for row in await house.rows(AuditEntry) if row.what.startswith("swap")]
    assert said == ["swap.offered", "swap.taken"]


async def test_an_exchange_names_a_moment_of_the_other_shift(api: Program) -> None:
    wanted = {"person": "sam", "at": "2026-11-26T20:00:00Z"}
    _, made = await api.try_to("POST", "/swaps", {**SHIFT, "as": "kate", "exchange": wanted})
    assert made["exchange"]["person"]["handle"] == "sam"
    assert made["exchange"]["starts_at"] == "2026-11-26T09:00:00Z"
    assert (await api.try_to("POST", "/swaps/1/take", {"as": "ines"}))[0] == 403
    _, taken = await api.try_to("POST", "/swaps/1/take", {"as": "sam"})
    assert taken["swap"]["state"] == "taken"


async def test_what_speaks_against_it_is_told_first(house: House, api: Program) -> None:
    await house.command("/oncall off 3d", house.people["Sam"])
    await api.try_to("POST", "/swaps", {**SHIFT, "as": "kate"})
    status, told = await api.try_to("POST", "/swaps/1/take", {"as": "sam"})
    assert (status, told["swap"]["state"]) == (200, "open")
    assert [(one["kind"], one["starts_at"]) for one in told["clashes"]] == [("off", "2026-11-24T09:00:00Z")]
    _, taken = await api.try_to("POST", "/swaps/1/take", {"as": "sam", "anyway": True})
    assert taken["swap"]["state"] == "taken"


async def test_an_offer_is_withdrawn_by_whose_it_is(api: Program) -> None:
    await api.try_to("POST", "/swaps", {**SHIFT, "as": "kate"})
    assert (await api.try_to("DELETE", "/swaps/1?as=sam"))[0] == 403
    status, gone = await api.try_to("DELETE", "/swaps/1?as=kate")
    assert (status, gone["state"]) == (200, "withdrawn")
    assert (await api.ask("/swaps/1"))["state"] == "withdrawn"


@pytest.mark.parametrize(
    ("change", "status", "code", "field"),
    [
        ({}, 403, "person.needed", "as"),
        ({"as": "nobody"}, 404, "user.unknown", "as"),
        ({"as": "sam"}, 422, "swap.no_shift", "starts_at"),
        ({"as": "kate", "schedule": "none"}, 404, "schedule.unknown", "schedule"),
        ({"as": "kate", "starts_at": str(START - timedelta(days=1))}, 422, "swap.begun", "starts_at"),
        ({"as": "kate", "ends_at": SHIFT["starts_at"]}, 422, "override.backwards", "ends_at"),
        (
            {"as": "kate", "exchange": {"person": "sam", "at": SHIFT["starts_at"]}},
            404,
            "swap.no_such_shift",
            "exchange",
        ),
        (
            {"as": "kate", "exchange": {"person": "kate", "at": "2026-11-27T10:00:00Z"}},
            422,
            "swap.with_self",
            "exchange",
        ),
    ],
)
async def test_a_wrong_offer_names_the_field(
    sqlite_house: House, change: dict[str, object], status: int, code: str, field: str
) -> None:
    await begin(sqlite_house)
    api = Program(sqlite_house, await sqlite_house.key("write"))
    got, problem = await api.try_to("POST", "/swaps", {**SHIFT, **change})
    assert (got, problem["title"], problem.get("field")) == (status, code, field)
    assert (await api.ask("/swaps"))["items"] == []
