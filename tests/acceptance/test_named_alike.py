"""One thing may have a name that is the slug of another: a sender that says the slug means the one that has it."""

from pathlib import Path

from bot.chat.markup import render_text
from tests.acceptance.test_rules import WORLD, paged, set_up
from tests.house import House

SERVICES = {
    "old-db": {"name": "Payments", "team": "data"},
    "payments": {"name": "Payments of today", "team": "web"},
}
TEAMS = {
    "archive": {"name": "Nights", "members": ["dana"], "policy": "data"},
    "nights": {"name": "People of the night", "members": ["sam"], "policy": "night"},
}


async def test_an_alert_goes_to_the_service_and_the_team_of_that_slug(house: House, tmp_path: Path) -> None:
    await set_up(
        house,
        tmp_path,
        services={**WORLD["services"], **SERVICES},
        teams={**WORLD["teams"], **TEAMS},
    )
    await house.send({"title": "A", "alias": "a", "service": "payments"})
    await house.send({"title": "B", "alias": "b", "service": "Payments of today"})
    assert await paged(house) == ["kate", "kate"]
    await house.send({"title": "C", "alias": "c", "team": "nights"})
    await house.send({"title": "D", "alias": "d", "team": "People of the night"})
    assert await paged(house) == ["kate", "kate", "sam", "sam"]


async def test_a_person_is_paged_by_the_handle_before_somebody_who_has_it_as_a_name(
    house: House, tmp_path: Path
) -> None:
    people = {
        "ada": {"name": "Sam", "role": "owner"},
        "sam": {"name": "Samuel Ray"},
        "kim": {"name": "Robin"},
        "lou": {"name": "Robin"},
    }
    await set_up(house, tmp_path, users={**WORLD["users"], **people})
    await house.command("/page sam Come please")
    assert await paged(house) == ["sam"]
    reply = await house.command("/page robin Come please")
    said = "Several people are called robin: @kim, @lou. Say which by the handle."
    assert said in render_text(reply.text)
    assert await paged(house) == ["sam"]
