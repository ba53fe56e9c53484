"""Public holidays of a team count for whoever has not said their own, in warnings, calendar, chat and API."""

from datetime import timedelta

import pytest

from bot.catalog.edit_teams import TEAMS
from bot.catalog.teams import get_team, join_team
from bot.flow.unit import Unit
from bot.oncall.roster_changes import watch_rosters
from bot.oncall.watch import watch_schedules
from storage.models import AuditEntry, Team, User
from tests.acceptance.test_clashes import list_ops, told
from tests.acceptance.test_oncall import set_rotations
from tests.handlers.program import Program
from tests.house import START, House
from tests.platforms.test_room_pages import open_browser

DAY = timedelta(days=1)


@pytest.fixture
async def kate(house: House) -> User:
    """Kate of the first team is on call alone, and it is two weeks before Christmas."""
    found = await house.add_person("Kate")
    await set_rotations(house, {"name": "Daily", "participants": [found.id]})
    await house.parts.work.run(watch_schedules)
    await house.move_to(START + 18 * DAY)
    return found


async def test_holidays_of_the_team_count_for_whoever_said_nothing(house: House, kate: User) -> None:
    answer = await house.ask("/oncall holidays de-be team:first-team")
    assert answer.startswith("DE-BE counts for everybody in First team who has not said their own: ")
    assert "Kate" in answer
    assert "Next: Christmas Day (Fri 25 Dec 2026)" in answer
    (said,) = await told(house, kate)
    assert "Christmas Day, Fri 25 Dec 2026" in said, "at once, not at the next look a week later"
    assert len(await list_ops(house)) == 1
    assert "Kate is on call: Christmas Day" in await house.ask("/oncall clashes")
    browser = await open_browser(house)
    _, page = await browser.get("/schedules/primary?day=2026-12-25")
    assert "Christmas Day: Kate" in page
    await browser.http.close()


async def test_holidays_of_an_edited_team_count_at_once(house: House, kate: User) -> None:
    async def change(unit: Unit) -> None:
        team = await TEAMS.get(unit, "first-team")
        entry = (await TEAMS.read_state(unit, team))["team"]
        async with watch_rosters(unit):
            await TEAMS.change(unit, team, {**entry, "holidays": "DE-BE"})

    await house.parts.work.run(change)
    await house.settle()
    (said,) = await told(house, kate)
    assert "Christmas Day, Fri 25 Dec 2026" in said


async def test_what_a_person_says_wins_also_none(house: House, kate: User) -> None:
    await house.command("/oncall holidays DE-BE team:first-team")
    assert await house.ask("/oncall holidays none", kate) == "You have no public holidays set."
    assert "Nobody is on call during their time off" in await house.ask("/oncall clashes")
    answer = await house.ask("/oncall holidays FR team:first-team")
    assert "Kate" not in answer
    await house.command("/oncall holidays PL", kate)
    clashes = await house.ask("/oncall clashes")
    assert "Second Day of Christmas" in clashes
    assert "Wigilia" in clashes or "Christmas Eve" in clashes, "a holiday in Poland, and not in France"
    answer = await house.ask("/oncall holidays team", kate)
    assert answer.startswith("FR, as your team says: shifts on public holidays there are told in good time")
    assert "Second Day of Christmas" not in await house.ask("/oncall clashes")


async def test_whoever_is_in_two_teams_has_the_holidays_of_both(house: House) -> None:
    async def found_team(unit: Unit) -> None:
        unit.session.add(Team(slug="far-away", name="Far away"))

    await house.parts.work.run(found_team)
    sam = await house.add_person("Sam", team="far-away")
    await set_rotations(house, {"name": "Daily", "participants": [sam.id]})
    await house.command("/oncall holidays DE team:first-team")
    await house.command("/oncall holidays PL team:far-away")
    reader = Program(house, await house.key("read"))
    assert (await reader.ask("/users/sam"))["holidays"] == ["PL"]

    async def join(unit: Unit) -> None:
        await join_team(unit, await get_team(unit, "first-team"), sam)

    await house.parts.work.run(join)
    assert (await reader.ask("/users/sam"))["holidays"] == ["PL", "DE"], "by the names of the teams"
    await house.move_to(START + 18 * DAY)
    clashes = await house.ask("/oncall clashes")
    assert clashes.count("Fri 25 Dec 2026, 00:00 UTC until") == 1, "a day of both is told once"


