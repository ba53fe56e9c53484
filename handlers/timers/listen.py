"""`listen`: Tocsin notes that it still hears the pings of heartbeats."""

from bot.alerts.listening import look_whether_listening

TIMER = ("listen", look_whether_listening)
