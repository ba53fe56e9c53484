"""Judges a run by what the recipients' server wrote down and by what the database says in the end.

The promises: a step of an accepted alert takes effect once, for the right person, in order, and not after an answer or a
resolve was accepted. A page may be handed over again with the same key where nobody could know whether it had arrived: that
is counted, by the faults of that moment, and must have one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from storage.models import Alert, BoardChannel, BoardMessage, Escalation, OutboxRow, Page
from storage.questions.paging import ANSWERED_BEFORE
from storage.words import AlertStatus, EscalationState, OutboxState, PageState
from tests.chaos.gateway import Arrival
from tests.chaos.plan import Applied, list_during
from tests.chaos.run import PEOPLE, PLAN, World, due_after
from tests.chaos.senders import Sent

IN_FLIGHT = 3.0
"""So long after an answer a page may still come that was on its way."""
SUPERSEDED = "a newer page says the same"
FREEZING = (
    "stop",
    "stall",
    "cut",
    "slow",
    "restart",
    "crash",
    "readonly",
    "terminate",
    "full",
    "kill",
    "mute",
)
"""What can lie between the last look whether a page is wanted, and its arrival."""


@dataclass
class Kept:
    """What the database has in the end."""

    alerts: dict[str, list[Alert]]
    escalations: dict[str, list[Escalation]]
    pages: dict[int, list[Page]]
    """By escalation, in the order in which they were made."""
    outbox: list[OutboxRow]
    channels: list[BoardChannel]
    messages: list[BoardMessage]


@dataclass
class Verdict:
    steps: int = 0
    """Steps that took effect as promised."""
    alerts: int = 0
    ended: int = 0
    """Alerts that were answered or resolved in time to be spared something."""
    twice: int = 0
    """Alerts that are there again: a try to open them that nobody answered was done after they were resolved."""
    arrivals: int = 0
    superseded: int = 0
    repeats: Counter[str] = field(default_factory=Counter)
    """Pages handed over again with the same key, by the faults of that moment."""
    inversions: int = 0
    lateness: list[float] = field(default_factory=list)
    calm: list[float] = field(default_factory=list)
    """The same for steps whose time had no fault."""
    faults: dict[str, list[str]] = field(default_factory=dict)
    """What was broken: by alert ("" for what concerns none)."""

    def blame(self, alias: str, words: str) -> None:
        self.faults.setdefault(alias, []).append(words)


async def read_kept(world: World) -> Kept:
    kept = Kept({}, {}, {}, [], [], [])
    for alert in await world.served.rows(Alert):
        kept.alerts.setdefault(alert.alias, []).append(alert)
    for escalation in await world.served.rows(Escalation):
        kept.escalations.setdefault(escalation.subject, []).append(escalation)
    for page in await world.served.rows(Page):
        kept.pages.setdefault(page.escalation_id or 0, []).append(page)
    kept.outbox = await world.served.rows(OutboxRow)
    kept.channels = await world.served.rows(BoardChannel)
    kept.messages = await world.served.rows(BoardMessage)
    return kept


def judge(world: World, kept: Kept) -> Verdict:
    verdict = Verdict(arrivals=len(world.gateway.arrivals))
    if world.late_work:
        verdict.blame("", f"not done in time: {world.late_work}")
    for words in world.town.faults:
        verdict.blame(words.removeprefix("answer of ").partition(":")[0], f"a bad answer: {words}")
    for row in kept.outbox:
        if row.state is OutboxState.PARKED:
            verdict.blame("", f"parked: {row.kind} {row.subject} in {row.stream}: {row.error}")
    by_page: dict[int, list[Arrival]] = {}
    for arrival in world.gateway.arrivals:
        by_page.setdefault(arrival.page, []).append(arrival)
    for one in world.town.sent.values():
        _judge_alert(world, kept, verdict, one, by_page)
    known = {page.id for pages in kept.pages.values() for page in pages}
    for number in by_page.keys() - known:
        verdict.blame("", f"page {number} arrived and is not in the database: {by_page[number][0].body}")
    for alias in kept.alerts.keys() - world.town.sent.keys():
        verdict.blame(alias, "nobody sent this alert")
    _judge_room(kept, verdict)
    return verdict


def _judge_alert(
    world: World, kept: Kept, verdict: Verdict, one: Sent, by_page: dict[int, list[Arrival]]
) -> None:
    verdict.alerts += 1
    found = kept.alerts.get(one.alias, [])
    if (
        one.resolved is not None
        and 1 < len(found) <= 1 + one.opened.unanswered
        and one.ids <= {a.uid for a in found}
    ):
        verdict.twice += 1
        return
    if len(found) != 1 or {alert.uid for alert in found} != one.ids:
        verdict.blame(one.alias, f"was accepted once as {one.ids} and is there {len(found)} times")
        return
    (alert,) = found
    if (alert.status is AlertStatus.OPEN) == (one.resolved is not None):
        verdict.blame(one.alias, f"is {alert.status.value}")
    if (alert.acknowledged_at is not None) != (one.answered is not None):
        verdict.blame(one.alias, f"acknowledged at {alert.acknowledged_at}")
    escalations = kept.escalations.get(f"alert:{alert.id}", [])
    if len(escalations) != 1:
        verdict.blame(one.alias, f"has {len(escalations)} escalations")
        return
    (escalation,) = escalations
    pages = kept.pages.get(escalation.id, [])
    _judge_order(world, verdict, one, escalation, pages)
    for page in pages:
        if page.method == "webhook":
            _judge_page(world, verdict, one, page, pages, by_page.get(page.id, []))
        elif page.state in (PageState.QUEUED, PageState.WAITING, PageState.FAILED):
            verdict.blame(one.alias, f"page {page.id} in the Room is {page.state.value}: {page.error}")
    _judge_inversions(world, verdict, one, pages, by_page)


def _judge_order(
    world: World, verdict: Verdict, one: Sent, escalation: Escalation, pages: Sequence[Page]
) -> None:
    """Each step ran once, in order: all of them, unless somebody ended it."""
    ids = [world.people[name] for name in PEOPLE]
    for method in ("webhook", "room"):
        ran = [(page.round, page.step, page.user_id) for page in pages if page.method == method]
        plan = [(round_, step, ids[step]) for round_, step in PLAN]
        if ran != plan[: len(ran)]:
            verdict.blame(one.alias, f"steps by {method} ran as {ran}")
        elif len(ran) < len(plan) and one.ended is None:
            verdict.blame(one.alias, f"only {len(ran)} of {len(plan)} steps ran by {method}")
        elif len(ran) < len(plan) and method == "webhook":
            verdict.ended += 1
    if one.ended is not None and escalation.state is EscalationState.RUNNING:
        verdict.blame(one.alias, "was ended, and its escalation runs")


def _judge_page(
    world: World, verdict: Verdict, one: Sent, page: Page, pages: Sequence[Page], arrivals: Sequence[Arrival]
) -> None:
    taken = [arrival for arrival in arrivals if arrival.taken]
    for arrival in arrivals:
        names = {number: name for name, number in world.people.items()}
        if arrival.person != names[page.user_id] or arrival.title != f"Trouble {one.alias}":
            verdict.blame(one.alias, f"page {page.id} went to {arrival.person} as {arrival.title!r}")
        if not arrival.is_signed:
            verdict.blame(one.alias, f"page {page.id} is not signed")
    if len({arrival.key for arrival in arrivals}) > 1:
        verdict.blame(one.alias, f"page {page.id} came with keys {sorted({a.key for a in arrivals})}")
    _judge_repeats(world, verdict, one, page, taken)
    if page.state is PageState.ANSWERED and page.sent_at is None:  # its person answered another one first
        verdict.steps += 1
    elif page.state in (PageState.SENT, PageState.ANSWERED):
        if not taken:
            verdict.blame(one.alias, f"page {page.id} counts as sent and never arrived")
            return
        verdict.steps += 1
        _note_lateness(world, verdict, one, page, pages, taken[0])
    elif page.state is PageState.DROPPED and page.error == SUPERSEDED:
        newer = [other for other in pages if other.id > page.id and other.user_id == page.user_id]
        if not any(other.method == "webhook" for other in newer):
            verdict.blame(one.alias, f"page {page.id} was dropped for a newer one, and there is none")
        verdict.superseded += 1
    elif page.state is PageState.DROPPED and page.error == ANSWERED_BEFORE and one.ended is not None:
        verdict.steps += 1
    else:
        verdict.blame(one.alias, f"page {page.id} is {page.state.value}: {page.error}")
    if one.ended is not None and taken:
        _judge_after_the_end(world, verdict, one, page, taken[-1])


def _judge_after_the_end(world: World, verdict: Verdict, one: Sent, page: Page, last: Arrival) -> None:
    """Only what was on its way may come after an answer, and longer after it only what a fault held up."""
    assert one.ended is not None
    accepted = one.ended.accepted or float("inf")
    if last.at <= accepted + IN_FLIGHT:
        return
    held = [
        fault
        for fault in list_during(world.applied, one.ended.asked - 1, last.at)
        if fault.fault.kind in FREEZING
    ]
    if not held:
        verdict.blame(one.alias, f"page {page.id} came {last.at - accepted:.1f} s after the end was accepted")


def _judge_repeats(world: World, verdict: Verdict, one: Sent, page: Page, taken: Sequence[Arrival]) -> None:
    for before, again in zip(taken, taken[1:], strict=False):
        during = list_during(world.applied, before.at - 1.0, again.at)
        kinds = sorted({fault.fault.kind for fault in during})
        verdict.repeats[" ".join(kinds) or "none"] += 1
        if not kinds:
            verdict.blame(
                one.alias,
                f"page {page.id} came twice, at {before.at:.2f} and {again.at:.2f}, without a fault",
            )


def _note_lateness(
    world: World, verdict: Verdict, one: Sent, page: Page, pages: Sequence[Page], first: Arrival
) -> None:
    """From when the step should run after the alert was accepted, until the recipient had it. It may have been opened by a
    try whose answer was lost, and its steps count from there: nothing comes before that would be due."""
    due = (one.opened.accepted or one.opened.asked) + due_after(page.round, page.step)
    late = first.at - due
    verdict.lateness.append(late)
    life = list_during(world.applied, one.opened.asked - 1, first.at)
    stepped = sum(abs(fault.fault.amount) for fault in life if fault.fault.kind == "clock")
    early = one.opened.asked + due_after(page.round, page.step) - first.at
    is_skipped = any(other.held_at for other in pages)  # where nobody is reached, the next step goes
    if early > 1.0 + stepped and not is_skipped:
        verdict.blame(one.alias, f"page {page.id} came {early:.1f} s too early")
    if not list_during(world.applied, due - 40, first.at):
        verdict.calm.append(late)


def _judge_inversions(
    world: World, verdict: Verdict, one: Sent, pages: Sequence[Page], by_page: dict[int, list[Arrival]]
) -> None:
    """Steps go to different people, each with an order of their own: only a fault can make a later one arrive first."""
    last: Arrival | None = None
    for page in (page for page in pages if page.method == "webhook"):
        taken = [arrival for arrival in by_page.get(page.id, []) if arrival.taken]
        if not taken:
            continue
        if last is not None and taken[0].at < last.at:
            verdict.inversions += 1
            if not list_during(world.applied, one.opened.asked - 60, last.at):
                verdict.blame(one.alias, f"page {page.id} came before an earlier step, without a fault")
        last = taken[0] if last is None or taken[0].at > last.at else last


def _judge_room(kept: Kept, verdict: Verdict) -> None:
    """Each page in the Room is one message."""
    direct = {channel.id for channel in kept.channels if channel.kind == "direct"}
    posted = {f"{one.channel_id}/{one.id}" for one in kept.messages if one.channel_id in direct}
    pages = [page for found in kept.pages.values() for page in found if page.method == "room"]
    sent = [page.address for page in pages if page.address is not None]
    if len(set(sent)) != len(sent) or not set(sent) <= posted:
        verdict.blame("", "pages in the Room share a message, or have one that is not there")
    dropped = sum(page.state is PageState.DROPPED for page in pages)
    if len(posted) - len(sent) > dropped:
        verdict.blame(
            "", f"{len(posted)} messages for {len(sent)} pages in the Room and {dropped} that were dropped"
        )


def describe_faults(applied: Sequence[Applied]) -> str:
    counted = Counter(one.fault.kind for one in applied)
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counted.items()))
