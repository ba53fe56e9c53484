"""The doctor: looks at everything that can be looked at, and says what is wrong and how to mend it.

A finding has a code; its words, and the way out, are in `templates/replies/tocsin_doctor`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.errors import Rejected, Retry
from bot.flow.unit import Unit
from bot.notify.notifier import Notifier
from bot.oncall.resolve import HORIZON, list_on_call
from bot.paging.pages import list_methods
from storage.models import EscalationPolicy, Integration, Team
from storage.questions import access, catalog, flow, paging
from storage.words import EscalationState

STUCK_SECONDS = 120


@dataclass(frozen=True)
class Finding:
    """One thing that was checked."""

    code: str
    is_fine: bool
    data: dict[str, Any] = field(default_factory=dict)


async def examine(unit: Unit, notifiers: Mapping[str, Notifier]) -> list[Finding]:
    """Every check, in the order in which a page would need the parts."""
    return [
        Finding("database", True, {"kind": unit.session.get_bind().dialect.name}),
        *await _check_queues(unit),
        *await _check_teams(unit),
        *await _check_schedules(unit),
        *await _check_people(unit),
        *await _check_integrations(unit),
        *await _check_notifiers(unit, notifiers),
    ]


async def _check_queues(unit: Unit) -> list[Finding]:
    state = await flow.look_at_queues(unit.session, unit.now)
    parked = await flow.list_parked(unit.session, 5)
    exhausted = await paging.count_escalations(unit.session, EscalationState.EXHAUSTED)
    return [
        Finding("outbox", state.oldest < STUCK_SECONDS, {"waiting": state.waiting, "seconds": state.oldest}),
        Finding("parked", not state.parked, {"count": state.parked, "rows": parked}),
        Finding(
            "timers",
            state.timer_overdue < STUCK_SECONDS and not state.failing_timers,
            {"seconds": state.timer_overdue, "failing": state.failing_timers},
        ),
        *([Finding("exhausted", False, {"count": exhausted})] if exhausted else []),
    ]


async def _check_teams(unit: Unit) -> list[Finding]:
    findings = []
    teams = await catalog.list_named(unit.session, Team)
    policies = {row.id: row for row in await catalog.list_named(unit.session, EscalationPolicy)}
    for team in teams:
        if team.policy_id is None or team.policy_id not in policies:
            findings.append(Finding("team_without_policy", False, {"team": team.name}))
        elif not await paging.list_steps(unit.session, team.policy_id):
            policy = policies[team.policy_id].name
            findings.append(Finding("policy_without_steps", False, {"team": team.name, "policy": policy}))
    return findings or [Finding("teams", bool(teams), {"count": len(teams)})]


async def _check_schedules(unit: Unit) -> list[Finding]:
    on_call = await list_on_call(unit, unit.now)
    empty = [
        Finding("nobody_on_call", False, {"schedule": entry.schedule.name, "until": entry.until})
        for entry in on_call
        if not entry.people
    ]
    return empty or [Finding("schedules", bool(on_call), {"count": len(on_call), "days": HORIZON.days})]


async def _check_people(unit: Unit) -> list[Finding]:
    users = await access.list_users(unit.session)
    mute = [user.name for user in users if not await list_methods(unit, user)]
    if mute:
        return [Finding("people_without_method", False, {"names": mute})]
    return [Finding("people", bool(users), {"count": len(users)})]


async def _check_integrations(unit: Unit) -> list[Finding]:
    found = await catalog.list_named(unit.session, Integration)
    quiet = [row.name for row in found if row.last_signal_at is None]
    return [Finding("integrations", bool(found), {"count": len(found), "quiet": quiet})]


async def _check_notifiers(unit: Unit, notifiers: Mapping[str, Notifier]) -> list[Finding]:
    findings = [] if "email" in unit.installation.methods else [Finding("no_email", True)]
    for name, notifier in notifiers.items():
        try:
            await notifier.check()
        except (Retry, Rejected) as problem:
            findings.append(Finding("channel_fails", False, {"name": name, "reason": problem.reason}))
        else:
            findings.append(Finding("channel", True, {"name": name}))
    return findings
