"""Questions about policies, escalations and pages."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.models import Escalation, IncidentTeam, Page, PolicyStep, Team
from storage.models.paging import stream_of
from storage.ready import Ready, is_among
from storage.words import EscalationState, PageState

ALIVE = (EscalationState.RUNNING, EscalationState.ACKNOWLEDGED)
STOPPABLE = (*ALIVE, EscalationState.EXHAUSTED)
CHUNK = 400
ANSWERED_BEFORE = "answered or over before it was sent"


STEPS = (
    select(PolicyStep)
    .where(PolicyStep.policy_id == bindparam("policy"))
    .order_by(PolicyStep.delay, PolicyStep.position)
)


async def list_steps(session: AsyncSession, policy_id: int) -> Sequence[PolicyStep]:
    return (await session.scalars(STEPS, {"policy": policy_id})).all()


OF_SUBJECT = (
    select(Escalation)
    .where(Escalation.subject == bindparam("subject"), Escalation.state.in_(ALIVE))
    .order_by(Escalation.id)
)


async def list_escalations(session: AsyncSession, subject: str) -> Sequence[Escalation]:
    """The escalations of this subject that are under way, one per policy."""
    return (await session.scalars(OF_SUBJECT, {"subject": subject})).all()


UNDER_WAY = Ready(
    lambda database: select(Escalation.subject, Escalation.policy_id).where(
        is_among(database, Escalation.subject, "subjects"), Escalation.state.in_(ALIVE)
    )
)


async def list_under_way(session: AsyncSession, subjects: Collection[str]) -> set[tuple[str, int]]:
    """Which of these subjects have escalations under way, with the policy of each: ix_escalation_subject."""
    return {(row[0], row[1]) for row in await UNDER_WAY.ask(session, subjects=list(subjects))}


async def has_begun(session: AsyncSession, subject: str, policy_id: int) -> bool:
    """Whether this policy ever paged for a subject: ix_escalation_subject."""
    asked = select(Escalation.id).where(Escalation.subject == subject, Escalation.policy_id == policy_id)
    return await session.scalar(asked.limit(1)) is not None


IS_LEFT = Ready(
    select(IncidentTeam.team_id)
    .join(Team, Team.id == IncidentTeam.team_id)
    .where(
        IncidentTeam.incident_id == bindparam("incident"),
        ~exists().where(
            Escalation.subject == bindparam("subject"),
            Escalation.policy_id == Team.policy_id,
            Escalation.state.in_(ALIVE),
        ),
    )
    .limit(1)
)


async def is_any_team_left(session: AsyncSession, incident_id: int) -> bool:
    """Whether a team of an incident is not paged for it by its policy, or has none."""
    return bool(await IS_LEFT.ask(session, incident=incident_id, subject=f"incident:{incident_id}"))


async def list_answerable(session: AsyncSession, subject: str) -> Sequence[Escalation]:
    """The escalations of this subject that an acknowledgement answers, also those that had given up."""
    waiting = (EscalationState.RUNNING, EscalationState.EXHAUSTED)
    return (
        await session.scalars(
            select(Escalation)
            .where(Escalation.subject == subject, Escalation.state.in_(waiting))
            .order_by(Escalation.id)
        )
    ).all()


async def stop(session: AsyncSession, subjects: Collection[str], now: datetime) -> list[int]:
    """Stop the escalations of these subjects that are not over, or that gave up without an answer; returns their ids."""
    stopped: list[int] = []
    given = list(subjects)
    for start in range(0, len(given), CHUNK):
        asked = (
            select(Escalation.id)
            .where(Escalation.subject.in_(given[start : start + CHUNK]), Escalation.state.in_(STOPPABLE))
            .order_by(Escalation.id)
            .with_for_update()
        )
        stopped += await session.scalars(asked)
    for start in range(0, len(stopped), CHUNK):
        await session.execute(
            update(Escalation)
            .where(Escalation.id.in_(stopped[start : start + CHUNK]))
            .values(state=EscalationState.STOPPED, ended_at=now)
            .execution_options(synchronize_session="evaluate")
        )
    return stopped


async def is_waiting(session: AsyncSession, subject: str, user_id: int | None, since: datetime) -> bool:
    """Whether an escalation of this subject still waits for somebody to acknowledge, or this person was called in to it
    after somebody had (`since`), without steps, and has not answered: ix_page_subject."""
    if await list_answerable(session, subject):
        return True
    called = select(Page.id).where(
        Page.subject == subject,
        Page.user_id == user_id,
        Page.escalation_id.is_(None),
        Page.created_at > since,
        Page.state.in_((PageState.WAITING, PageState.QUEUED, PageState.SENT)),
    )
    return user_id is not None and await session.scalar(called.limit(1)) is not None


async def list_states(session: AsyncSession, subject: str) -> set[EscalationState]:
    """Of the escalations that a subject ever had: ix_escalation_subject."""
    return set(
        await session.scalars(select(Escalation.state).where(Escalation.subject == subject).distinct())
    )


async def find_latest_escalation(session: AsyncSession, subject: str) -> Escalation | None:
    found = await session.scalars(
        select(Escalation).where(Escalation.subject == subject).order_by(Escalation.id.desc()).limit(1)
    )
    return found.first()


async def list_pages(session: AsyncSession, subjects: Collection[str]) -> Sequence[Page]:
    return (await session.scalars(select(Page).where(Page.subject.in_(subjects)).order_by(Page.id))).all()


async def list_direct_pages(session: AsyncSession, subjects: Collection[str]) -> Sequence[Page]:
    """The pages by which a person called somebody about these subjects, in their own words: ix_page_subject."""
    about = Page.reason["about"].as_string()
    direct = select(Page).where(Page.subject == "", about.in_(subjects)).order_by(Page.id)
    return (await session.scalars(direct)).all()


class PageCopy(NamedTuple):
    """Where a page is shown; one that was not sent yet has no address."""

    id: int
    user_id: int
    method: str
    contact_id: int | None
    address: str | None

    @property
    def stream(self) -> str:
        return stream_of(self.user_id, self.method, self.contact_id)


async def list_copies(session: AsyncSession, subjects: Collection[str]) -> list[PageCopy]:
    """The pages about these subjects: ix_page_subject."""
    found: list[PageCopy] = []
    given = list(subjects)
    for start in range(0, len(given), CHUNK):
        rows = await session.execute(
            select(Page.id, Page.user_id, Page.method, Page.contact_id, Page.address)
            .where(Page.subject.in_(given[start : start + CHUNK]))
            .order_by(Page.id)
        )
        found += [PageCopy(*row) for row in rows]
    return found


async def list_pages_of_step(
    session: AsyncSession, escalation_id: int, round_: int, step: int
) -> Sequence[Page]:
    return (
        await session.scalars(
            select(Page).where(Page.escalation_id == escalation_id, Page.round == round_, Page.step == step)
        )
    ).all()


async def list_pages_of_user(session: AsyncSession, user_id: int, limit: int = 50) -> Sequence[Page]:
    return (
        await session.scalars(
            select(Page).where(Page.user_id == user_id).order_by(Page.id.desc()).limit(limit)
        )
    ).all()


async def list_unanswered_of(session: AsyncSession, user_id: int) -> Sequence[Page]:
    """A person's pages about something that wait for an answer, or for their time: ix_page_user. Of those with steps, where
    these still run."""
    return (
        await session.scalars(
            select(Page)
            .outerjoin(Escalation, Escalation.id == Page.escalation_id)
            .where(
                Page.user_id == user_id,
                Page.subject != "",
                Page.state.in_((PageState.WAITING, PageState.QUEUED, PageState.SENT)),
                Page.escalation_id.is_(None) | (Escalation.state == EscalationState.RUNNING),
            )
            .order_by(Page.id)
        )
    ).all()


async def list_pages_beside(session: AsyncSession, page: Page) -> Sequence[Page]:
    """This page and those by which the same person was paged together with it: ix_page_user."""
    together = (
        [Page.escalation_id == page.escalation_id, Page.round == page.round, Page.step == page.step]
        if page.escalation_id is not None
        else [
            Page.escalation_id.is_(None),
            Page.created_at == page.created_at,
            Page.why == page.why,
            Page.subject == page.subject,
        ]
    )
    return (
        await session.scalars(select(Page).where(Page.user_id == page.user_id, *together).order_by(Page.id))
    ).all()


async def list_not_held(session: AsyncSession, lane: str, most: int) -> Sequence[Page]:
    """Pages that wait to be sent on this lane, and for which no other way was looked for yet, the oldest
    first: ix_page_state."""
    method, _, contact = lane.partition(".")
    own = [Page.contact_id == int(contact)] if contact else []
    return (
        await session.scalars(
            select(Page)
            .where(Page.state == PageState.QUEUED, Page.method == method, Page.held_at.is_(None), *own)
            .order_by(Page.id)
            .limit(most)
        )
    ).all()


class HeldBeside(NamedTuple):
    """A page by which a person was paged together with one that is held; those of one time have the same `together`."""

    id: int
    user_id: int
    method: str
    state: PageState
    held_at: datetime | None
    together: tuple[Any, ...]


HELD: Any = aliased(Page)
IS_HELD = (HELD.state == PageState.QUEUED, HELD.held_at.is_not(None), HELD.user_id == Page.user_id)
BESIDE_HELD = (
    select(Page.id, Page.user_id, Page.method, Page.state, Page.held_at)
    .add_columns(Page.escalation_id, Page.round, Page.step)
    .join(HELD, Page.escalation_id == HELD.escalation_id)
    .where(*IS_HELD, Page.round == HELD.round, Page.step == HELD.step)
)
BESIDE_HELD_BY_HAND = (
    select(Page.id, Page.user_id, Page.method, Page.state, Page.held_at)
    .add_columns(Page.created_at, Page.why, Page.subject)
    .join(HELD, Page.user_id == HELD.user_id)
    .where(
        *IS_HELD,
        Page.escalation_id.is_(None),
        HELD.escalation_id.is_(None),
        Page.created_at == HELD.created_at,
        Page.why == HELD.why,
        Page.subject == HELD.subject,
    )
)


async def list_beside_held(session: AsyncSession) -> list[HeldBeside]:
    """Pages that wait for a platform that is away, and those beside them, each once: ix_page_state, ix_page_escalation."""
    found: dict[int, HeldBeside] = {}
    for asked in (BESIDE_HELD, BESIDE_HELD_BY_HAND):
        for row in await session.execute(asked):
            number, user_id, method, state, held_at, *together = row
            found[number] = HeldBeside(number, user_id, method, state, held_at, (user_id, *together))
    return list(found.values())


async def has_held_before(session: AsyncSession, user_id: int, page_id: int) -> bool:
    """Whether a page of this person from before this one waits for a platform that is away: ix_page_user."""
    earlier = select(Page.id).where(
        Page.user_id == user_id,
        Page.state == PageState.QUEUED,
        Page.held_at.is_not(None),
        Page.created_at < select(Page.created_at).where(Page.id == page_id).scalar_subquery(),
    )
    return await session.scalar(earlier.limit(1)) is not None


PAGES: Any = Page.__table__
CONTACT = (PAGES.c.user_id, PAGES.c.method, PAGES.c.contact_id)
STEP = (PAGES.c.escalation_id, PAGES.c.round, PAGES.c.step)
LAST_PAGES = Ready(
    lambda database: (
        select(*STEP, *CONTACT, func.max(PAGES.c.id))
        .where(
            is_among(database, PAGES.c.escalation_id, "escalations"),
            PAGES.c.state.in_((PageState.QUEUED, PageState.SENT, PageState.ANSWERED)),
        )
        .group_by(*STEP, *CONTACT)
    )
)


async def list_with_newer(session: AsyncSession, pages: Collection[Page]) -> set[int]:
    """Of which of these pages a later page of the same step reaches, or is about to reach, the same person by the same
    method (two accounts were joined); for a page that was held or waited for its time, also one of a later step."""
    escalations = {page.escalation_id for page in pages if page.escalation_id is not None}
    if not escalations:
        return set()
    later: dict[tuple[Any, ...], int] = {}
    for row in await LAST_PAGES.ask(session, escalations=sorted(escalations)):
        step, contact, last = tuple(row[:3]), tuple(row[3:6]), row[6]
        for key in ((step, contact), (row[0], contact)):
            later[key] = max(last, later.get(key, 0))
    found = set()
    for page in pages:
        contact = (page.user_id, page.method, page.contact_id)
        was_late = page.held_at is not None or page.due_at is not None
        of: Any = page.escalation_id if was_late else (page.escalation_id, page.round, page.step)
        if later.get((of, contact), 0) > page.id:
            found.add(page.id)
    return found


async def is_told_elsewhere(session: AsyncSession, page: Page) -> bool:
    """Whether another page about the same to the same contact method is newer, or waits for somebody still: a device shows
    them as one. ix_page_subject."""
    others = (
        select(Page.id)
        .outerjoin(Escalation, Escalation.id == Page.escalation_id)
        .where(
            Page.subject == page.subject,
            Page.user_id == page.user_id,
            Page.contact_id == page.contact_id,
            Page.id != page.id,
            Page.state.in_((PageState.QUEUED, PageState.SENT, PageState.ANSWERED)),
            (Page.id > page.id) | Escalation.state.in_((EscalationState.RUNNING, EscalationState.EXHAUSTED)),
        )
    )
    return page.subject != "" and await session.scalar(others.limit(1)) is not None


async def answer_pages(session: AsyncSession, subject: str, user_id: int, now: object) -> None:
    """Mark this person's pages about the subject as answered; what was to come later need not come."""
    of_them = update(Page).where(Page.subject == subject, Page.user_id == user_id)
    for changed in (
        of_them.where(Page.state.in_((PageState.QUEUED, PageState.SENT))).values(
            state=PageState.ANSWERED, answered_at=now
        ),
        of_them.where(Page.state == PageState.WAITING).values(state=PageState.DROPPED, error=ANSWERED_BEFORE),
    ):
        await session.execute(changed.execution_options(synchronize_session=False))


async def count_escalations(session: AsyncSession, state: EscalationState) -> int:
    return (
        await session.scalar(select(func.count()).select_from(Escalation).where(Escalation.state == state))
        or 0
    )
