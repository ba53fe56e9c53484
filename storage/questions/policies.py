"""Questions about escalation policies that are asked for each step and each group of alerts."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import EscalationPolicy, Team
from storage.ready import Ready, is_among


class Policy(NamedTuple):
    """What an escalation under way asks of its policy; see EscalationPolicy."""

    id: int
    name: str
    repeat: int
    repeat_after: int
    reset_on_repeat: bool
    close_at_end: bool


POLICIES: Any = EscalationPolicy.__table__
BY_ID = Ready(
    lambda database: select(*(POLICIES.c[name] for name in Policy._fields)).where(
        is_among(database, POLICIES.c.id, "policies")
    )
)


async def find_policies(session: AsyncSession, ids: Collection[int]) -> dict[int, Policy]:
    """Those policies, by id."""
    rows = await BY_ID.ask(session, policies=sorted(ids))
    return {row[0]: Policy(*row) for row in rows}


TEAMS: Any = Team.__table__
POLICIES_OF_TEAMS = Ready(
    lambda database: select(TEAMS.c.id, TEAMS.c.policy_id).where(is_among(database, TEAMS.c.id, "teams"))
)


async def find_policies_of_teams(session: AsyncSession, ids: Collection[int]) -> dict[int, int | None]:
    """The escalation policy of each of these teams, by the team's id."""
    return {row[0]: row[1] for row in await POLICIES_OF_TEAMS.ask(session, teams=sorted(ids))}
