"""`heartbeat`: the deadline of a heartbeat, as it was when this was planned, has come."""

from bot.alerts.heartbeats import look_at_heartbeat

TIMER = ("heartbeat", look_at_heartbeat)
