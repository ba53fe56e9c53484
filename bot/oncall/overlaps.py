"""Where the later step of an escalation policy reaches nobody else: the people on call in its schedule are on call in the
schedule of an earlier step, too, so that they sleep through both."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.flow.unit import Unit
from bot.oncall.clashes import Clash
from bot.oncall.resolve import Span, resolve
from bot.oncall.rosters import Roster, list_rosters
from storage.questions import oncall

BACK = timedelta(days=35)
"""So far back it is seen when one began, so that the same one is known again. One that is older goes on for good."""


async def find_overlaps(
    unit: Unit, roster: Roster, start: datetime, end: datetime
) -> list[tuple[int, Clash]]:
    """(person, `also` in which schedule and when) between `start` and `end`, for the roster of a later step."""
    found = []
    if earlier := await _list_earlier(unit, roster.schedule.id):
        since = start - BACK
        spans = resolve(roster.plan, since, end)
        for other in await list_rosters(unit, start, end, sorted(earlier)):
            for person, begin, finish in compare(spans, resolve(other.plan, since, end)):
                if finish > start:
                    key = f"{other.schedule.id}:{'always' if begin == since else begin.isoformat()}"
                    clash = Clash("also", max(begin, start), finish, other.schedule.name, key)
                    found.append((person, clash))
    return found


def compare(later: Iterable[Span], earlier: Sequence[Span]) -> list[tuple[int, datetime, datetime]]:
    """(person, start, end) of the times in which everybody of `later` is in `earlier`, too. Pure."""
    stretches: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for span in later:
        for other in earlier:
            begin, finish = max(span.start, other.start), min(span.end, other.end)
            if begin >= finish or not span.people or not set(span.people) <= set(other.people):
                continue
            for person in span.people:
                own = stretches[person]
                if own and own[-1][1] == begin:
                    own[-1] = own[-1][0], finish
                else:
                    own.append((begin, finish))
    return [(person, begin, finish) for person, own in stretches.items() for begin, finish in own]


async def _list_earlier(unit: Unit, schedule_id: int) -> set[int]:
    """The schedules that a policy pages before this one, where a later step pages this one and nobody else."""
    found: set[int] = set()
    before: dict[int, set[int]] = defaultdict(set)
    for policy_id, recipients in await oncall.list_recipients(unit.session):
        on_call = {one["id"] for one in recipients if one["type"] == "schedule" and not one.get("pick")}
        if len(recipients) == 1 and on_call == {schedule_id}:
            found |= before[policy_id]
        before[policy_id] |= on_call
    return found - {schedule_id}
