"""Teams and services by name, and joining a team."""

from bot.errors import Unknown
from bot.flow.unit import Unit
from storage.models import Member, Schedule, Service, Team, User
from storage.questions import catalog as ask


async def get_team(unit: Unit, name: str) -> Team:
    found = await ask.find_named(unit.session, Team, name)
    if found is None:
        raise Unknown(
            "team.unknown", name=name, known=[row.slug for row in await ask.list_named(unit.session, Team)]
        )
    return found


async def get_service(unit: Unit, name: str) -> Service:
    found = await ask.find_named(unit.session, Service, name)
    if found is None:
        known = [row.slug for row in await ask.list_named(unit.session, Service)]
        raise Unknown("service.unknown", name=name, known=known[:10])
    return found


async def get_schedule(unit: Unit, name: str) -> Schedule:
    found = await ask.find_named(unit.session, Schedule, name)
    if found is None:
        known = [row.slug for row in await ask.list_named(unit.session, Schedule)]
        raise Unknown("schedule.unknown", name=name, known=known[:10])
    return found


async def join_team(unit: Unit, team: Team, user: User) -> None:
    if await unit.session.get(Member, (team.id, user.id)) is None:
        unit.session.add(Member(team_id=team.id, user_id=user.id))
        await unit.session.flush()
