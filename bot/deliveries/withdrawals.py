"""Taking back what shows on a device when nobody is needed there any more: somebody acknowledged, or it is over.

It wakes nobody, happens once for a page, and holds up no page: what can't be taken back stays as it was.
"""

from bot.chat.markup import render_text
from bot.deliveries.delivery import Delivery
from bot.deliveries.hearing import noting
from bot.deliveries.subjects import Subject
from bot.errors import Rejected, Retry
from bot.flow.outbox import Job, Outcome
from bot.flow.unit import Unit
from bot.logs import get_logger
from bot.notify.notifier import Notice, Withdrawing
from storage.models import ContactMethod, Page
from storage.questions.paging import is_told_elsewhere
from storage.words import PageState

log = get_logger(__name__)
WITHDRAWN = "withdrawn"
"""What `Page.shown` says then."""


async def withdraw(delivery: Delivery, job: Job, page: Page, subject: Subject | None) -> Outcome | None:
    """Take back the copy of this page, where its channel can do that and somebody is not waited for."""
    notifier: object = delivery.notifiers.get(page.method)
    if page.shown or not isinstance(notifier, Withdrawing) or _is_wanted(page, subject):
        return None
    contact = await delivery.work.look(lambda unit: _find_contact(unit, page))
    if contact is None:
        return None
    try:
        notice = _build(delivery, page, contact, subject)
        await noting(notifier.withdraw)(contact.address, page.address or "", notice, job.key)
    except Rejected as rejected:
        log.info("page.not_withdrawn", page=page.id, reason=rejected.reason[:200])
    except Retry as retry:
        if retry.is_away:
            raise  # no page would get through either
        log.info("page.not_withdrawn", page=page.id, reason=retry.reason[:200])

    async def mark(unit: Unit) -> None:
        (await unit.session.get_one(Page, page.id)).shown = WITHDRAWN

    return mark


async def _find_contact(unit: Unit, page: Page) -> ContactMethod | None:
    """Where it was sent; None when that is gone, or when another page stands there in its place."""
    contact = await unit.session.get(ContactMethod, page.contact_id) if page.contact_id is not None else None
    if contact is None or not contact.active or contact.verified_at is None:
        return None
    return None if await is_told_elsewhere(unit.session, page) else contact


def _is_wanted(page: Page, subject: Subject | None) -> bool:
    if subject is None:
        return page.state is not PageState.ANSWERED
    return subject.waiting and not subject.over


def _build(delivery: Delivery, page: Page, contact: ContactMethod, subject: Subject | None) -> Notice:
    words = render_text(delivery.templates.render_markup("push/withdrawn", subject=subject, page=page))
    title, _, text = words.partition("\n")
    return Notice(
        title,
        text.strip(),
        thread=subject.ref.lower() if subject else "",
        url=subject.url if subject else delivery.work.installation.public_url,
        options=dict(contact.options),
        facts={"page": page.id},
    )
