"""What goes wrong at Discord, on purpose: errors, rate limits, late answers, answers that never come."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from tests.platforms.discord.contract import operation_names


@dataclass
class Trouble:
    """One kind of trouble for the requests that it fits: `error`, `limit`, `wall`, `broken` or `drop`."""

    route: str
    kind: str
    channel: str | None = None
    times: int | None = 1
    status: int = 500
    code: int = 0
    message: str = ""
    retry_after: float = 0.0
    scope: str = "user"

    def __post_init__(self) -> None:
        if self.route != "*" and self.route not in operation_names():
            raise ValueError(f"Discord has no operation {self.route}")

    def fits(self, route: str, channel: str | None) -> bool:
        return self.route in (route, "*") and self.channel in (None, channel)


@dataclass
class Bucket:
    """How much is left of a limit, and when it is full again."""

    most: int
    left: int
    full_at: float


LIMITS = {
    "create_message": (5, 5.0),
    "update_message": (5, 5.0),
    "delete_message": (5, 1.0),
    "add_my_message_reaction": (1, 0.25),
    "create_pin": (5, 5.0),
    "update_channel": (5, 15.0),
    "create_guild_channel": (10, 15.0),
    "create_interaction_response": (200, 1.0),
    "execute_webhook": (5, 2.0),
}
PATIENT = ("create_interaction_response", "get_bot_gateway", "get_my_user")
"""People wait for these; what goes wrong with them has tests of its own."""
OTHERS = (50, 1.0)
GENEROUS = (10_000, 1.0)


@dataclass
class Faults:
    """The troubles that are still to come, the oldest first, and the limits of routes."""

    waiting: list[Trouble] = field(default_factory=list)
    is_strict: bool = False
    chance: Random | None = None
    share: float = 0.0
    buckets: dict[str, Bucket] = field(default_factory=dict)

    def take(self, route: str, channel: str | None) -> Trouble | None:
        """The trouble of this request, which is then used up by one."""
        for trouble in self.waiting:
            if trouble.fits(route, channel):
                if trouble.times is not None:
                    trouble.times -= 1
                    if trouble.times <= 0:
                        self.waiting.remove(trouble)
                return trouble
        if self.chance is None or route in PATIENT or self.chance.random() >= self.share:
            return None
        return self.chance.choice(
            [
                Trouble(route, "drop"),
                Trouble(route, "broken", status=502),
                Trouble(route, "broken", status=503),
                Trouble(route, "limit", retry_after=2.0),
                Trouble(route, "error", status=500, message="Internal Server Error"),
            ]
        )

    def spend(self, route: str, major: str, now: float) -> tuple[Bucket, float]:
        """Take one from the bucket of a route; returns it, and how long to wait when it was empty."""
        most, seconds = LIMITS.get(route, OTHERS) if self.is_strict else GENEROUS
        bucket = self.buckets.get(f"{route}:{major}")
        if bucket is None or bucket.full_at <= now or bucket.most != most:
            bucket = self.buckets[f"{route}:{major}"] = Bucket(most, most, now + seconds)
        if bucket.left == 0:
            return bucket, bucket.full_at - now
        bucket.left -= 1
        return bucket, 0.0
