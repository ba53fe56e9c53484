"""`escalate`: the next step of an escalation is due."""

from bot.paging.escalations import prepare_due, run_due_escalation

PREPARE = ("escalate", prepare_due)
TIMER = ("escalate", run_due_escalation)
