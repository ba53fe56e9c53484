"""Whether pages reach anybody: which of them can still arrive, and which wait for a platform that is away.

A page is *held* when its platform is known to be away. It stays queued and is sent, or dropped, when the platform is back;
meanwhile it reaches nobody, and the person's other methods and the next step have to do. Of the person's other methods,
those whose time has not come yet come at once.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta

from bot.flow.unit import Unit
from bot.paging.events import PersonOutOfReach
from storage.models import Page, User
from storage.questions import access, flow
from storage.questions import paging as ask
from storage.words import PageState

HOLD_AFTER = timedelta(seconds=20)
"""So long a platform may be away before its pages are held: then other ways are taken within 30 s of a page being due."""
KNOWN_AFTER = timedelta(seconds=1)
"""A platform that has been away for longer holds a fresh page at once; a single failure is not an outage."""
HELD_AT_ONCE = 50
"""So many pages are held in one unit: what follows from each is a dozen questions, and others write in between."""
GONE = (PageState.FAILED, PageState.DROPPED)


def is_reached(pages: Collection[Page | ask.HeldBeside]) -> bool:
    """Whether one person is reached by these pages, or may still be. The Room alone counts only for who has nothing else,
    or has no need of it: nobody sleeps beside a browser."""
    outside = [page for page in pages if page.method != "room" and page.state is not PageState.DROPPED]
    if not outside:
        return any(page.state not in GONE for page in pages)
    return any(
        page.state is not PageState.FAILED and (page.state is not PageState.QUEUED or page.held_at is None)
        for page in outside
    )


def is_anybody_reached(pages: Collection[Page]) -> bool:
    """The same for the pages of a whole step."""
    people = {page.user_id for page in pages}
    return any(is_reached([page for page in pages if page.user_id == one]) for one in people)


async def list_out_of_reach(unit: Unit) -> list[User]:
    """Who is paged now and can't be reached, because every way to them is away."""
    together: dict[tuple[object, ...], list[Page | ask.HeldBeside]] = {}
    for page in await ask.list_beside_held(unit.session):
        together.setdefault(page.together, []).append(page)
    out = {pages[0].user_id for pages in together.values() if not is_reached(pages)}
    found = await access.list_users_by_id(unit.session, out)
    return sorted(found.values(), key=lambda user: user.name)


async def hold_if_away(unit: Unit, user: User, pages: Sequence[Page]) -> None:
    """Hold those of a person's fresh pages whose platform is known to be away."""
    if "away" not in unit.known:
        unit.known["away"] = {one.lane: one for one in await flow.list_away(unit.session)}
    away: dict[str, flow.Away] = unit.known["away"]
    held = []
    for page in pages:
        absence = away.get(page.lane)
        is_fresh = page.state is PageState.QUEUED and page.held_at is None
        if absence is not None and is_fresh and unit.now - absence.since >= KNOWN_AFTER:
            _hold(unit, page, absence.reason)
            held.append(page)
    if held:
        await _say_if_out_of_reach(unit, user, held[0])


async def send_now(unit: Unit, user: User, pages: Sequence[Page]) -> None:
    """Queue the sending of pages that waited for their time."""
    for page in pages:
        page.state = PageState.QUEUED
        unit.cancel("page", f"page:{page.id}")
        unit.put(page.stream, "page.send", f"page:{page.id}")
    unit.touch(f"user:{user.id}")
    await unit.session.flush()
    await hold_if_away(unit, user, pages)


async def bring_forward(unit: Unit, user: User, page: Page) -> bool:
    """What was to come next for the person beside this page comes at once; False when there is nothing more."""
    await unit.session.flush()
    waiting = [
        other
        for other in await ask.list_pages_beside(unit.session, page)
        if other.state is PageState.WAITING and other.due_at is not None
    ]
    if not waiting:
        return False
    first = min(other.due_at for other in waiting if other.due_at is not None)
    coming = [other for other in waiting if other.due_at == first]
    for other in coming:
        other.due_at = unit.now
    await send_now(unit, user, coming)
    return True


async def hold_waiting_pages(unit: Unit, lane: str, reason: str) -> bool:
    """Hold the oldest of the pages that wait for this platform; whether there may be more."""
    pages = await ask.list_not_held(unit.session, lane, HELD_AT_ONCE)
    for page in pages:
        _hold(unit, page, reason)
    await unit.session.flush()
    for page in pages:
        await _say_if_out_of_reach(unit, await unit.session.get_one(User, page.user_id), page)
    return len(pages) == HELD_AT_ONCE


def _hold(unit: Unit, page: Page, reason: str) -> None:
    page.held_at, page.held_because = unit.now, reason
    unit.touch(f"user:{page.user_id}")


async def _say_if_out_of_reach(unit: Unit, user: User, page: Page) -> None:
    """Unless something else reaches the person now, or what was to come later does instead."""
    pages = await ask.list_pages_beside(unit.session, page)
    if is_reached([one for one in pages if one.state is not PageState.WAITING]):
        return
    if not await bring_forward(unit, user, page):
        methods = tuple(one.method for one in pages if one.held_at is not None)
        unit.emit(PersonOutOfReach(page.id, page.subject, user.id, user.name, methods))
