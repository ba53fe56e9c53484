"""What every measurement is told, and the list of measurements."""

from dataclasses import dataclass

NAMES = (
    "start",
    "intake",
    "lateness",
    "oncall",
    "card",
    "slack",
    "discord",
    "everywhere",
    "overload",
    "growth",
)


@dataclass(frozen=True)
class Options:
    """`seconds` is the length of one round of load; `full` asks for the long form of a measurement."""

    rounds: int = 5
    seconds: float = 2.0
    full: bool = False
    postgresql: bool = True
