"""Whom a step pages of a schedule or a team, as a timetable: whoever is on call, is next, was before; everybody, one by
chance, the admins."""

from datetime import timedelta

from sqlalchemy import delete, update

from bot.flow.unit import Unit
from bot.oncall.answers import list_on_call
from storage.models import EscalationPolicy, PolicyStep, Rotation, Schedule, Team, User
from tests.house import START, House

URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1", "service": "web"}
MINUTES = {0: "", 5: "next", 10: "previous", 15: "all", 20: "admins", 25: "random"}


async def set_up(house: House) -> dict[str, User]:
    """Three people who take turns each day, one of them an admin; a policy with a step every five minutes."""
    people = {
        "olga": house.owner,
        "kate": await house.add_person("kate", role="admin"),
        "sam": await house.add_person("sam"),
    }

    async def change(unit: Unit) -> None:
        (schedule,) = await house.rows(Schedule)
        (team,) = await house.rows(Team)
        (policy,) = await house.rows(EscalationPolicy)
        turns = [user.id for user in people.values()]
        await unit.session.execute(
            update(Rotation).values(
                kind="daily", length=1, participants=turns, starts="2026-11-20T09:00", hours=[]
            )
        )
        await unit.session.execute(delete(PolicyStep))
        await unit.session.execute(update(EscalationPolicy).values(repeat=0))
        for position, (minute, pick) in enumerate(MINUTES.items(), 1):
            of_team = pick in ("all", "admins", "random")
            row = team if of_team else schedule
            recipient = {"type": "team" if of_team else "schedule", "id": row.id, "name": row.name}
            unit.session.add(
                PolicyStep(
                    policy_id=policy.id,
                    position=position,
                    delay=minute * 60,
                    recipients=[recipient | ({"pick": pick} if pick not in ("", "all") else {})],
                )
            )

    await house.parts.work.run(change)
    return people


async def who_at(house: House, days: int) -> set[int]:
    found = await house.parts.work.look(lambda unit: list_on_call(unit, START + timedelta(days=days)))
    return {person.id for entry in found for person in entry.people}


async def test_each_step_pages_whom_it_names(house: House) -> None:
    people = await set_up(house)
    now, after, before = [await who_at(house, days) for days in (0, 1, -1)]
    assert len(now | after | before) == 3, "three people take turns"
    await house.send(URGENT)
    await house.at("26:00")
    paged: dict[int, set[int]] = {}
    for page in await house.pages():
        if page.subject:
            paged.setdefault((page.created_at - START).seconds // 60, set()).add(page.user_id)
    everybody = {user.id for user in people.values()}
    admins = {people["olga"].id, people["kate"].id}
    assert [paged[minute] for minute in (0, 5, 10, 15, 20)] == [now, after, before, everybody, admins]
    assert len(paged[25]) == 1
    assert paged[25] < everybody


async def test_a_page_says_why_it_is_you(sqlite_house: House) -> None:
    house = sqlite_house
    await set_up(house)
    await house.send(URGENT)
    await house.at("26:00")
    told = await house.ask("/oncall explain team:first-team")
    for words in (", who is next: ", ", who was before: ", ", an admin: "):
        assert words in told
    sentences = await house.ask("/incident timeline INC-1")
    assert "on call next in Primary on-call" in sentences
    assert "on call before in Primary on-call" in sentences
    why = await house.ask("/alert why 1")
    for words in (
        "— on call next in Primary",
        "— on call before in Primary",
        "— admin of ",
        "— chosen by chance from ",
    ):
        assert words in why
