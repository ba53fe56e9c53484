"""How a person wants to be paged: by which methods, in which order, and when not to be rung. Pure.

`User.paging` keeps it: {"rules": [{"priorities": ["P1"], "windows": [...], "steps": [{"after": 120, "by": ["sms"]}]}],
"quiet": {"windows": [...], "p1": false}}. The first rule that holds counts; windows are read by the person's clocks. Where
no rule holds, everything is used at once. No wish leaves a page unsent: see docs/paging.md.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.oncall.week import find_end, is_within
from storage.words import Priority

AT_ONCE = timedelta()
ROOM = "room"
SILENT = (ROOM, "email")
"""What wakes nobody, and so may come in quiet hours."""


@dataclass(frozen=True)
class Way:
    """One way to a person that works now: a platform, their e-mail address, or a contact method."""

    method: str
    contact_id: int | None = None
    label: str = ""

    @property
    def name(self) -> str:
        """What a rule calls it."""
        return self.label or self.method

    @property
    def rings(self) -> bool:
        return self.method not in SILENT


@dataclass(frozen=True)
class Planned:
    """One page to send: by which way, after how long, and why not at once: it is a later `step`, or it is `quiet` now."""

    way: Way
    wait: timedelta = AT_ONCE
    waits: str = ""


def plan_page(
    ways: Sequence[Way], paging: Mapping[str, Any], zone: str, priority: Priority, now: datetime
) -> list[Planned]:
    """What to send to a person who can be reached by these ways, and when. The Room always gets it at once."""
    inside = [Planned(way) for way in ways if way.method == ROOM]
    outside = [way for way in ways if way.method != ROOM]
    planned = _follow_rule(outside, paging, zone, priority, now)
    return inside + _keep_quiet(planned, paging.get("quiet") or {}, zone, priority, now)


def find_rule(
    paging: Mapping[str, Any], zone: str, priority: Priority, now: datetime
) -> Mapping[str, Any] | None:
    """The first rule that holds for a page of this priority at this time."""
    for rule in paging.get("rules") or ():
        wanted = rule.get("priorities") or ()
        hours = {"zone": zone, "windows": rule.get("windows") or []}
        if (not wanted or priority in wanted) and is_within(hours, now):
            found: Mapping[str, Any] = rule
            return found
    return None


def _follow_rule(
    ways: Sequence[Way], paging: Mapping[str, Any], zone: str, priority: Priority, now: datetime
) -> list[Planned]:
    """A rule that names other ways than the Room, of which none works now, is not followed."""
    rule = find_rule(paging, zone, priority, now)
    if rule is None:
        return [Planned(way) for way in ways]
    planned: dict[Way, Planned] = {}
    names = {name for step in rule["steps"] for name in step["by"]}
    for step in sorted(rule["steps"], key=lambda one: int(one["after"])):
        wait = timedelta(seconds=int(step["after"]))
        for name in step["by"]:
            for way in find_ways(ways, name, names):
                planned.setdefault(way, Planned(way, wait, "step" if wait else ""))
    only_room = names == {ROOM}
    return list(planned.values()) if planned or only_room else [Planned(way) for way in ways]


def find_ways(ways: Collection[Way], name: str, names: Collection[str]) -> list[Way]:
    """The ways that a rule calls so: the one with that label, or else all of that kind. Of those, whichever is among all
    `names` of the rule by its label comes when that says, unless the kind has no other."""
    named = [way for way in ways if way.label == name]
    if named:
        return named
    alike = [way for way in ways if way.method == name]
    return [way for way in alike if way.label not in names] or alike


def _keep_quiet(
    planned: list[Planned], quiet: Mapping[str, Any], zone: str, priority: Priority, now: datetime
) -> list[Planned]:
    """In quiet hours, what rings waits for their end; unless that would leave nothing outside the Room."""
    hours = {"zone": zone, "windows": quiet.get("windows") or []}
    if not hours["windows"] or (priority is Priority.P1 and not quiet.get("p1")):
        return planned
    kept = [_put_off(one, hours, now) for one in planned]
    return kept if any(one.waits != "quiet" for one in kept) else planned


def _put_off(one: Planned, hours: Mapping[str, Any], now: datetime) -> Planned:
    due = now + one.wait
    if not one.way.rings or not is_within(hours, due):
        return one
    return replace(one, wait=find_end(hours, due) - now, waits="quiet")
