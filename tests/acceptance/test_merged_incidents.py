"""Two incidents that are the same trouble: whoever is on one of them is on both, unless the other is more urgent."""

import pytest

from bot.flow.unit import Unit
from storage.models import Alert, Escalation, Incident, Page, User
from storage.words import PageState
from tests.acceptance.test_still_on_it import set_policy
from tests.house import START, House

WEB = {"title": "Checkout returns errors", "alias": "checkout", "service": "web"}
DB = {"title": "Replica lags", "alias": "lag", "service": "db"}


async def begin(house: House, web: str, db: str, ack_timeout: int = 0) -> tuple[User, User]:
    """INC-1 of the first team (Kate is in it) and INC-2 of Dana's, of these priorities."""
    kate = await set_policy(house, ack_timeout=ack_timeout)
    dana = await house.add_second_team("Database", "Dana", service="db")
    await house.send({**WEB, "priority": web})
    await house.send({**DB, "priority": db})
    return kate, dana


async def read_later(house: House, minute: str) -> list[tuple[str, str]]:
    """When, and to whom, pages came after the first minute until then."""
    await house.at(minute)
    names = {user.id: user.name for user in await house.rows(User)}
    pages = [page for page in await house.rows(Page) if page.created_at > START]
    return sorted((str(page.created_at - START), names[page.user_id]) for page in pages)


async def list_waiting(house: House) -> set[str]:
    return {str(one.state) for one in await house.rows(Escalation)} & {"running", "exhausted"}


@pytest.mark.parametrize("db", ["P2", "P1"], ids=["same", "more-urgent"])
async def test_what_somebody_is_on_takes_the_other_along(house: House, db: str) -> None:
    _, dana = await begin(house, "P2", db)
    await house.command("/incident ack INC-2", dana)
    await house.at("01:00")
    await house.command("/incident merge INC-2 INC-1")
    assert await read_later(house, "01:00:00") == []
    assert await list_waiting(house) == set()
    into = (await house.rows(Incident))[0]
    assert (into.acknowledged_by, str(into.acknowledged_at - START)) == (dana.id, "0:01:00")
    assert {alert.acknowledged_by for alert in await house.rows(Alert)} == {dana.id}
    (said,) = [
        one.text for one in await house.messages("incident-1") if "its alerts are here now" in one.text
    ]
    assert "Dana" in said


async def test_the_more_urgent_one_goes_on_paging(house: House) -> None:
    _, dana = await begin(house, "P1", "P2")
    await house.command("/incident ack INC-2", dana)
    await house.at("01:00")
    await house.command("/incident merge INC-2 INC-1", dana)
    later = await read_later(house, "05:00")
    assert ("0:05:00", "Kate") in later
    assert (await house.rows(Incident))[0].acknowledged_at is None


async def test_whoever_was_switched_off_is_on_nothing(house: House) -> None:
    _, dana = await begin(house, "P2", "P2")
    await house.command("/incident ack INC-2", dana)

    async def leave(unit: Unit) -> None:
        (await unit.session.get_one(User, dana.id)).active = False

    await house.parts.work.run(leave)
    await house.at("01:00")
    await house.command("/incident merge INC-2 INC-1")
    assert ("0:05:00", "Kate") in await read_later(house, "05:00")


async def test_what_nobody_is_on_comes_to_whoever_is_on_the_other(house: House) -> None:
    kate, dana = await begin(house, "P2", "P2")
    await house.command("/incident ack INC-1", kate)
    await house.at("01:00")
    await house.command("/incident merge INC-2 INC-1")
    assert await read_later(house, "01:00:00") == []
    assert await list_waiting(house) == set()
    assert "team_added" in await house.timeline()
    assert (await house.rows(Incident))[0].acknowledged_by == kate.id
    assert [page.state for page in await house.pages(dana)] == [PageState.SENT]


async def test_when_it_is_more_urgent_they_hear_of_it_and_its_team_is_called(house: House) -> None:
    kate, _ = await begin(house, "P2", "P1")
    await house.command("/incident ack INC-1", kate)
    await house.at("01:00")
    await house.command("/incident merge INC-2 INC-1")
    assert await read_later(house, "01:00") == [("0:01:00", "Dana"), ("0:01:00", "Kate")]
    (page,) = await house.pages(kate)
    assert page.why == "INC-1 is now P1: INC-2 Replica lags"
    assert (await house.rows(Incident))[0].acknowledged_by == kate.id


async def test_where_somebody_is_on_each_nobody_is_called(house: House) -> None:
    kate, dana = await begin(house, "P2", "P1")
    await house.command("/incident ack INC-1", kate)
    await house.command("/incident ack INC-2", dana)
    await house.at("01:00")
    await house.command("/incident merge INC-2 INC-1")
    assert await read_later(house, "01:00:00") == []
    into = (await house.rows(Incident))[0]
    assert (into.acknowledged_by, into.priority.value) == (kate.id, "P1")


async def test_where_nobody_is_on_either_both_teams_are_paged_on(house: House) -> None:
    await begin(house, "P2", "P2")
    await house.at("01:00")
    await house.command("/incident merge INC-2 INC-1")
    assert await read_later(house, "05:00") == [("0:01:00", "Dana"), ("0:05:00", "Kate"), ("0:05:00", "root")]


async def test_they_are_asked_whether_they_are_still_on_it(house: House) -> None:
    _, dana = await begin(house, "P2", "P2", ack_timeout=1800)
    await house.command("/incident ack INC-2", dana)
    await house.at("01:00")
    await house.command("/incident merge INC-2 INC-1")
    assert await read_later(house, "31:00") == [("0:31:00", "Dana")]
