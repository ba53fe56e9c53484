"""Who is here: everybody with role, teams and the ways by which pages reach them; and who has left."""

from dataclasses import dataclass

from bot.flow.unit import Unit
from bot.paging.ways import list_ways, read_ahead
from storage.models import Team, User
from storage.questions import access, lists

EVERYBODY = 10_000


@dataclass(frozen=True)
class PersonRow:
    """`methods` are the ways by which pages reach them now: none for who has left."""

    user: User
    teams: list[Team]
    methods: list[str]


async def list_people(unit: Unit) -> list[PersonRow]:
    """Who is here, by name."""
    users = await access.list_users(unit.session, limit=EVERYBODY)
    await read_ahead(unit, {user.id for user in users})
    teams = await lists.list_teams_of_users(unit.session, [user.id for user in users])
    return [
        PersonRow(
            user,
            teams.get(user.id, []),
            list(dict.fromkeys(way.method for way in await list_ways(unit, user))),
        )
        for user in users
    ]
