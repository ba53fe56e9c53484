"""The stages that a new alert passes, in order. Each leaves a named reason in the alert's trace, so that "why?" has an
answer. They work on plain values, before the alert is written."""

from bot.alerts.arrival import Stage
from bot.alerts.grouping import open_or_join
from bot.alerts.policies import apply_policies, apply_team_policies
from bot.alerts.quiet import match_maintenance, match_silences
from bot.alerts.routing import route

DECIDE: tuple[Stage, ...] = (
    apply_policies,
    route,
    match_maintenance,
    match_silences,
    apply_team_policies,
)
"""Those that change nothing but the arrival."""
STAGES: tuple[Stage, ...] = (*DECIDE, open_or_join)
