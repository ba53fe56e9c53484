"""`end_silence`: its time is over."""

from bot.alerts.silences import end_due

TIMER = ("end_silence", end_due)