async def test_who_may_say_it_and_what_is_refused(sqlite_house: House) -> None:
    house = sqlite_house
    kate = await house.add_person("Kate")
    refused = await house.command("/oncall holidays DE team:first-team", kate)
    assert refused.failed
    assert (await house.rows(Team))[0].holidays == ""
    answer = await house.ask("/oncall holidays DE who:@kate team:first-team")
    assert "a person's (who) or a team's (team), not both" in answer
    assert "A team has its holidays in a country" in await house.ask("/oncall holidays team team:first-team")
    assert "No public holidays are known for XX" in await house.ask("/oncall holidays XX team:first-team")
    assert "no team of yours says where that is" in await house.ask("/oncall holidays team", kate)
    await house.command("/oncall holidays DE team:first-team")
    assert (
        await house.ask("/oncall holidays none team:first-team") == "First team has no public holidays set."
    )


async def test_of_two_rows_that_are_one_person_what_was_said_stays(sqlite_house: House) -> None:
    house = sqlite_house
    kate, sam, ines = [await house.add_person(name) for name in ("Kate", "Sam", "Ines")]
    await house.command("/oncall holidays DE", sam)
    await house.command("/tocsin merge @sam @kate")
    assert [row.holidays for row in await house.rows(User, User.id == kate.id)] == ["DE"]
    await house.command("/oncall holidays none", ines)
    await house.command("/tocsin merge @kate @ines")
    assert [row.holidays for row in await house.rows(User, User.id == ines.id)] == [""]


# The API


async def test_the_api_reads_and_says_where_people_and_teams_have_holidays(house: House, kate: User) -> None:
    api = Program(house, await house.key("admin"))
    assert await api.ask("/users/kate/holidays") == {"where": None, "places": [], "from_file": False}
    assert await api.try_to("PUT", "/teams/first-team/holidays", {"where": "de-be"}) == (
        200,
        {"where": "DE-BE", "places": ["DE-BE"], "from_file": False},
    )
    assert len(await told(house, kate)) == 1
    assert (await api.ask("/teams/first-team"))["holidays"] == "DE-BE"
    assert await api.ask("/users/kate/holidays") == {"where": None, "places": ["DE-BE"], "from_file": False}
    assert await api.try_to("PUT", "/users/kate/holidays", {"where": "none"}) == (
        200,
        {"where": "none", "places": [], "from_file": False},
    )
    assert (await api.ask("/users/kate"))["holidays"] == []
    status, kept = await api.try_to("PUT", "/users/kate/holidays", {"where": None})
    assert (status, kept["where"], kept["places"]) == (200, None, ["DE-BE"])
    said = [(row.what, row.data["place"]) for row in await house.rows(AuditEntry) if "holidays" in row.what]
    assert said == [("team.holidays", "DE-BE"), ("user.holidays", ""), ("user.holidays", None)]


async def test_the_api_says_what_is_wrong_with_holidays(sqlite_house: House) -> None:
    house = sqlite_house
    api = Program(house, await house.key("admin"))
    status, problem = await api.try_to("PUT", "/teams/first-team/holidays", {"where": "DE-XX"})
    assert (status, problem["field"]) == (422, "where")
    assert "No public holidays are known for DE-XX" in problem["detail"]
    assert (await api.try_to("PUT", "/teams/first-team/holidays", {"where": None}))[0] == 422
    assert (await api.try_to("PUT", "/users/nobody/holidays", {"where": "DE"}))[0] == 404
    writer = Program(house, await house.key("write"))
    assert (await writer.try_to("PUT", "/teams/first-team/holidays", {"where": "DE"}))[0] == 403
    assert (await writer.ask("/teams/first-team/holidays"))["where"] is None
