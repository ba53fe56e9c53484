"""Escalations under way: starting one, running its due steps, acknowledging and stopping it.

Each escalation has at most one timer (`escalate`), moved to its next due step in the same transaction that runs the
steps before it: a step is neither lost nor run twice, whatever dies in between.
"""

import random
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from bot.errors import Refused
from bot.flow.timers import Due
from bot.flow.unit import Unit
from bot.oncall.answers import Reason, find_people_beside, find_people_on_call, read_people_on_call
from bot.paging.events import AcknowledgementReset, EscalationExhausted, NobodyReached
from bot.paging.pages import queue_pages
from bot.paging.policy import Again, Progress, Step, decide
from bot.paging.reach import is_anybody_reached
from bot.paging.ways import read_ahead
from storage.models import Escalation, Page, Team, User
from storage.questions import access, catalog
from storage.questions import paging as ask
from storage.questions.ids import add_many
from storage.questions.policies import Policy, find_policies
from storage.words import EscalationState, StepCondition, UserRole

PATIENCE = timedelta(minutes=10)
"""How long after the last step an escalation waits for an answer before it counts as exhausted."""


async def start_escalation(unit: Unit, subject: str, policy_id: int) -> Escalation | None:
    """Start the policy for this subject, unless it is under way already."""
    if any(one.policy_id == policy_id for one in await ask.list_escalations(unit.session, subject)):
        return None
    escalation = Escalation(
        subject=subject,
        policy_id=policy_id,
        steps=await _copy_steps(unit, policy_id),
        started_at=unit.now,
        round_started_at=unit.now,
    )
    unit.session.add(escalation)
    await unit.session.flush()
    await advance(unit, escalation)
    return escalation


async def start_together(unit: Unit, wanted: Sequence[tuple[str, int]]) -> None:
    """The same for many subjects at once."""
    under_way = await ask.list_under_way(unit.session, {subject for subject, _ in wanted})
    wanted = [one for one in dict.fromkeys(wanted) if one not in under_way]
    policy_ids = {policy_id for _, policy_id in wanted}
    await _read_policies(unit, policy_ids)
    steps = {number: await _copy_steps(unit, number) for number in policy_ids}
    started = [
        Escalation(
            subject=subject,
            policy_id=policy_id,
            steps=steps[policy_id],
            started_at=unit.now,
            round_started_at=unit.now,
        )
        for subject, policy_id in wanted
    ]
    await add_many(unit.session, started)
    await _read_ahead(unit, started)
    for escalation in started:
        await advance(unit, escalation)


async def _copy_steps(unit: Unit, policy_id: int) -> list[dict[str, Any]]:
    return [
        {"condition": step.condition.value, "delay": step.delay, "recipients": step.recipients}
        for step in await ask.list_steps(unit.session, policy_id)
    ]


async def prepare_due(unit: Unit, due: Sequence[Due]) -> None:
    """Read and lock the escalations whose timers are due, and read what running their next steps asks for."""
    found = await unit.read_many(Escalation, {timer.number for timer in due}, lock=True)
    await _read_policies(unit, {escalation.policy_id for escalation in found.values()})
    await _read_ahead(unit, found.values())


async def _read_policies(unit: Unit, ids: Collection[int]) -> None:
    if wanted := {number for number in ids if ("policy", number) not in unit.known}:
        found = await find_policies(unit.session, wanted)
        unit.known.update((("policy", number), policy) for number, policy in found.items())


async def _read_ahead(unit: Unit, escalations: Collection[Escalation]) -> None:
    """Who is on call, and how those who are paged next can be reached, in a few questions for all."""
    next_steps = [one.steps[one.next_step] for one in escalations if one.next_step < len(one.steps)]
    recipients = [recipient for step in next_steps for recipient in step["recipients"]]
    wanted = {
        int(recipient["id"])
        for recipient in recipients
        if recipient["type"] == "schedule" and not recipient.get("pick")
    }
    if wanted:
        await read_people_on_call(unit, wanted, unit.now)
    sure = [step["recipients"] for step in next_steps if not _is_by_chance(step["recipients"])]
    people = [user.id for one in sure for user, _ in await find_recipients(unit, one)]
    await read_ahead(unit, people)


async def run_due_escalation(unit: Unit, due: Due) -> None:
    """The handler of the `escalate` timer."""
    escalation = await unit.session.get(Escalation, due.number)
    if escalation is not None:
        await unit.lock(escalation)
        if escalation.state in ask.ALIVE:
            await advance(unit, escalation)


