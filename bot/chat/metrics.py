"""What is counted of every chat platform that lives elsewhere."""

from prometheus_client import Counter, Gauge

calls = Counter(
    "tocsin_chat_calls_total", "Calls of a chat platform's API", ["platform", "method", "outcome"]
)
held = Gauge(
    "tocsin_chat_held_seconds", "How long the platform last asked us to wait", ["platform", "method"]
)
restarts = Counter(
    "tocsin_chat_restarts_total",
    "How often the connection to a platform was begun anew",
    ["platform", "reason"],
)
connected = Gauge("tocsin_chat_connected", "Whether a platform reaches us (1) or not (0)", ["platform"])
