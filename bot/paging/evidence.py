"""What is known of one page, from queued to answered, for people to read."""

from dataclasses import dataclass
from datetime import datetime

from bot.flow.unit import Unit
from bot.paging.pages import TEST
from storage.models import Page
from storage.questions import paging as ask
from storage.words import PageState


@dataclass(frozen=True)
class LastTest:
    """The last test page of a person: when it was sent, when it was answered, and what became of each method."""

    sent_at: datetime
    answered_at: datetime | None
    rows: tuple[dict[str, str], ...]


def describe_page(page: Page) -> dict[str, str]:
    """The method, its label where it has one of its own, how far the page has come (`came`: failed, dropped, answered,
    delivered, handed_over, held, waiting or queued), and why not further."""
    return {
        "method": page.method,
        "label": page.label if page.label != page.method else "",
        "came": _how_far(page),
        "why": page.error or (page.held_because if page.state is PageState.QUEUED else ""),
    }


def _how_far(page: Page) -> str:
    if page.state in (PageState.FAILED, PageState.DROPPED, PageState.WAITING):
        return str(page.state)
    if page.state is PageState.ANSWERED and page.sent_at is None:
        return "dropped"
    if page.delivered_at is not None:
        return "delivered"
    if page.sent_at is not None:
        return "handed_over"
    return "held" if page.held_at is not None else "queued"


async def find_last_test(unit: Unit, user_id: int) -> LastTest | None:
    """Among the last pages of the person; None when none of them was a test."""
    pages = await ask.list_pages_of_user(unit.session, user_id)
    last = next((page for page in pages if page.reason.get("type") == TEST), None)
    if last is None:
        return None
    beside = await ask.list_pages_beside(unit.session, last)
    answers = [page.answered_at for page in beside if page.answered_at is not None]
    return LastTest(last.created_at, min(answers, default=None), tuple(describe_page(one) for one in beside))
