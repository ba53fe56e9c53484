"""`release_alerts`: what held alerts back is over."""

from bot.alerts.holds import release_alerts

TIMER = ("release_alerts", release_alerts)