async def advance(unit: Unit, escalation: Escalation, skip_wait: bool = False) -> None:
    """Run the steps that are due, and plan the next one. With `skip_wait` the next step counts as due now."""
    policy = await _get_policy(unit, escalation.policy_id)
    steps = tuple(_read_step(step) for step in escalation.steps)
    progress = Progress(escalation.next_step, escalation.round, escalation.round_started_at)
    if skip_wait and progress.next_step < len(steps):
        ahead = timedelta(seconds=steps[progress.next_step].delay)
        if progress.round_started_at + ahead > unit.now:
            progress = Progress(progress.next_step, progress.round, unit.now - ahead)
    again = Again(policy.repeat, policy.repeat_after, policy.reset_on_repeat)
    decision = decide(steps, progress, unit.now, escalation.acknowledged_at, again)
    escalation.next_step = decision.progress.next_step
    escalation.round = decision.progress.round
    escalation.round_started_at = decision.progress.round_started_at
    if decision.reset:
        escalation.state, escalation.acknowledged_at = EscalationState.RUNNING, None
        unit.emit(AcknowledgementReset(escalation.subject, policy.name))
    reached = of_last = 0
    for round_, index in decision.run:
        of_last = await _run_step(unit, escalation, steps[index], round_, index)
        reached += of_last
    same_round = decision.progress.round == progress.round and decision.progress.next_step < len(steps)
    if decision.run and not of_last and same_round:
        await advance(unit, escalation, skip_wait=True)
    elif decision.due_at is not None:
        escalation.ended_at = None
        unit.plan("escalate", f"escalation:{escalation.id}", decision.due_at)
    elif not decision.run or not reached:
        _exhaust(unit, escalation, policy)
    else:
        unit.plan("escalate", f"escalation:{escalation.id}", unit.now + PATIENCE)


def _exhaust(unit: Unit, escalation: Escalation, policy: Policy) -> None:
    if escalation.state is EscalationState.RUNNING:
        escalation.state = EscalationState.EXHAUSTED
        unit.emit(EscalationExhausted(escalation.subject, escalation.id, policy.name, policy.close_at_end))
    escalation.ended_at = unit.now
    unit.cancel("escalate", f"escalation:{escalation.id}")


async def _run_step(unit: Unit, escalation: Escalation, step: Step, round_: int, index: int) -> int:
    """Page the recipients of one step; returns how many pages were queued."""
    found = await find_recipients(unit, step.recipients)
    count = 0
    for user, reason in found:
        count += await queue_pages(
            unit,
            user,
            subject=escalation.subject,
            escalation_id=escalation.id,
            round_=round_,
            step=index,
            reason=reason,
        )
    if not count:
        names = tuple(str(recipient.get("name", recipient["type"])) for recipient in step.recipients)
        is_last = index + 1 == len(escalation.steps)
        unit.emit(NobodyReached(escalation.subject, index + 1, names, last=is_last))
    return count


async def _get_policy(unit: Unit, policy_id: int) -> Policy:
    """Read once in a unit, which may run the steps of many escalations."""
    await _read_policies(unit, [policy_id])
    policy: Policy = unit.known["policy", policy_id]
    return policy


async def find_recipients(
    unit: Unit, recipients: Sequence[dict[str, Any]]
) -> list[tuple[User, dict[str, str]]]:
    """The people behind recipients, each once, with the reason why they are paged. Asked once in a unit, unless chance
    decides: a hundred escalations that are due together mostly page the same people."""
    key = ("recipients", repr(recipients))
    if _is_by_chance(recipients) or key not in unit.known:
        unit.known[key] = await _ask_recipients(unit, recipients)
    found: list[tuple[User, dict[str, str]]] = unit.known[key]
    return found


def _is_by_chance(recipients: Sequence[dict[str, Any]]) -> bool:
    return any(recipient.get("pick") == "random" for recipient in recipients)


async def _ask_recipients(
    unit: Unit, recipients: Sequence[dict[str, Any]]
) -> list[tuple[User, dict[str, str]]]:
    found: dict[int, tuple[User, dict[str, str]]] = {}
    for recipient in recipients:
        kind, number = recipient["type"], int(recipient.get("id") or 0)
        pick = str(recipient.get("pick") or "")
        people: Sequence[User] = ()
        name = ""
        duties: Sequence[Reason] = ()
        if kind == "user":
            user = (await access.list_users_by_id(unit.session, [number])).get(number)
            people = [user] if user is not None and user.active else []
        elif kind == "team":
            team = await unit.session.get(Team, number)
            name = team.name if team else ""
            people = _pick(await catalog.list_members(unit.session, [number]), pick)
        elif kind == "schedule" and pick:
            name, people = await find_people_beside(unit, number, unit.now, before=pick == "previous")
        elif kind == "schedule":
            name, duties = await find_people_on_call(unit, number, unit.now)
        for user in people:
            picked = {"pick": pick} if pick else {}
            found.setdefault(user.id, (user, {"type": kind, "name": name, **picked}))
        for duty in duties:
            found.setdefault(duty.user.id, (duty.user, {"type": kind, "name": name, **duty.evidence}))
    return list(found.values())


