"""`warn_silence`: one that holds alerts back ends soon."""

from bot.alerts.silences import warn_due

TIMER = ("warn_silence", warn_due)
