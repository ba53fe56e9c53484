"""Pages: one attempt to reach one person by one contact method, with evidence of what became of it."""

from collections.abc import Sequence

from bot.errors import Unknown
from bot.flow.unit import Unit
from bot.paging.events import PageAnswered, PageFailed, PersonPaged
from bot.paging.reach import hold_if_away
from storage.models import Alert, Page, User
from storage.questions import access
from storage.questions import paging as ask
from storage.words import PageState


async def list_methods(unit: Unit, user: User) -> list[str]:
    """The contact methods that can reach this person now."""
    return [method for method in unit.installation.methods if await _is_reachable(unit, user, method)]


async def _is_reachable(unit: Unit, user: User, method: str) -> bool:
    """The Room reaches everybody. A chat platform reaches whoever has an account there, or an e-mail address by which the
    platform was not asked for one yet."""
    if method == "room":
        return True
    if method == "email":
        return bool(user.email)
    question = ("account", method, user.id)
    if question not in unit.known:
        unit.known[question] = await access.find_account_of(unit.session, method, user.id)
    account = unit.known[question]
    return bool(user.email) if account is None else account.address is not None


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
) -> int:
    """Page a person by all of their contact methods; returns how many. `about` is what the words of a page without
    subject are about (`incident:7`): who may not see that does not see the page."""
    methods = await list_methods(unit, user)
    pages = []
    for method in methods:
        page = Page(
            subject=subject,
            escalation_id=escalation_id,
            step=step,
            round=round_,
            user_id=user.id,
            method=method,
            reason={
                **(reason or {"type": "direct", "name": unit.actor.name}),
                **({"about": about} if about else {}),
            },
            why=why,
            by_name=unit.actor.name,
            by_id=unit.actor.user_id,
            created_at=unit.now,
        )
        unit.session.add(page)
        pages.append(page)
    unit.gather(_send, (user, pages))
    unit.touch(f"user:{user.id}")
    return len(methods)


async def _send(unit: Unit, paged: Sequence[tuple[User, Sequence[Page]]]) -> None:
    """Queue the sending of fresh pages, those of many people at once."""
    await unit.session.flush()
    subjects = {page.subject for _, pages in paged for page in pages}
    await unit.read_many(Alert, {int(one[6:]) for one in subjects if one.startswith("alert:")})
    for user, pages in paged:
        for page in pages:
            unit.put(f"page:{user.id}@{page.method}", "page.send", f"page:{page.id}")
            unit.emit(PersonPaged(page.id, page.subject, user.id, user.name, page.method, page.reason))
        await hold_if_away(unit, user, pages)


async def answer_page(unit: Unit, page_id: int) -> Page:
    """The person answers a page that has no alert or incident to acknowledge (a test page, or `/page`)."""
    page = await unit.session.get(Page, page_id)
    if page is None or page.user_id != unit.actor.user_id:
        raise Unknown("page.unknown", number=page_id)
    for other in await ask.list_pages_of_user(unit.session, page.user_id):
        same = other.why == page.why and other.created_at == page.created_at and not other.subject
        if (other.id == page.id or same) and other.state in (PageState.QUEUED, PageState.SENT):
            other.state = PageState.ANSWERED
            other.answered_at = unit.now
            refresh_page(unit, other)
    unit.touch(f"user:{page.user_id}")
    if page.reason.get("type") == "direct":
        unit.emit(PageAnswered(page.id, page.by_id, unit.actor.name, page.why))
    return page


async def fail_page(unit: Unit, page_id: int, error: str) -> None:
    page = await unit.session.get_one(Page, page_id)
    user = await unit.session.get_one(User, page.user_id)
    page.state = PageState.FAILED
    page.error = error
    unit.emit(PageFailed(page.id, page.subject, user.id, user.name, page.method, error))


def refresh_page(unit: Unit, page: Page | ask.PageCopy) -> None:
    """Show a page's new state where it was sent."""
    if page.address:
        unit.put(f"page:{page.user_id}@{page.method}", "page.refresh", f"page:{page.id}", coalesce=True)


async def refresh_pages(unit: Unit, *subjects: str) -> None:
    """Show the new state of these subjects on every copy of their pages."""
    await unit.session.flush()
    for page in await ask.list_copies(unit.session, subjects):
        refresh_page(unit, page)
        unit.touch(f"user:{page.user_id}")
