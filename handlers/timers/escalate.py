"""`escalate`: the next step of an escalation is due."""

from bot.paging.escalations import run_due_escalation

TIMER = ("escalate", run_due_escalation)
