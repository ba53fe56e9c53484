"""`restart_alert`: a rule wants an open alert to page again."""

from bot.alerts.upkeep import restart

TIMER = ("restart_alert", restart)
