"""`start_silence`: a silence begins, or a window of maintenance."""

from bot.alerts.silences import start_due

TIMER = ("start_silence", start_due)
