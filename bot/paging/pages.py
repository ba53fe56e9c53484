"""Pages: one attempt to reach one person by one contact method, with evidence of what became of it.

Which methods, and when, is what the person wishes (`bot.paging.wishes`). A page whose time has not come waits as a row
with a timer (`page`).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.access.secrets import make_token
from bot.errors import Unknown
from bot.flow.timers import Due
from bot.flow.unit import Unit
from bot.paging.events import PageAnswered, PageFailed, PageTested, PersonPaged
from bot.paging.reach import bring_forward, hold_if_away, send_now
from bot.paging.ways import list_ways
from bot.paging.wishes import AT_ONCE, Planned, Way, plan_page
from storage.models import Alert, Escalation, Incident, Page, User
from storage.questions import paging as ask
from storage.questions.ids import add_many
from storage.words import EscalationState, PageState, Priority

ANSWER_WITHIN = timedelta(minutes=2)
"""So long a test page waits for its answer."""
UNANSWERED = (PageState.QUEUED, PageState.SENT)
TEST = "test"
QUESTION = "still"
"""The types of the reasons of pages that call nobody to anything: a test, and “Still on it?”."""


def is_call(page: Page) -> bool:
    """Whether somebody was wanted: not whether their phone rings, or whether they are still on it."""
    return page.reason.get("type") not in (TEST, QUESTION)


async def queue_pages(
    unit: Unit,
    user: User,
    *,
    subject: str = "",
    escalation_id: int | None = None,
    round_: int = 0,
    step: int = 0,
    reason: dict[str, str] | None = None,
    why: str = "",
    about: str = "",
    planned: Sequence[Planned] | None = None,
) -> int:
    """Page a person as they wish, or as it is `planned`; returns by how many methods. `about` is what the words of a page
    without subject are about (`incident:7`): who may not see that does not see the page. A test page goes by everything at
    once."""
    is_test = reason is not None and reason["type"] == TEST
    if planned is None:
        planned = await plan_pages(unit, user, subject, by_everything=is_test)
    why_them = {
        **(reason or {"type": "direct", "name": unit.actor.name}),
        **({"about": about} if about else {}),
    }
    pages = [
        _make_page(unit, user, one, why_them, why, subject, escalation_id, round_, step) for one in planned
    ]
    unit.gather(_send, (user, pages))
    unit.touch(f"user:{user.id}")
    return len(planned)


def _make_page(
    unit: Unit,
    user: User,
    one: Planned,
    reason: Mapping[str, str],
    why: str,
    subject: str,
    escalation_id: int | None,
    round_: int,
    step: int,
) -> Page:
    return Page(
        subject=subject,
        escalation_id=escalation_id,
        step=step,
        round=round_,
        user_id=user.id,
        method=one.way.method,
        contact_id=one.way.contact_id,
        label=one.way.label,
        token="" if one.way.method in unit.installation.platforms else make_token(),
        reason={**reason, **({"waits": one.waits} if one.waits else {})},
        why=why,
        by_name=unit.actor.name,
        by_id=unit.actor.user_id,
        state=PageState.QUEUED if one.wait == AT_ONCE else PageState.WAITING,
        created_at=unit.now,
        due_at=None if one.wait == AT_ONCE else unit.now + one.wait,
    )


async def plan_pages(unit: Unit, user: User, subject: str, by_everything: bool = False) -> list[Planned]:
    """What a person would get now about a subject, and when."""
    ways = await list_ways(unit, user)
    if by_everything or not user.paging:
        return [Planned(way) for way in ways]
    return plan_page(ways, user.paging, user.zone, await _read_priority(unit, subject), unit.now)


async def _read_priority(unit: Unit, subject: str) -> Priority:
    """That of its subject; somebody who is asked for by another person is wanted as for a P1."""
    kind, _, number = subject.partition(":")
    if kind == "alert":
        return (await unit.session.get_one(Alert, int(number))).priority
    if kind == "incident":
        return (await unit.session.get_one(Incident, int(number))).priority
    return Priority.P1


async def _send(unit: Unit, paged: Sequence[tuple[User, Sequence[Page]]]) -> None:
    """Write fresh pages and queue their sending, those of many people at once."""
    fresh = [page for _, pages in paged for page in pages]
    await add_many(unit.session, fresh)
    for user, pages in paged:
        for page in pages:
            if page.due_at is not None:
                unit.plan("page", f"page:{page.id}", page.due_at)
                continue
            unit.put(page.stream, "page.send", f"page:{page.id}")
            unit.emit(PersonPaged(page.id, page.subject, user.id, user.name, page.method, page.reason))
        await hold_if_away(unit, user, pages)


async def page_as_lifted(unit: Unit, subject: str) -> None:
    """The subject is more urgent than it was: whoever was paged last by a step, and has not answered, is paged now as they
    wish for that. What waits comes earlier, and what was left out comes, too; nothing that went out comes again."""
    await unit.session.flush()
    last: dict[int, list[Page]] = {}
    for page in await ask.list_pages(unit.session, [subject]):
        if page.reason.get("type") == QUESTION:
            continue
        beside = last.setdefault(page.user_id, [])
        if beside and _step_of(beside[0]) != _step_of(page):
            beside.clear()
        beside.append(page)
    for user_id, pages in last.items():
        escalation_id = pages[0].escalation_id
        run = await unit.session.get(Escalation, escalation_id) if escalation_id is not None else None
        is_over = run is not None and run.state not in (EscalationState.RUNNING, EscalationState.EXHAUSTED)
        if not is_over and all(page.state is not PageState.ANSWERED for page in pages):
            await _page_earlier(unit, await unit.session.get_one(User, user_id), pages)


def _step_of(page: Page) -> tuple[object, ...]:
    apart = page.created_at if page.escalation_id is None else None
    return page.escalation_id, page.round, page.step, apart


async def _page_earlier(unit: Unit, user: User, pages: Sequence[Page]) -> None:
    """Bring what a person gets by one step to what they wish now."""
    first, own = pages[0], {(page.method, page.contact_id): page for page in pages}
    planned = await plan_pages(unit, user, first.subject)
    reason = {name: value for name, value in first.reason.items() if name != "waits"}
    fresh, coming = [], []
    for one in planned:
        page = own.get((one.way.method, one.way.contact_id))
        if page is None:
            step = (first.subject, first.escalation_id, first.round, first.step)
            made = _make_page(unit, user, one, reason, first.why, *step)
            made.by_name, made.by_id = first.by_name, first.by_id
            if first.escalation_id is None:
                made.created_at = first.created_at
            fresh.append(made)
            continue
        await unit.lock(page)
        due_at = unit.now + one.wait
        if page.state is not PageState.WAITING or page.due_at is None or page.due_at <= due_at:
            continue
        page.due_at = due_at
        page.reason = {**reason, **({"waits": one.waits} if one.waits else {})}
        if one.wait == AT_ONCE:
            coming.append(page)
        else:
            unit.plan("page", f"page:{page.id}", due_at)
    if coming:
        await send_now(unit, user, coming)
    unit.gather(_send, (user, fresh))
    unit.touch(f"user:{user.id}")


async def send_due_page(unit: Unit, due: Due) -> None:
    """The handler of the `page` timer. Whether it is wanted still is seen when it is sent."""
    page = await unit.session.get(Page, due.number)
    if page is None:
        return
    await unit.lock(page)
    if page.state is PageState.WAITING:
        await send_now(unit, await unit.session.get_one(User, page.user_id), [page])


async def answer_page(unit: Unit, page_id: int) -> Page:
    """The person answers a page that has no alert or incident to acknowledge (a test page, or `/page`)."""
    page = await unit.session.get(Page, page_id)
    if page is None or page.user_id != unit.actor.user_id:
        raise Unknown("page.unknown", number=page_id)
    was_open = page.state in UNANSWERED
    for other in await ask.list_pages_of_user(unit.session, page.user_id):
        same = other.why == page.why and other.created_at == page.created_at and not other.subject
        if other.id != page.id and not same:
            continue
        if other.state is PageState.WAITING:
            other.state, other.error = PageState.DROPPED, ask.ANSWERED_BEFORE
        elif other.state in UNANSWERED:
            other.state = PageState.ANSWERED
            other.answered_at = unit.now
            refresh_page(unit, other)
    unit.touch(f"user:{page.user_id}")
    if page.reason.get("type") == "direct":
        unit.emit(PageAnswered(page.id, page.by_id, unit.actor.name, page.why))
    elif page.reason.get("type") == TEST and was_open:
        unit.emit(PageTested(page.id, True))
    return page


async def send_test_page(unit: Unit, user: User) -> list[Way]:
    """A real page by every method of the person. Whoever asked hears what arrived, when it is answered or after a while."""
    await queue_pages(unit, user, reason={"type": TEST, "name": unit.actor.name})
    await unit.finish_gathered()
    first = next(iter(await ask.list_pages_of_user(unit.session, user.id, 1)), None)
    if first is not None:
        unit.plan("test_page", f"page:{first.id}", unit.now + ANSWER_WITHIN)
    return await list_ways(unit, user)


async def end_test(unit: Unit, due: Due) -> None:
    """The handler of the `test_page` timer: nobody has answered so far."""
    page = await unit.session.get(Page, due.number)
    if page is None:
        return
    beside = await ask.list_pages_beside(unit.session, page)
    if not any(one.state is PageState.ANSWERED for one in beside):
        unit.emit(PageTested(page.id, False))


async def fail_page(unit: Unit, page_id: int, error: str) -> None:
    """The other side will never take it, or could not deliver it: what was to come later comes now."""
    page = await unit.session.get_one(Page, page_id)
    user = await unit.session.get_one(User, page.user_id)
    page.state = PageState.FAILED
    page.error = error
    await bring_forward(unit, user, page)
    unit.touch(f"user:{user.id}")
    unit.emit(PageFailed(page.id, page.subject, user.id, user.name, page.method, error))


async def give_up_pages_of(unit: Unit, user_id: int) -> None:
    """They were switched off: nobody answers what waits for them, of which it is told once for each step."""
    user = await unit.session.get_one(User, user_id)
    told: set[tuple[object, ...]] = set()
    for page in await ask.list_unanswered_of(unit.session, user_id):
        await unit.lock(page)
        if page.escalation_id is None and not await _is_anybody_wanted(unit, page.subject):
            continue
        page.state, page.error = PageState.FAILED, "page.switched_off_since"
        unit.cancel("page", f"page:{page.id}")
        step = (page.subject, *_step_of(page)[:3])
        if step not in told:
            told.add(step)
            unit.emit(PageFailed(page.id, page.subject, user.id, user.name, page.method, page.error))
    unit.touch(f"user:{user_id}")


async def _is_anybody_wanted(unit: Unit, subject: str) -> bool:
    kind, _, number = subject.partition(":")
    found: Alert | Incident
    if kind == "alert":
        found = await unit.session.get_one(Alert, int(number))
    else:
        found = await unit.session.get_one(Incident, int(number))
    return found.status.is_open and found.acknowledged_at is None


async def note_carried(unit: Unit, page: Page, arrived: bool, reason: str = "") -> None:
    """Whoever carries a page tells that it has arrived, or that it could not: then the next step comes at once. That may be
    told before it is known here that the page was handed over."""
    await unit.lock(page)
    if arrived:
        page.delivered_at = page.delivered_at or unit.now
        unit.touch(f"user:{page.user_id}")
    elif page.state in UNANSWERED and page.delivered_at is None:
        await fail_page(unit, page.id, reason)


def refresh_page(unit: Unit, page: Page | ask.PageCopy) -> None:
    """Show a page's new state where it was sent."""
    if page.address:
        unit.put(page.stream, "page.refresh", f"page:{page.id}", coalesce=True)


async def refresh_pages(unit: Unit, *subjects: str) -> None:
    """Show the new state of these subjects on every copy of their pages."""
    await unit.session.flush()
    for page in await ask.list_copies(unit.session, subjects):
        refresh_page(unit, page)
        unit.touch(f"user:{page.user_id}")
