"""Questions about policies, escalations and pages."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import Escalation, Page, PolicyStep
from storage.words import EscalationState, PageState

ALIVE = (EscalationState.RUNNING, EscalationState.ACKNOWLEDGED)


async def list_steps(session: AsyncSession, policy_id: int) -> Sequence[PolicyStep]:
    return (
        await session.scalars(
            select(PolicyStep)
            .where(PolicyStep.policy_id == policy_id)
            .order_by(PolicyStep.delay, PolicyStep.position)
        )
    ).all()


async def list_escalations(session: AsyncSession, subject: str) -> Sequence[Escalation]:
    """The escalations of this subject that are under way, one per policy."""
    return (
        await session.scalars(
            select(Escalation)
            .where(Escalation.subject == subject, Escalation.state.in_(ALIVE))
            .order_by(Escalation.id)
        )
    ).all()


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


async def list_stoppable(session: AsyncSession, subject: str) -> Sequence[Escalation]:
    """The escalations of this subject that are not over, or that gave up without an answer."""
    states = (*ALIVE, EscalationState.EXHAUSTED)
    return (
        await session.scalars(
            select(Escalation)
            .where(Escalation.subject == subject, Escalation.state.in_(states))
            .order_by(Escalation.id)
        )
    ).all()


async def is_waiting(session: AsyncSession, subject: str) -> bool:
    """Whether an escalation of this subject still waits for somebody to acknowledge."""
    return bool(await list_answerable(session, subject))


async def find_latest_escalation(session: AsyncSession, subject: str) -> Escalation | None:
    found = await session.scalars(
        select(Escalation).where(Escalation.subject == subject).order_by(Escalation.id.desc()).limit(1)
    )
    return found.first()


async def list_pages(session: AsyncSession, subjects: Collection[str]) -> Sequence[Page]:
    return (await session.scalars(select(Page).where(Page.subject.in_(subjects)).order_by(Page.id))).all()


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


async def answer_pages(session: AsyncSession, subject: str, user_id: int, now: object) -> None:
    """Mark this person's pages about the subject as answered."""
    await session.execute(
        update(Page)
        .where(
            Page.subject == subject,
            Page.user_id == user_id,
            Page.state.in_((PageState.QUEUED, PageState.SENT)),
        )
        .values(state=PageState.ANSWERED, answered_at=now)
        .execution_options(synchronize_session=False)
    )


async def count_escalations(session: AsyncSession, state: EscalationState) -> int:
    return (
        await session.scalar(select(func.count()).select_from(Escalation).where(Escalation.state == state))
        or 0
    )
