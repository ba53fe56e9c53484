"""What the configuration file may say about maintenance, what is wrong between its keys, and the row that it becomes.

Judged by the arithmetic of windows that `bot.alerts.maintenance` uses, so that what passes here begins, and ends, there.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from bot.alerts.windows import find_next_start, read_rule
from bot.catalog import reasons
from bot.catalog.kinds import (
    IntegrationName,
    Line,
    Name,
    ServiceName,
    Start,
    TeamName,
    Zone,
    read_duration,
    wrong,
)
from bot.catalog.lines import Place
from bot.catalog.shape import Shape, key
from bot.errors import Invalid

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
FARTHEST = timedelta(days=366 * 2)
"""How long a repeating one may go on; then somebody has to renew it."""
A_MOMENT = timedelta(microseconds=1)


def _read_length(seconds: int) -> int:
    if seconds < 60:
        raise wrong(reasons.WINDOW_TOO_SHORT)
    return seconds


def _read_repeat(text: str) -> str:
    try:
        rule = read_rule(text)
    except Invalid as problem:
        raise wrong(reasons.BAD_REPEAT) from problem
    if not rule:
        raise wrong(reasons.BAD_REPEAT)
    return rule


def _read_day(text: str) -> str:
    if not DAY.fullmatch(text):
        raise wrong(reasons.BAD_DAY)
    try:
        day = datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 (a day on the wall)
    except ValueError as error:
        raise wrong(reasons.NO_SUCH_DATE) from error
    if not 2000 <= day.year <= 2100:
        raise wrong(reasons.YEAR_FAR_AWAY)
    return text


Length = Annotated[int, BeforeValidator(read_duration), AfterValidator(_read_length)]
Repeat = Annotated[Line, AfterValidator(_read_repeat)]
Day = Annotated[str, AfterValidator(_read_day)]
Targets = Field(max_length=50)


class MaintenanceShape(Shape):
    """Planned work that pages nobody, once or again and again until a day, by slug."""

    name: Name = key("what people call it", "Database upgrade")
    starts: Start = key("when it begins, by the clocks of its zone", "2026-12-06T02:00")
    length: Length = key("how long it lasts, from 1m to 30d", "2h")
    zone: Zone = key("the time zone that it is written in", "Europe/Paris", default="UTC")
    repeat: Repeat | None = key(
        "how often it comes again: daily, weekly, monthly or an RRULE (default: it does not)",
        "weekly",
        default=None,
    )
    until: Day | None = key(
        "the last day on which it may begin, at most two years after the first; what repeats needs it",
        "2027-06-30",
        default=None,
    )
    services: Annotated[list[ServiceName], Targets] = key(
        "the services that it is for", "[checkout]", default=[]
    )
    teams: Annotated[list[TeamName], Targets] = key("the teams that it is for", "[payments]", default=[])
    integrations: Annotated[list[IntegrationName], Targets] = key(
        "the senders that it is for", "[prometheus]", default=[]
    )
    everything: bool = key("whether it is for everything, in place of these", "no", default=False)

    @property
    def targets(self) -> list[dict[str, str]]:
        """Matchers, any of which must hold; none is everything."""
        named = (("service", self.services), ("team", self.teams), ("integration", self.integrations))
        return [{"name": kind, "operation": "is", "value": slug} for kind, slugs in named for slug in slugs]

    @property
    def first_start(self) -> datetime:
        return datetime.fromisoformat(self.starts).replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    @property
    def last_start(self) -> datetime:
        """No window begins after this."""
        if self.until is None:
            return self.first_start
        end_of_day = datetime.combine(datetime.fromisoformat(self.until), time.max)
        return end_of_day.replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)


def check_maintenance(entry: MaintenanceShape) -> Iterator[tuple[Place, str]]:
    """What is wrong between the keys of one entry, by its place inside the entry."""
    if not entry.targets and not entry.everything:
        yield (), reasons.MAINTENANCE_OF_NOTHING
    elif entry.targets and entry.everything:
        yield ("everything",), reasons.EVERYTHING_AND_SOMETHING
    if entry.repeat is None:
        if entry.until is not None:
            yield ("until",), reasons.UNTIL_WITHOUT_REPEAT
    elif entry.until is None:
        yield ("repeat",), reasons.REPEAT_WITHOUT_UNTIL
    elif entry.last_start < entry.first_start:
        yield ("until",), reasons.UNTIL_BEFORE_START
    elif entry.last_start - entry.first_start > FARTHEST:
        yield ("until",), reasons.UNTIL_TOO_LATE
    elif find_first(entry) is None:
        yield ("repeat",), reasons.NEVER_BEGINS


def find_first(entry: MaintenanceShape) -> datetime | None:
    """When its first window begins; None when none ever does."""
    before = entry.first_start - A_MOMENT
    return find_next_start(entry.first_start, entry.repeat or "", entry.zone, before, entry.last_start)


def columns_of_maintenance(entry: MaintenanceShape) -> dict[str, Any]:
    """The columns of `Maintenance` for an entry, but for its slug and origin."""
    return {
        "name": entry.name,
        "targets": entry.targets,
        "starts_at": entry.first_start,
        "length": entry.length,
        "rule": entry.repeat or "",
        "zone": entry.zone,
        "until": entry.last_start,
    }
