"""Sending pages, and showing on each copy what became of its subject.

A page is built when it is sent, from what is true then; one that has become pointless (acknowledged or closed meanwhile)
is dropped, visibly. Messages to a person about an incident (updates for followers, reminders) go the same ways.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property

from bot.chat.card import Card
from bot.chat.platform import Message
from bot.deliveries.delivery import Delivery, number_of, once_of
from bot.deliveries.hearing import noting
from bot.deliveries.notices import build_notice
from bot.deliveries.pointless import is_pointless
from bot.deliveries.posts import build_post, build_update_card, digest_of, get_update
from bot.deliveries.subjects import Subject
from bot.deliveries.withdrawals import withdraw
from bot.errors import Rejected
from bot.flow.looks import Looks
from bot.flow.outbox import Job, Outcome
from bot.flow.unit import Unit
from bot.incidents.privacy import is_hidden_from
from bot.incidents.view import build_incident_view
from bot.logs import get_logger
from bot.paging.events import PersonPaged
from bot.paging.pages import QUESTION, refresh_page
from bot.paging.reach import is_reached
from storage.models import Alert, ContactMethod, Escalation, Page, Team, User
from storage.questions import paging
from storage.words import AlertStatus, EscalationState, PageState, StepCondition

log = get_logger(__name__)
PLAIN_GOES_STALE_AFTER = timedelta(minutes=15)
"""A page without an alert or incident is not rung so late any more when it went another way."""


async def read_sent(unit: Unit, jobs: Sequence[Job]) -> None:
    """What is asked for when it is written down what came of these pages. Whoever acknowledges at this moment either finds
    where a page went, or is seen here."""
    pages = (await unit.read_many(Page, {number_of(job.subject) for job in jobs}, lock=True)).values()
    runs = {page.escalation_id for page in pages if page.escalation_id is not None}
    await unit.read_many(Escalation, runs, lock=True)


class Pages:
    """Deliverers of `page.*`, `follower.*` and `person.*`."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery

    @cached_property
    def _looks(self) -> Looks[int, tuple[Page, User, Subject | None, str]]:
        return Looks(self.delivery.work, self._read_ahead, self._examine)

    async def send(self, job: Job) -> Outcome | None:
        number = number_of(job.subject)
        page, user, subject, pointless = await self._looks.look(number)
        if page.state is not PageState.QUEUED:
            return None
        if pointless:
            return self._mark(page.id, PageState.DROPPED, error=pointless)
        card = self._card(page, user, subject)
        address = await self._hand_over(job, user, card, subject, page)
        shown = digest_of(card) if job.lane in self.delivery.platforms else ""
        return self._mark(page.id, PageState.SENT, address=address, shown=shown)

    @staticmethod
    async def _read_ahead(unit: Unit, numbers: Sequence[int]) -> None:
        """What examining these pages asks for, in a few questions: the rest finds it in the session."""
        pages = (await unit.read_many(Page, numbers)).values()
        await unit.read_many(User, {page.user_id for page in pages})
        await unit.read_many(Escalation, {page.escalation_id for page in pages if page.escalation_id})
        unit.known["newer pages"] = await paging.list_with_newer(unit.session, list(pages))
        alerts = {int(page.subject[6:]) for page in pages if page.subject.startswith("alert:")}
        found = (await unit.read_many(Alert, alerts)).values()
        await unit.read_many(Team, {alert.team_id for alert in found if alert.team_id})

    async def _examine(self, unit: Unit, number: int) -> tuple[Page, User, Subject | None, str]:
        """The page, its person and subject, and why it need not be sent any more (empty when it has to)."""
        page, user, subject = await self._read(unit, number)
        pointless = ""
        if page.state is PageState.QUEUED:
            if not user.active:
                raise Rejected("page.switched_off")
            pointless = await self._find_pointless(unit, page, user, subject)
        return page, user, subject, pointless

    async def _find_pointless(self, unit: Unit, page: Page, user: User, subject: Subject | None) -> str:
        if await is_hidden_from(unit, page.subject, user):
            return "left the private incident before it was sent"
        if subject is not None:
            if page.reason.get("type") == QUESTION:
                return paging.ANSWERED_BEFORE if subject.over or not subject.acknowledged else ""
            if subject.over or not (subject.waiting or await self._insists(unit, page)):
                return paging.ANSWERED_BEFORE
            newer: set[int] = unit.known["newer pages"]
            return (
                "a newer page says the same"
                if page.id in newer and not await self._insists(unit, page)
                else ""
            )
        if unit.now - (page.due_at or page.created_at) < PLAIN_GOES_STALE_AFTER:
            return ""
        others = [
            other for other in await paging.list_pages_beside(unit.session, page) if other.id != page.id
        ]
        return "went another way meanwhile" if others and is_reached(others) else ""

    @staticmethod
    async def _insists(unit: Unit, page: Page) -> bool:
        """Whether the page's step runs until the subject is closed, acknowledged or not."""
        if page.escalation_id is None:
            return False
        escalation = await unit.session.get_one(Escalation, page.escalation_id)
        return bool(escalation.steps[page.step]["condition"] == StepCondition.NOT_CLOSED)

    async def refresh(self, job: Job) -> Outcome | None:
        """Edit the copy that a chat platform holds, and take back what a device shows. An e-mail stays as it was. Somebody
        who may not see the private incident reads that they are not needed, and nothing else."""
        is_chat = job.lane in self.delivery.platforms
        page, user, subject = await self.delivery.work.look(
            lambda unit: self._read_copy(unit, number_of(job.subject))
        )
        if not page.address:
            return None
        if not is_chat:
            return await withdraw(self.delivery, job, page, subject)
        card = self._card(page, user, subject)
        digest = digest_of(card)
        if digest == page.shown:
            return None
        await self.delivery.platform_of(job).edit_direct(page.address, Message(card=card, summary=card.title))

        async def edited(unit: Unit) -> None:
            (await unit.session.get_one(Page, page.id)).shown = digest

        return edited

    async def _read_copy(self, unit: Unit, number: int) -> tuple[Page, User, Subject | None]:
        page, user, subject = await self._read(unit, number)
        if subject is not None and await is_hidden_from(unit, page.subject, user):
            subject = subject.hide(self.delivery.work.installation.public_url)
        return page, user, subject

    async def send_update(self, job: Job) -> Outcome | None:
        """A status update to a person who follows."""
        update = await get_update(self.delivery, number_of(job.subject))
        view = await self.delivery.view(update.incident_id)
        user = await self._get_user(int(job.payload["user"]))
        if not user.active:
            return None
        await self._hand_over(job, user, build_update_card(self.delivery, view, update), None)
        return None

    async def say(self, job: Job) -> Outcome | None:
        """A message to one person about an incident, its words from `templates/posts/`. Who has left reads nothing more."""
        is_incident = job.subject.startswith("incident:")
        view = await self.delivery.view(number_of(job.subject)) if is_incident else None
        user = await self._get_user(int(job.payload["user"]))
        if not user.active or await is_pointless(self.delivery, job, view):
            return None
        message = build_post(self.delivery, job.payload["words"], view, job.payload["data"], "")
        platform = self.delivery.platform_of(job)
        person = await self.delivery.find_address(platform, user)
        if person is None:
            raise Rejected(f"{user.handle} is not on {platform.name}")
        await platform.post_direct(person, message, once_of(job))
        return None

    async def _hand_over(
        self, job: Job, user: User, card: Card, subject: Subject | None, page: Page | None = None
    ) -> str:
        notifier = self.delivery.notifiers.get(job.lane.partition(".")[0])
        if notifier is not None:
            contact = await self._find_contact(page)
            notice = build_notice(self.delivery, card, user, subject, page, contact)
            address = contact.address if contact is not None else user.email
            return await noting(notifier.send)(address, notice, job.key)
        platform = self.delivery.platform_of(job)
        person = await self.delivery.find_address(platform, user)
        if person is None:
            raise Rejected(f"{user.handle} is not on {platform.name}")
        return await platform.post_direct(person, Message(card=card, summary=card.title), once_of(job))

    async def _find_contact(self, page: Page | None) -> ContactMethod | None:
        """The contact method that a page goes to; None for the e-mail address of the profile."""
        if page is None or page.contact_id is None:
            return None
        number = page.contact_id
        contact = await self.delivery.work.look(lambda unit: unit.session.get(ContactMethod, number))
        if contact is None or not contact.active or contact.verified_at is None:
            raise Rejected((contact.gone_because if contact is not None else "") or "contact.removed")
        return contact

    def _card(self, page: Page, user: User, subject: Subject | None) -> Card:
        """Nothing that is wrong with words keeps a page from going out."""
        try:
            return self.delivery.templates.render_card("page", page=page, user=user, subject=subject)
        except Exception:
            log.exception("page.card_failed", page=page.id)
        if subject is None:
            return Card(page.why or page.by_name, url=self.delivery.work.installation.public_url)
        return Card(f"{subject.priority} · {subject.title}", tone=subject.priority, url=subject.url)

    def _mark(
        self, page_id: int, state: PageState, address: str | None = None, error: str = "", shown: str = ""
    ) -> Outcome:
        async def mark(unit: Unit) -> None:
            page = await unit.session.get_one(Page, page_id)
            await unit.lock(page)
            if page.state is PageState.QUEUED:
                page.state, page.error = state, error
            page.address = address or page.address
            page.shown = shown or page.shown
            if state is PageState.SENT:
                page.sent_at = unit.now
            if state is PageState.SENT and page.due_at is not None:
                user = await unit.session.get_one(User, page.user_id)
                unit.emit(PersonPaged(page.id, page.subject, user.id, user.name, page.method, page.reason))
            unit.touch(f"user:{page.user_id}")
            if page.state is not state or not await self._still_waits(unit, page):
                refresh_page(
                    unit, page
                )  # what happened between the handing over and now shows on the copy, too

        return mark

    @staticmethod
    async def _still_waits(unit: Unit, page: Page) -> bool:
        """Whether nobody can have answered meanwhile; of a page without steps only what it shows then can tell."""
        if page.escalation_id is None:
            return not page.subject
        escalation = await unit.session.get_one(Escalation, page.escalation_id)
        return escalation.state is EscalationState.RUNNING

    async def _get_user(self, user_id: int) -> User:
        return await self.delivery.work.look(lambda unit: unit.session.get_one(User, user_id))

    async def _read(self, unit: Unit, page_id: int) -> tuple[Page, User, Subject | None]:
        page = await unit.session.get(Page, page_id)
        if page is None:
            raise Rejected("the page is gone")
        user = await unit.session.get_one(User, page.user_id)
        kind, _, number = page.subject.partition(":")
        if kind == "incident":
            return (
                page,
                user,
                await self._with_state(unit, page, await self._read_incident(unit, int(number))),
            )
        if kind == "alert":
            return page, user, await self._with_state(unit, page, await self._read_alert(unit, int(number)))
        return page, user, None

    @staticmethod
    async def _with_state(unit: Unit, page: Page, subject: Subject) -> Subject:
        """Whether anybody is still wanted: the escalation says so, for each of the teams that were called by itself. Whoever
        was called in after somebody had acknowledged is wanted, too; not who was asked whether they are still on it."""
        if page.reason.get("type") == QUESTION:
            return replace(subject, waiting=not subject.acknowledged and not subject.over)
        if subject.incident:
            return replace(subject, waiting=False)
        if page.escalation_id is None:
            answered = subject.acknowledged_at
            waiting = answered is None or answered < page.created_at
            return replace(subject, waiting=waiting and not subject.over)
        escalation = await unit.session.get_one(Escalation, page.escalation_id)
        waiting = escalation.state in (EscalationState.RUNNING, EscalationState.EXHAUSTED)
        return replace(subject, waiting=waiting and not subject.over)

    async def _read_incident(self, unit: Unit, number: int) -> Subject:
        view = await build_incident_view(unit.session, number)
        return Subject(
            kind="incident",
            ref=view.ref,
            title=view.title,
            priority=view.priority.value,
            url=self.delivery.incident_url(view.ref),
            description=view.summary,
            team=", ".join(view.teams),
            acknowledged_by=view.acknowledged_by.name if view.acknowledged_by else "",
            acknowledged=view.acknowledged_at is not None,
            acknowledged_at=view.acknowledged_at,
            over=not view.is_open,
            status=view.status.value,
        )

    async def _read_alert(self, unit: Unit, number: int) -> Subject:
        alert = await unit.session.get_one(Alert, number)
        team = await unit.session.get(Team, alert.team_id) if alert.team_id else None
        answerer = await unit.session.get(User, alert.acknowledged_by) if alert.acknowledged_by else None
        incident = f"INC-{alert.incident_id}" if alert.incident_id is not None else ""
        return Subject(
            kind="alert",
            ref=str(alert.id),
            title=alert.title,
            priority=alert.priority.value,
            url=f"{self.delivery.work.installation.public_url}/{incident or f'alerts/{alert.id}'}",
            description=alert.description,
            team=team.name if team else "",
            acknowledged_by=answerer.name if answerer else "",
            acknowledged=alert.acknowledged_at is not None,
            acknowledged_at=alert.acknowledged_at,
            over=alert.status is not AlertStatus.OPEN
            or alert.snoozed_until is not None
            or bool(alert.held_by),
            status=alert.status.value,
            incident=incident,
        )
