"""`wake_alert`: the snooze of an alert is over."""

from bot.alerts.lives import end_snooze

TIMER = ("wake_alert", end_snooze)
