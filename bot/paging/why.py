"""Why somebody was paged, or not: the record of escalations and pages, put together for `why`."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.flow.unit import Unit
from storage.models import Escalation, EscalationPolicy, Page, User
from storage.questions import access
from storage.questions import paging as ask


@dataclass(frozen=True)
class PageStory:
    page: Page
    user: User


@dataclass(frozen=True)
class EscalationStory:
    escalation: Escalation
    policy: EscalationPolicy


@dataclass(frozen=True)
class PagingStory:
    """Escalations and pages of some subjects, in order; also those by which a person called somebody."""

    escalations: tuple[EscalationStory, ...]
    pages: tuple[PageStory, ...]


async def explain_paging(unit: Unit, subjects: Collection[str]) -> PagingStory:
    direct = await ask.list_direct_pages(unit.session, subjects)
    pages = sorted([*await ask.list_pages(unit.session, subjects), *direct], key=lambda page: page.id)
    users = await access.list_users_by_id(unit.session, {page.user_id for page in pages})
    found = []
    for subject in subjects:
        escalation = await ask.find_latest_escalation(unit.session, subject)
        if escalation is not None:
            policy = await unit.session.get_one(EscalationPolicy, escalation.policy_id)
            found.append(EscalationStory(escalation, policy))
    return PagingStory(tuple(found), tuple(PageStory(page, users[page.user_id]) for page in pages))
