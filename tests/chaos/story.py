"""What is printed: a summary of a run, and the whole story of an alert that was treated wrongly."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from tests.chaos.judge import Kept, Verdict, describe_faults
from tests.chaos.plan import list_during
from tests.chaos.run import World
from tests.chaos.senders import Promise

MOST_LINES = 40
MOST = 4
"""So many stories are told at most."""


def tell_summary(world: World, verdict: Verdict) -> str:
    exits = [
        f"replica {one.number} at {at:.1f} s with {code}: {last}"
        for one in world.replicas
        for at, code, last in one.exits
    ]
    traces = Counter(name for one in world.replicas for name in find_traces(one.read_log()))
    repeats = ", ".join(f"{count} by {kinds}" for kinds, count in verdict.repeats.most_common())
    lines = [
        f"database        {world.database}, {len(world.replicas)} process(es)",
        f"faults          {len(world.applied)}: {describe_faults(world.applied)}",
        f"alerts          {verdict.alerts} accepted, {verdict.ended} ended before their last step,"
        f" {verdict.twice} there again by a try that nobody answered",
        f"steps           {verdict.steps} as promised, {verdict.superseded} left out for a newer page that says the same",
        f"arrivals        {verdict.arrivals}, of them refused {sum(not one.taken for one in world.gateway.arrivals)}",
        f"repeats         {sum(verdict.repeats.values())} with the same key"
        + (f" ({repeats})" if repeats else ""),
        f"out of order    {verdict.inversions} arrivals",
        f"late            {_percentiles(verdict.lateness)}",
        f"late, calm      {_percentiles(verdict.calm)}",
        f"all done        {world.now() - world.healed:.1f} s after the last fault",
        f"ended by itself {len(exits)} times" + "".join(f"\n                {line}" for line in exits[:6]),
        f"traces in logs  {', '.join(f'{count} {name}' for name, count in traces.most_common()) or 'none'}",
        f"broken promises {sum(len(one) for one in verdict.faults.values())}",
    ]
    return "\n".join(lines)


def _percentiles(values: Sequence[float]) -> str:
    if not values:
        return "-"
    ordered = sorted(values)
    parts = [
        (name, ordered[min(len(ordered) - 1, int(share * len(ordered)))])
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    ]
    return (
        ", ".join(f"{name} {value:.2f} s" for name, value in parts)
        + f", longest {ordered[-1]:.1f} s, of {len(ordered)}"
    )


def find_traces(log: str) -> list[str]:
    """The names of the lines that have a trace."""
    found = []
    for line in log.splitlines():
        if "Traceback" in line:
            name = re.search(r'"event": ?"([\w.]+)"', line)
            found.append(name[1] if name else line[:60])
    return found


def tell_stories(world: World, kept: Kept, verdict: Verdict) -> str:
    """Every fault that was found, and the stories of the first alerts."""
    lines = [f"{alias or '-'}: {words}" for alias, found in verdict.faults.items() for words in found]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [f"… and {len(lines) - MOST_LINES} more"]
    for alias in [alias for alias in verdict.faults if alias][:MOST]:
        lines += ["", f"=== {alias}", *_tell_story(world, kept, alias)]
    if "" in verdict.faults:
        lines += [
            "",
            "=== what waits",
            *(
                f"{row.id} {row.stream} {row.kind} {row.subject} {row.state} {row.error}"
                for row in kept.outbox[:20]
            ),
        ]
    return "\n".join(lines)


def _tell_story(world: World, kept: Kept, alias: str) -> list[str]:
    one = world.town.sent.get(alias)
    events: list[tuple[float, str]] = []
    if one is not None:
        for name, promise in (("opened", one.opened), ("answered", one.answered), ("resolved", one.resolved)):
            events += _tell_promise(name, promise)
    alerts = kept.alerts.get(alias, [])
    escalations = [found for alert in alerts for found in kept.escalations.get(f"alert:{alert.id}", [])]
    pages = [page for found in escalations for page in kept.pages.get(found.id, [])]
    numbers = {page.id for page in pages}
    for arrival in world.gateway.arrivals:
        if arrival.page in numbers or arrival.title == f"Trouble {alias}":
            became = "taken" if arrival.taken else "refused"
            events.append(
                (arrival.at, f"page {arrival.page} at {arrival.person}'s, {became}, key {arrival.key}")
            )
    if events:
        begin, end = min(at for at, _ in events), max(at for at, _ in events)
        events += [
            (fault.began, f"FAULT {fault}") for fault in list_during(world.applied, begin - 5, end + 5)
        ]
    lines = [f"  {at:8.2f}  {words}" for at, words in sorted(events)]
    lines += [
        f"  alert {a.id} {a.uid} {a.status} acknowledged {a.acknowledged_at} by {a.acknowledged_by}, first at {a.first_at}"
        for a in alerts
    ]
    lines += [
        f"  escalation {e.id} {e.state}, round {e.round}, next step {e.next_step},"
        f" started {e.started_at}, ended {e.ended_at}"
        for e in escalations
    ]
    lines += [
        f"  page {p.id} round {p.round} step {p.step} user {p.user_id} {p.method} {p.state}"
        f" created {p.created_at} sent {p.sent_at} held {p.held_at} {p.error}"
        for p in pages
    ]
    subjects = {f"page:{number}" for number in numbers}
    lines += [
        f"  outbox {row.id} {row.stream} {row.kind} {row.subject} {row.state} {row.attempts} {row.leased_until} {row.error}"
        for row in kept.outbox
        if row.subject in subjects
    ]
    for replica in world.replicas:
        said = [
            line
            for line in replica.read_log().splitlines()
            if any(f'"{subject}"' in line for subject in subjects)
        ]
        lines += [f"  replica {replica.number}: {line[:400]}" for line in said[:30]]
    return lines


def _tell_promise(name: str, promise: Promise | None) -> list[tuple[float, str]]:
    if promise is None:
        return []
    told = [(promise.asked, f"to be {name}; tries: {', '.join(promise.tries[-6:])}")]
    return told + ([(promise.accepted, f"{name}: accepted")] if promise.accepted is not None else [])
