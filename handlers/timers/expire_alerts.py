"""`expire_alerts`: alerts of a sender that were not sent again in time are over."""

from bot.alerts.expiry import expire_due

TIMER = ("expire_alerts", expire_due)
