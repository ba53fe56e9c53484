"""Things are found by their slug or by their name."""

from bot.flow.unit import Unit
from storage.models import Team
from storage.questions.catalog import find_named
from tests.house import House


async def test_a_slug_comes_before_the_name_of_something_older(house: House) -> None:
    async def add(unit: Unit) -> None:
        unit.session.add_all([Team(slug="web-2", name="Web"), Team(slug="web", name="Web shop")])

    await house.parts.work.run(add)

    async def find(unit: Unit) -> list[str]:
        found = [await find_named(unit.session, Team, name) for name in ("web", "Web", "web shop", "WEB-2")]
        return [row.slug if row else "" for row in found]

    assert await house.parts.work.look(find) == ["web", "web", "web", "web-2"]
