"""The people of teams, brought to what an entry says. Called for a configuration file and for what people edit."""

from collections.abc import Collection, Sequence

from bot.flow.unit import Unit
from storage.models import Member, Team


async def put_members(unit: Unit, team: Team, user_ids: Collection[int], old: Sequence[Member]) -> bool:
    """Whether others are in it than before."""
    rows = {row.user_id: row for row in old}
    wanted = dict.fromkeys(user_ids)
    if set(rows) == set(wanted):
        return False
    for user_id, row in rows.items():
        if user_id not in wanted:
            await unit.session.delete(row)
    unit.session.add_all(
        Member(team_id=team.id, user_id=user_id) for user_id in wanted if user_id not in rows
    )
    await unit.session.flush()
    return True