def _pick(members: Sequence[User], pick: str) -> Sequence[User]:
    """Who of a team: one by chance, those who are admins here, or everybody."""
    if pick == "random" and members:
        return [random.choice(members)]
    if pick == "admins":
        return [user for user in members if user.role in (UserRole.ADMIN, UserRole.OWNER)]
    return members


async def acknowledge_escalations(unit: Unit, subject: str) -> None:
    """Somebody is on it: stop the steps on `not acknowledged`, and mark the actor's pages as answered. What comes all the
    same (a step on `not closed`, a round that takes the acknowledgement back) stays planned."""
    await unit.session.flush()
    if unit.actor.user_id is not None:
        await ask.answer_pages(unit.session, subject, unit.actor.user_id, unit.now)
    for escalation in await ask.list_answerable(unit.session, subject):
        await unit.lock(escalation)
        escalation.state, escalation.acknowledged_at = EscalationState.ACKNOWLEDGED, unit.now
        await advance(unit, escalation)


async def is_exhausted(unit: Unit, subject: str) -> bool:
    """Whether everybody was paged, and nobody has answered."""
    states = await ask.list_states(unit.session, subject)
    return EscalationState.EXHAUSTED in states and EscalationState.RUNNING not in states


async def has_given_up(unit: Unit, subject: str) -> bool:
    """Whether all whom one of its policies names were paged, and nobody has answered."""
    return EscalationState.EXHAUSTED in await ask.list_states(unit.session, subject)


async def stop_escalations(unit: Unit, *subjects: str) -> None:
    """These subjects are over (closed, resolved, snoozed, held back): nobody is paged for them any more."""
    await unit.session.flush()
    for number in await ask.stop(unit.session, subjects, unit.now):
        unit.cancel("escalate", f"escalation:{number}")


async def go_over(unit: Unit, subject: str, before: int | None, policy_id: int) -> None:
    """Another policy pages for this subject from now on. Whoever was paged by the one before may still answer; its further
    steps come only where the new one reaches nobody."""
    started = await start_escalation(unit, subject, policy_id)
    if started is None or started.state is not EscalationState.RUNNING:
        return
    for escalation in await ask.list_escalations(unit.session, subject):
        if escalation.policy_id == before and escalation.state is EscalationState.RUNNING:
            await unit.lock(escalation)
            escalation.next_step = len(escalation.steps)
            escalation.round = (await _get_policy(unit, escalation.policy_id)).repeat
            escalation.state, escalation.ended_at = EscalationState.EXHAUSTED, unit.now
            unit.cancel("escalate", f"escalation:{escalation.id}")


async def escalate_now(unit: Unit, subject: str, policy_id: int | None = None) -> int:
    """Go on to the next step (of this policy) at once; returns its number. Raises Refused when there is none left."""
    is_answered = False
    for escalation in await ask.list_escalations(unit.session, subject):
        if policy_id is not None and escalation.policy_id != policy_id:
            continue
        is_answered = is_answered or escalation.state is EscalationState.ACKNOWLEDGED
        await unit.lock(escalation)
        if escalation.state is EscalationState.RUNNING and escalation.next_step < len(escalation.steps):
            number = escalation.next_step + 1
            await advance(unit, escalation, skip_wait=True)
            return number
    raise Refused("escalation.acknowledged" if is_answered else "escalation.no_next_step")


async def go_on_if_nobody_is_left(unit: Unit, page_id: int) -> None:
    """After a page failed or was held: when no page of its step reaches anybody, and the step is the one that ran last, the
    next one of the round is due at once. Only when all have failed does it end here; for what is held it waits."""
    page = await unit.session.get_one(Page, page_id)
    if page.escalation_id is None:
        return
    escalation = await unit.session.get_one(Escalation, page.escalation_id)
    await unit.lock(escalation)
    ran_last = (escalation.round, escalation.next_step) == (page.round, page.step + 1)
    if escalation.state is not EscalationState.RUNNING or not ran_last:
        return
    siblings = await ask.list_pages_of_step(unit.session, escalation.id, page.round, page.step)
    is_last = escalation.next_step >= len(escalation.steps)
    if is_anybody_reached(siblings) or (is_last and any(other.held_at is not None for other in siblings)):
        return
    await advance(unit, escalation, skip_wait=True)


def _read_step(values: dict[str, Any]) -> Step:
    return Step(StepCondition(values["condition"]), int(values["delay"]), tuple(values["recipients"]))
