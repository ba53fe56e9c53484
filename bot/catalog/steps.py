"""The steps of escalation policies, brought to what an entry says, and back."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.catalog.drafts import Names, spell_duration
from bot.catalog.kinds import Recipient
from bot.catalog.shapes import StepShape
from bot.flow.unit import Unit
from storage.models import EscalationPolicy, PolicyStep, Schedule, Team, User
from storage.questions import config as ask
from storage.words import StepCondition

Known = Mapping[str, Mapping[str, User] | Mapping[str, Team] | Mapping[str, Schedule]]
"""Whom steps may page: rows by slug or handle, by kind (user, team, schedule)."""


async def put_steps(
    unit: Unit,
    policy: EscalationPolicy,
    entries: Sequence[StepShape],
    known: Known,
    old: Sequence[PolicyStep],
) -> bool:
    """Whether the steps are others than before."""
    new = [
        PolicyStep(
            policy_id=policy.id,
            position=position,
            condition=entry.when,
            delay=entry.after,
            recipients=[_recipient_of(to, known) for to in entry.page],
        )
        for position, entry in enumerate(entries, 1)
    ]
    if [_read(row) for row in old] == [_read(row) for row in new]:
        return False
    for row in old:
        await unit.session.delete(row)
    await unit.session.flush()
    unit.session.add_all(new)
    await unit.session.flush()
    return True


def _recipient_of(to: Recipient, known: Known) -> dict[str, Any]:
    row = known[to.kind][to.name]
    return {"type": to.kind, "id": row.id, "name": row.name, **({"pick": to.pick} if to.pick else {})}


def _read(row: PolicyStep) -> list[Any]:
    return [row.position, row.condition, row.delay, row.recipients]


async def read_known(unit: Unit) -> Known:
    """Everybody and everything that is there."""
    return {
        "user": {row.handle: row for row in await ask.list_all(unit.session, User)},
        "team": {row.slug: row for row in await ask.list_all(unit.session, Team)},
        "schedule": {row.slug: row for row in await ask.list_all(unit.session, Schedule)},
    }


def entry_of_step(step: PolicyStep, names: Names) -> dict[str, Any]:
    """As the configuration file has it."""
    return {
        "after": spell_duration(step.delay),
        **({"when": step.condition.value} if step.condition is not StepCondition.NOT_ACKNOWLEDGED else {}),
        "page": [
            f"{to.get('pick') or to['type']}:{names.slugs[to['type']].get(to['id'], to['name'])}"
            for to in step.recipients
        ],
    }


async def rename_recipient(unit: Unit, kind: str, row: Team | Schedule) -> None:
    """Let steps say how a team or schedule is called now."""
    policies = await ask.list_all(unit.session, EscalationPolicy)
    for step in await ask.list_steps(unit.session, [policy.id for policy in policies]):
        named = [
            {**to, "name": row.name} if (to["type"], to["id"]) == (kind, row.id) else to
            for to in step.recipients
        ]
        if named != step.recipients:
            step.recipients = named
