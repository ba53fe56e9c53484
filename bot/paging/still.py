"""“Still on it?”: an acknowledgement does not count for ever where its policy has an `ack_timeout`.

When nothing was heard of anybody for so long (no command, note, message or change about the subject), whoever acknowledged
(or was given the alert since) is paged with the question, as they wish. When nobody is heard after that either, the
acknowledgement is over, and paging starts again.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.flow.timers import Due
from bot.flow.unit import Unit
from bot.paging.events import AcknowledgementOver, StillOnIt, StillOnItAsked, StillOnItSettled
from bot.paging.pages import QUESTION, plan_pages, queue_pages, refresh_page
from bot.paging.wishes import AT_ONCE, ROOM, Planned
from storage.models import Alert, Incident, Page, User
from storage.questions import still as ask
from storage.questions.alerts import list_open_of_incident
from storage.questions.paging import ANSWERED_BEFORE, list_pages
from storage.questions.queues import is_planned
from storage.words import PageState

UNANSWERED = (PageState.WAITING, PageState.QUEUED, PageState.SENT)
ANSWER_WITHIN = timedelta(minutes=5)
"""So long the question waits for its answer, from when it has come outside the Room, too."""
COMES_WITHIN = timedelta(minutes=25)
"""It does so after this time at the latest, whatever the person wishes: nobody is called meanwhile."""


async def watch_acknowledgement(unit: Unit, subject: str) -> None:
    """Somebody is on it now, or still is: ask again when that has been silent for the time of its policies."""
    unit.cancel("ack_over", subject)
    await unit.session.flush()
    seconds = await ask.find_ack_timeout(unit.session, subject)
    if seconds:
        unit.plan("still_on_it", subject, unit.now + timedelta(seconds=seconds))


async def ask_still_on_it(unit: Unit, due: Due) -> None:
    """The handler of the `still_on_it` timer."""
    found = await _find_acknowledged(unit, due.subject)
    seconds = await ask.find_ack_timeout(unit.session, due.subject)
    if found is None or not seconds:
        return
    again_at = await _find_last_heard(unit, found) + timedelta(seconds=seconds)
    if await _is_quiet(unit, found):
        again_at = unit.now + timedelta(seconds=seconds)
    if again_at > unit.now:
        unit.plan("still_on_it", due.subject, again_at)
        return
    until = unit.now + ANSWER_WITHIN
    user = await _find_answerable(unit, found)
    if user is not None and user.active:
        wait, planned = bring_closer(await plan_pages(unit, user, due.subject))
        until += wait
        clock = f"{until.astimezone(ZoneInfo(user.zone)):%H:%M}"
        reason = {"type": QUESTION, "name": found.title, "after": str(seconds), "until": clock}
        reason["ends_at"] = until.isoformat()
        await queue_pages(unit, user, subject=due.subject, reason=reason, planned=planned)
    unit.plan("ack_over", due.subject, until, {"asked_at": unit.now.isoformat()})
    unit.emit(StillOnItAsked(due.subject, user.name if user else "", seconds, until.isoformat()))


def bring_closer(planned: Sequence[Planned]) -> tuple[timedelta, list[Planned]]:
    """How long it takes until something outside the Room comes of this, and the plan by which it does so in time. Pure."""
    waits = [one.wait for one in planned if one.way.method != ROOM and one.waits != "quiet"]
    first = min(waits, default=AT_ONCE)
    soon = min(first, COMES_WITHIN)
    is_first = [one.wait == first and one.waits != "quiet" for one in planned]
    return soon, [
        replace(one, wait=soon) if is_it else one for one, is_it in zip(planned, is_first, strict=True)
    ]


def read_end(question: Page) -> datetime:
    """Until when this question waits for its answer."""
    ends_at = question.reason.get("ends_at")
    return datetime.fromisoformat(ends_at) if ends_at else question.created_at + ANSWER_WITHIN


async def end_acknowledgement(unit: Unit, due: Due) -> None:
    """The handler of the `ack_over` timer."""
    found = await _find_acknowledged(unit, due.subject)
    if found is None:
        return
    asked_at = datetime.fromisoformat(due.payload["asked_at"])
    is_heard = await _find_last_heard(unit, found) > asked_at
    if is_heard or await _is_quiet(unit, found):
        unit.emit(StillOnItSettled(due.subject, "heard" if is_heard else "quiet"))
        await settle_question(unit, due.subject)
        await watch_acknowledgement(unit, due.subject)
        return
    user = await _find_answerable(unit, found)
    unit.emit(AcknowledgementOver(due.subject, user.name if user else ""))


async def is_asked(unit: Unit, subject: str) -> bool:
    """Whether the question waits for its answer."""
    return await is_planned(unit.session, "ack_over", subject)


async def answer_still_on_it(unit: Unit, subject: str) -> bool:
    """Whoever acknowledges what is acknowledged already answers the question, when it was asked."""
    if not await is_asked(unit, subject):
        return False
    unit.emit(StillOnIt(subject, unit.actor.name))
    return True


async def settle_question(unit: Unit, subject: str) -> None:
    """Somebody has answered, or nobody needs to: each copy of the question says so."""
    await unit.session.flush()
    for page in await list_pages(unit.session, [subject]):
        if page.reason.get("type") != QUESTION or page.state not in UNANSWERED:
            continue
        if page.user_id == unit.actor.user_id:
            page.state, page.answered_at = PageState.ANSWERED, unit.now
        else:
            page.state, page.error = PageState.DROPPED, ANSWERED_BEFORE
        refresh_page(unit, page)
        unit.touch(f"user:{page.user_id}")


async def _find_acknowledged(unit: Unit, subject: str) -> Alert | Incident | None:
    kind, _, number = subject.partition(":")
    found: Alert | Incident | None
    if kind == "incident":
        found = await unit.session.get(Incident, int(number))
    else:
        found = await unit.session.get(Alert, int(number))
    if found is None:
        return None
    await unit.lock(found)
    return found if found.status.is_open and found.acknowledged_at is not None else None


async def _find_answerable(unit: Unit, found: Alert | Incident) -> User | None:
    """Who is on it: whoever acknowledged, or to whom the alert was given afterwards."""
    owner = found.owner_id if isinstance(found, Alert) else None
    number = owner or found.acknowledged_by
    return await unit.session.get(User, number) if number is not None else None


async def _is_quiet(unit: Unit, found: Alert | Incident) -> bool:
    """Whether nobody would be paged for it now: a silence holds it back, it is snoozed, or it is an incident that alerts
    have opened and of which none is awake."""
    if isinstance(found, Alert):
        return bool(found.held_by) or found.snoozed_until is not None
    alerts = await list_open_of_incident(unit.session, found.id)
    return found.rule_id is not None and all(alert.snoozed_until is not None for alert in alerts)


async def _find_last_heard(unit: Unit, found: Alert | Incident) -> datetime:
    said = await ask.find_last_act(unit.session, found)
    assert found.acknowledged_at is not None
    return max(said, found.acknowledged_at) if said is not None else found.acknowledged_at
