"""When a maintenance is on: pure arithmetic of its windows. A rule is an RFC 5545 RRULE, read on the clock of a zone, so
that 02:00 stays 02:00 when the clocks change.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from bot.errors import Invalid

REPEATS = {"daily": "FREQ=DAILY", "weekly": "FREQ=WEEKLY", "monthly": "FREQ=MONTHLY"}
EVERY_MONTH = ("FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST")
PARTS = {
    "DAILY": ("FREQ", "INTERVAL"),
    "WEEKLY": ("FREQ", "INTERVAL", "BYDAY", "WKST"),
    "MONTHLY": EVERY_MONTH,
    "YEARLY": EVERY_MONTH,
}
"""What a rule may say, by how often: when it ends is said beside it, and none looks for its next day for long."""
MOST_SKIPPED = 366
BEGINNING = datetime(2024, 1, 1)  # noqa: DTZ001 - wall clock
LOOKED_AT = 1_000
"""So many starts are looked at, at most, for the next one."""


def read_rule(text: str) -> str:
    """A rule as it is kept: empty for once, else an RRULE; `weekly` and the like are words for one. Raises Invalid."""
    word = text.strip()
    if word.lower() in ("", "once", "no"):
        return ""
    rule = REPEATS.get(word.lower(), word.upper().removeprefix("RRULE:"))
    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    interval = parts.get("INTERVAL", "1")
    known = set(PARTS.get(parts.get("FREQ", ""), ()))
    is_plain = interval.isdecimal() and 1 <= int(interval[:4]) <= MOST_SKIPPED and len(interval) < 4
    if set(parts) - known or not is_plain or len(rule) > 300:
        raise Invalid("maintenance.rule", "repeat", text=text[:100])
    try:
        rrulestr(rule, dtstart=BEGINNING)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise Invalid("maintenance.rule", "repeat", text=text[:100]) from error
    return rule


def find_next_start(
    first: datetime, rule: str, zone: str, after: datetime, until: datetime
) -> datetime | None:
    """The first start after this instant and not after `until`; None when there is none."""
    if not rule:
        return first if after < first <= until else None
    local_zone = ZoneInfo(zone)
    begun = first.astimezone(local_zone).replace(tzinfo=None)
    wall = (after.astimezone(local_zone) - timedelta(hours=3)).replace(tzinfo=None)
    last = until.astimezone(local_zone).replace(tzinfo=None) + timedelta(hours=3)
    for start in rrulestr(rule, dtstart=begun).xafter(wall, count=LOOKED_AT):
        if start > last:
            return None
        at: datetime = start.replace(tzinfo=local_zone).astimezone(UTC)
        if after < at <= until:
            return at
    return None
