"""`/oncall explain` tells what would happen, and that is what happens."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import update

from bot.catalog.apply import apply_config
from bot.catalog.file import read_config
from bot.flow.unit import Unit
from bot.paging.explain import Explained, explain_policy
from storage.models import EscalationPolicy, Page, PolicyStep, Team, User
from storage.words import Priority
from tests.acceptance.test_escalation_timetables import read_world
from tests.acceptance.test_mail import MailServer, Postbox
from tests.house import START, House, open_house
from tests.served import find_free_port

URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P2"}


async def explain(
    house: House, after: timedelta = timedelta(), priority: Priority = Priority.P2
) -> Explained:
    async def look(unit: Unit) -> Explained:
        policy = (await house.rows(EscalationPolicy))[0]
        return await explain_policy(unit, policy, START + after, priority)

    return await house.parts.work.look(look)


def tell(explained: Explained) -> set[tuple[str, int, str]]:
    """(person, seconds after the start, method)."""
    return {
        (one.user.name, int((step.after + planned.wait).total_seconds()), planned.way.method)
        for step in explained.steps
        for one in step.people
        for planned in one.planned
    }


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer(Postbox(), find_free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def mailing(sqlite_url: str, mail: MailServer) -> AsyncIterator[House]:
    environment = {"TOCSIN_SMTP_URL": f"smtp://127.0.0.1:{mail.port}?from=tocsin@example.org"}
    async with open_house(sqlite_url, environment) as opened:
        yield opened


@pytest.mark.parametrize("priority", list(Priority))
async def test_what_it_tells_is_what_happens(mailing: House, priority: Priority) -> None:
    """With somebody in the team who has rules of their own and quiet hours."""
    house = mailing
    sam = await house.add_person("sam")

    async def set_up(unit: Unit) -> None:
        steps = [{"after": 0, "by": ["room"]}, {"after": 120, "by": ["email", "slack", "room"]}]
        wishes = {
            "rules": [{"priorities": ["P2", "P3"], "windows": [], "steps": steps}],
            "quiet": {"windows": [{"from": "00:00", "until": "03:20"}], "p1": False},
        }
        await unit.session.execute(
            update(User).where(User.id == sam.id).values(email="sam@example.org", paging=wishes)
        )
        await unit.session.execute(update(EscalationPolicy).values(repeat=0))

    await house.parts.work.run(set_up)
    told = tell(await explain(house, priority=priority))
    await house.send({**URGENT, "priority": priority.value})
    await house.at("30:00")
    alert = [page for page in await house.pages() if page.subject]
    people = {user.id: user.name for user in await house.rows(User)}
    happened = {
        (people[page.user_id], int(((page.due_at or page.created_at) - START).total_seconds()), page.method)
        for page in alert
    }
    assert happened == told
    assert {name for name, _, _ in told} == {house.owner.name, "sam"}


async def test_it_tells_of_another_time_and_why(sqlite_house: House) -> None:
    house = sqlite_house
    sam = await house.add_person("sam")
    reply = await house.command("/oncall override @sam until:04:00 starts:03:05")
    assert "sam" in str(reply.text)
    told = await house.ask("/oncall explain team:first-team at:03:10")
    assert "would go by the policy" in told
    assert f"{sam.name}, by an override: in the Room" in told
    assert "at once" in told
    assert "after 5m" in told or "after 5 min" in told
    now = await house.ask("/oncall explain team:first-team")
    assert f"{house.owner.name}: in the Room" in now


async def test_steps_that_reach_nobody_are_told_and_the_doctor_finds_them(sqlite_house: House) -> None:
    house = sqlite_house

    async def leave_nobody(unit: Unit) -> None:
        step = (await house.rows(PolicyStep))[0]
        await unit.session.execute(
            update(PolicyStep)
            .where(PolicyStep.id == step.id)
            .values(recipients=[{"type": "user", "id": 4_711, "name": "Gone"}])
        )

    await house.parts.work.run(leave_nobody)
    assert "(Gone): nobody, so that the next step comes at once" in await house.ask(
        "/oncall explain team:first-team"
    )
    assert "step 1 reaches nobody now" in await house.ask("/tocsin doctor")


async def test_a_team_without_a_policy_says_so(sqlite_house: House) -> None:
    house = sqlite_house

    async def take_away(unit: Unit) -> None:
        await unit.session.execute(update(Team).values(policy_id=None))

    await house.parts.work.run(take_away)
    assert "has no escalation policy" in await house.ask("/oncall explain team:first-team")


@pytest.mark.parametrize("opens", [False, True])
async def test_it_says_when_a_routing_rule_chooses_another_policy(
    house: House, tmp_path: Path, opens: bool
) -> None:
    """Which pages, too, whether the alert opens an incident or not; and pages again."""

    async def apply(unit: Unit) -> None:
        world = read_world()
        world["policies"] = {
            "payments": {"name": "Payments", "steps": [{"page": ["user:kate"]}]},
            "night": {"name": "Night", "steps": [{"page": ["user:lee"]}]},
        }
        hours = {"zone": "UTC", "windows": [{"from": "22:00", "until": "07:00"}]}
        urgent = [{"field": "priority", "operation": "at_least", "value": "P2"}]
        rule = {"name": "At night", "of_team": "payments", "policy": "night"}
        world["routing_rules"] = {"night": {**rule, "conditions": urgent, "hours": hours}}
        world["incident_rules"] = {"all": {"name": "All", "group_by": ["team"]}} if opens else {}
        path = tmp_path / "tocsin.yaml"
        path.write_text(yaml.safe_dump(world))
        await apply_config(unit, read_config(path, {}))

    await house.parts.work.run(apply)
    told = await house.ask("/oncall explain team:payments priority:P1 at:2026-11-24T03:00")
    assert "goes by the policy Night, which the routing rule At night chooses" in told
    assert "at once (Lee): Lee" in told
    for line in ("priority:P3 at:2026-11-24T03:00", "priority:P1 at:2026-11-24T12:00"):
        assert "Night" not in await house.ask(f"/oncall explain team:payments {line}")
    await house.send({**URGENT, "team": "payments"})
    kate, lee = [(await house.rows(User, User.handle == handle))[0] for handle in ("kate", "lee")]
    for command in ("ack", "unack"):
        await house.command(f"/alert {command} 1", kate)
    assert [page.user_id for page in await house.rows(Page)] == [lee.id, lee.id]
    assert {page.subject for page in await house.rows(Page)} == {"incident:1" if opens else "alert:1"}
