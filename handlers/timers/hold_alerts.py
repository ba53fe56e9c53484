"""`hold_alerts`: a silence that has begun holds the next alerts of those that were open before."""

from bot.alerts.covering import cover_due

TIMER = ("hold_alerts", cover_due)
