"""`close_alert`: a rule wants an alert closed that has been open for long enough."""

from bot.alerts.upkeep import close_by_itself

TIMER = ("close_alert", close_by_itself)
