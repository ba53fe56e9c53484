"""Which fault comes when: a pure function of the seed, so that a seed brings the same faults again."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

MACHINE = ("kill", "stop", "clock")
RECIPIENT = ("down", "slow", "fail", "mute")
OF_DATABASE = {
    "sqlite": ("full",),
    "postgresql": ("restart", "crash", "terminate", "cut", "stall", "readonly"),
}
SECONDS: dict[str, tuple[float, float]] = {
    "kill": (0.0, 6.0),
    "stop": (1.0, 60.0),
    "clock": (2.0, 40.0),
    "down": (1.0, 40.0),
    "slow": (2.0, 25.0),
    "fail": (1.0, 25.0),
    "mute": (1.0, 15.0),
    "full": (1.0, 20.0),
    "restart": (0.0, 3.0),
    "crash": (0.0, 3.0),
    "terminate": (0.0, 0.0),
    "cut": (1.0, 20.0),
    "stall": (1.0, 45.0),
    "readonly": (1.0, 20.0),
}
"""How long each lasts in the long run; most are short."""
CLOCK_STEPS = (-120, -45, -10, -3, 3, 10, 45, 120)
OF_A_REPLICA = ("kill", "stop", "clock", "cut", "stall")


@dataclass(frozen=True)
class Fault:
    """`target` is a replica's number, or None for all; `amount` is what the clock is stepped by, in seconds, or how long a
    slow recipient takes."""

    at: float
    kind: str
    seconds: float
    target: int | None = None
    amount: float = 0.0

    def __str__(self) -> str:
        where = "" if self.target is None else f" of replica {self.target}"
        how = f" by {self.amount:+g} s" if self.kind == "clock" else ""
        return f"{self.kind}{where}{how} at {self.at:.1f} s for {self.seconds:.1f} s"


def list_kinds(database: str) -> tuple[str, ...]:
    return (*MACHINE, *OF_DATABASE[database], *RECIPIENT)


def plan_faults(seed: int, database: str, replicas: int, seconds: float, every: float) -> list[Fault]:
    """A fault every so many seconds, each kind as often as the others; the last quarter of a minute is for coming back."""
    dice = random.Random(f"faults {seed} {database} {replicas}")
    kinds: list[str] = []
    faults: list[Fault] = []
    at = dice.uniform(1, 3)
    while at < seconds - 15:
        if not kinds:
            kinds = list(list_kinds(database))
            dice.shuffle(kinds)
        kind = kinds.pop()
        least, most = SECONDS[kind]
        lasts = min(least + (most - least) * dice.random() ** 3, max(seconds - 10 - at, least))
        faults.append(_make(dice, at, kind, lasts, replicas))
        at += dice.expovariate(1 / every)
    return faults


def plan_each_kind(seed: int, database: str, replicas: int, seconds: float) -> list[Fault]:
    """Every kind once within so many seconds, none for long: the short form. Who is killed is killed early, because what it
    was sending waits for the end of its lease."""
    dice = random.Random(f"short {seed} {database} {replicas}")
    kinds = [kind for kind in list_kinds(database) if kind not in ("kill", "crash")]
    dice.shuffle(kinds)
    if "crash" in list_kinds(database):
        kinds.insert(1, "crash")
    kinds.insert(0, "kill")
    pause = seconds / len(kinds)
    return [
        _make(dice, 1.0 + place * pause, kind, min(SECONDS[kind][1], dice.uniform(1.0, 2.5)), replicas)
        for place, kind in enumerate(kinds)
    ]


def _make(dice: random.Random, at: float, kind: str, seconds: float, replicas: int) -> Fault:
    target = dice.randrange(replicas) if kind in OF_A_REPLICA else None
    if kind == "clock" and dice.random() < 0.4:
        target = None
    amount = {"clock": float(dice.choice(CLOCK_STEPS)), "slow": dice.uniform(1.0, 20.0)}.get(kind, 0.0)
    return Fault(at, kind, seconds, target, amount)


def list_during(faults: Sequence["Applied"], begin: float, end: float) -> list["Applied"]:
    """Those that were in force at some time between these two."""
    return [one for one in faults if one.began <= end and (one.ended is None or one.ended >= begin)]


@dataclass
class Applied:
    """A fault as it was: when it began and ended, in seconds since the start."""

    fault: Fault
    began: float
    ended: float | None = None
    note: str = ""

    def __str__(self) -> str:
        end = "…" if self.ended is None else f"{self.ended:.2f}"
        return f"{self.began:.2f}–{end} {self.fault.kind}" + (f" ({self.note})" if self.note else "")
