"""Lists of open alerts begin with the most urgent, of those the newest, wherever they are cut off."""

from bot.flow.unit import Unit
from storage.models import Alert
from storage.questions import alerts, screens
from storage.questions.privacy import Viewer
from tests.house import House

ALL = Viewer(None, sees_all=True)


async def test_the_most_urgent_come_first_and_then_the_newest(house: House) -> None:
    said = [("P4", "one"), ("P3", "two"), ("P4", "three"), ("P3", "four"), ("P5", "five")]
    for priority, name in said:
        await house.send({"title": f"{name} of many", "alias": name, "priority": priority})
    await house.command("/alert close 4")

    async def read(limit: int, text: str = "") -> list[list[str]]:
        async def look(unit: Unit) -> list[list[str]]:
            session = unit.session
            found = [
                await alerts.list_open_alerts(session, limit, viewer=ALL),
                await screens.list_alerts(session, viewer=ALL, limit=limit, text=text),
            ]
            return [[one.alias for one in rows] for rows in found]

        return await house.parts.work.look(look)

    assert await read(50) == [["two", "three", "one", "five"]] * 2
    assert await read(3, "of many") == [["two", "three", "one"]] * 2
    assert len(await house.rows(Alert)) == 5
