"""What the configuration file says about where people and teams have public holidays."""

from pathlib import Path

import pytest

from bot.catalog.apply import apply_config
from bot.catalog.file import read_config
from storage.models import AuditEntry, Team, User
from tests.concerns.test_config_file import faults_of
from tests.handlers.program import Program
from tests.house import House

FILE = """\
users:
  kate: {{name: Kate, role: owner{kate}}}
  sam: {{name: Sam}}
teams:
  ops: {{name: Ops, members: [kate, sam]{ops}}}
"""


@pytest.fixture
def apply(house: House, tmp_path: Path):
    async def run(kate: str = "", ops: str = "") -> int:
        path = tmp_path / "tocsin.yaml"
        path.write_text(FILE.format(kate=kate and f", holidays: {kate}", ops=ops and f", holidays: {ops}"))
        return await house.parts.work.run(lambda unit: apply_config(unit, read_config(path, {})))

    return run


async def see(house: House) -> list[tuple[str, str]]:
    """What stands about Kate and about their team."""
    (kate,) = await house.rows(User, User.handle == "kate")
    (ops,) = await house.rows(Team, Team.slug == "ops")
    return [(one.holidays, one.holidays_origin) for one in (kate, ops)]


async def test_the_file_is_followed_and_no_more(house: House, apply) -> None:
    await apply()
    assert await see(house) == [("", ""), ("", "")]
    assert await apply(kate="NO", ops="de-be") == 2, "`NO` is a country, not a word for false"
    assert await see(house) == [("NO", "file"), ("DE-BE", "file")]
    assert await apply(kate="NO", ops="de-be") == 0
    said = [row.data for row in await house.rows(AuditEntry) if row.what == "team.changed"]
    assert said == [{"changed": ["holidays"]}]
    await apply(kate="none", ops="DE")
    assert await see(house) == [("", "file"), ("DE", "file")]
    await apply()
    assert await see(house) == [("", ""), ("", "")], "what the file does not say any more nobody says"


async def test_what_people_said_stays_until_the_file_says_it(house: House, apply) -> None:
    await apply()
    await house.command("/oncall holidays FR team:ops")
    api = Program(house, await house.key("admin"))
    await api.try_to("PUT", "/users/kate/holidays", {"where": "none"})
    assert await apply() == 0
    assert await see(house) == [("", "room"), ("FR", "room")]
    await apply(kate="none", ops="PL")
    assert await see(house) == [("", "file"), ("PL", "file")]
    assert (await api.ask("/users/sam/holidays")) == {"where": None, "places": ["PL"], "from_file": False}


async def test_what_the_file_says_is_changed_there_alone(house: House, apply) -> None:
    await apply(kate="none", ops="PL")
    (kate,) = await house.rows(User, User.handle == "kate")
    for name, command in (("Kate", "/oncall holidays DE"), ("Ops", "/oncall holidays DE team:ops")):
        answer = await house.command(command, kate)
        assert answer.failed
        assert (
            f"Where {name} has public holidays is in the configuration file: change it there." in answer.text
        )
    api = Program(house, await house.key("admin"))
    for path in ("/users/kate/holidays", "/teams/ops/holidays"):
        status, problem = await api.try_to("PUT", path, {"where": "DE"})
        assert (status, problem["type"]) == (409, "urn:tocsin:problem:holidays.in_file")
        assert (await api.ask(path))["from_file"]
    assert await see(house) == [("", "file"), ("PL", "file")]


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (
            "Germany",
            "no public holidays are known for `Germany`; write a country or a part of one like `DE-BE`",
        ),
        ("DE-XX", "there is no such part of the country as `DE-XX`; known are BB, BE, BW"),
        ("[DE]", "must be text, and is a list"),
    ],
)
def test_a_place_that_is_not_known_is_a_fault(tmp_path: Path, written: str, reason: str) -> None:
    text = f"users:\n  kate:\n    name: Kate\n    role: owner\n    holidays: {written}\n"
    ((line, place, told),) = faults_of(tmp_path, text)
    assert (line, place) == (5, "users.kate.holidays")
    assert reason in told
    text = f"users:\n  kate: {{name: Kate, role: owner}}\nteams:\n  ops:\n    name: Ops\n    holidays: {written}\n"
    ((line, place, told),) = faults_of(tmp_path, text)
    assert (line, place) == (6, "teams.ops.holidays")
    assert reason in told
