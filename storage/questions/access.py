"""Questions about people, keys, links and sessions."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import String, and_, bindparam, cast, delete, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.models import ApiKey, AuditEntry, ChatAccount, SignInLink, User, WebSession
from storage.words import UserRole

HAS_LEFT = and_(User.active.is_(False), User.handle != literal("merged-").concat(cast(User.id, String)))
"""Who was merged into somebody else is not gone."""


async def list_called(session: AsyncSession, name: str, active: bool = True) -> Sequence[User]:
    """The active people (or those who have left) with this handle; where nobody has it, those with this e-mail address, and
    else those with this full name (case does not matter)."""
    wanted = name.strip().lower()
    called = [func.lower(column) == wanted for column in (User.handle, User.email, User.name)]
    users = (
        await session.scalars(
            select(User).where(User.active if active else HAS_LEFT, or_(*called)).order_by(User.id)
        )
    ).all()
    for kind in ("handle", "email", "name"):
        if found := [user for user in users if getattr(user, kind).lower() == wanted]:
            return found
    return users


async def list_who_left(session: AsyncSession) -> Sequence[User]:
    return (await session.scalars(select(User).where(HAS_LEFT).order_by(User.name))).all()


async def find_user(session: AsyncSession, name: str) -> User | None:
    """The one person who is called so; None also when there are several, because nobody knows who is meant."""
    called = await list_called(session, name)
    return called[0] if len(called) == 1 else None


async def list_users(session: AsyncSession, prefix: str = "", limit: int = 200) -> Sequence[User]:
    wanted = prefix.lower().lstrip("@")
    query = select(User).where(User.active.is_(True)).order_by(User.name).limit(limit)
    if wanted:
        query = query.where(
            or_(func.lower(User.handle).startswith(wanted), func.lower(User.name).startswith(wanted))
        )
    return (await session.scalars(query)).all()


USERS_BY_ID = select(User).where(User.id.in_(bindparam("ids", expanding=True)))


async def list_users_by_id(session: AsyncSession, ids: Collection[int]) -> dict[int, User]:
    if not ids:
        return {}
    return {user.id: user for user in await session.scalars(USERS_BY_ID, {"ids": list(set(ids))})}


async def list_owners(session: AsyncSession) -> Sequence[User]:
    return (
        await session.scalars(
            select(User).where(User.active.is_(True), User.role == UserRole.OWNER).order_by(User.id)
        )
    ).all()


async def find_user_by_email(session: AsyncSession, email: str) -> User | None:
    """The one person with this e-mail address, or where nobody has it the last one who had it and has left; None when
    several share it, because nobody knows which is meant."""
    found = (
        await session.scalars(
            select(User)
            .where(func.lower(User.email) == email.strip().lower())
            .order_by(User.active.desc(), User.id.desc())
        )
    ).all()
    here = [user for user in found if user.active]
    return None if len(here) > 1 or not found else found[0]


async def is_handle_taken(session: AsyncSession, handle: str) -> bool:
    return await session.scalar(select(User.id).where(User.handle == handle)) is not None


async def find_account(session: AsyncSession, platform: str, address: str) -> ChatAccount | None:
    """The account with this address on a platform."""
    return (
        await session.scalars(
            select(ChatAccount).where(ChatAccount.platform == platform, ChatAccount.address == address)
        )
    ).one_or_none()


async def find_account_of(session: AsyncSession, platform: str, user_id: int) -> ChatAccount | None:
    """What is known about a person on a platform; its address is None when they were looked for and not found."""
    return (
        await session.scalars(
            select(ChatAccount).where(ChatAccount.platform == platform, ChatAccount.user_id == user_id)
        )
    ).one_or_none()


async def list_accounts(session: AsyncSession, user_id: int) -> Sequence[ChatAccount]:
    """The accounts of a person, on every platform where they have one."""
    return (
        await session.scalars(
            select(ChatAccount)
            .where(ChatAccount.user_id == user_id, ChatAccount.address.is_not(None))
            .order_by(ChatAccount.platform)
        )
    ).all()


async def list_unmapped(
    session: AsyncSession, platform: str, checked_before: datetime, limit: int
) -> Sequence[User]:
    """Active people with an e-mail address of whom it is not known where they are on a platform: those first who were
    never looked for, then those who were not found and were looked for longest ago."""
    account = aliased(ChatAccount)
    return (
        await session.scalars(
            select(User)
            .outerjoin(account, and_(account.user_id == User.id, account.platform == platform))
            .where(
                User.active.is_(True),
                User.email != "",
                or_(
                    account.id.is_(None),
                    and_(account.address.is_(None), account.checked_at <= checked_before),
                ),
            )
            .order_by(account.checked_at.is_not(None), account.checked_at, User.id)
            .limit(limit)
        )
    ).all()


async def forget_not_found(session: AsyncSession, user_id: int) -> None:
    """Forget on which platforms a person was not found."""
    await session.execute(
        delete(ChatAccount).where(ChatAccount.user_id == user_id, ChatAccount.address.is_(None))
    )


async def list_accounts_of(
    session: AsyncSession, platform: str, user_ids: Collection[int]
) -> dict[int, ChatAccount]:
    """The accounts of several people on a platform, by person."""
    rows = await session.scalars(
        select(ChatAccount).where(ChatAccount.platform == platform, ChatAccount.user_id.in_(set(user_ids)))
    )
    return {row.user_id: row for row in rows}


async def find_key(session: AsyncSession, digest: str) -> ApiKey | None:
    return (
        await session.scalars(select(ApiKey).where(ApiKey.digest == digest, ApiKey.revoked_at.is_(None)))
    ).one_or_none()


async def list_keys(session: AsyncSession) -> Sequence[ApiKey]:
    return (
        await session.scalars(select(ApiKey).where(ApiKey.revoked_at.is_(None)).order_by(ApiKey.id))
    ).all()


async def mark_used(session: AsyncSession, key_id: int, at: datetime, every: timedelta) -> None:
    """Note that a key was used, unless that was noted a moment before."""
    is_old = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= at - every)
    await session.execute(
        update(ApiKey)
        .where(ApiKey.id == key_id, is_old)
        .values(last_used_at=at)
        .execution_options(synchronize_session=False)
    )


async def find_link(session: AsyncSession, digest: str, purpose: str = "sign_in") -> SignInLink | None:
    """The one-time link (or code) that was made for this purpose."""
    return (
        await session.scalars(
            select(SignInLink)
            .where(SignInLink.digest == digest, SignInLink.purpose == purpose)
            .with_for_update()
        )
    ).one_or_none()


async def forget_codes(session: AsyncSession, user_id: int) -> None:
    """Remove the codes by which this person could link an account."""
    await session.execute(
        delete(SignInLink).where(SignInLink.user_id == user_id, SignInLink.purpose == "link")
    )


async def end_access(session: AsyncSession, user_id: int) -> None:
    """Sign this person out everywhere, and let no link or code of theirs work any more."""
    await session.execute(delete(WebSession).where(WebSession.user_id == user_id))
    await session.execute(delete(SignInLink).where(SignInLink.user_id == user_id))


async def count_audited(session: AsyncSession, what: str, subject: str, since: datetime) -> int:
    """How often something was written down about a subject since then: ix_audit_entry_subject."""
    asked = select(func.count()).select_from(AuditEntry)
    wanted = (AuditEntry.subject == subject, AuditEntry.what == what, AuditEntry.at > since)
    return await session.scalar(asked.where(*wanted)) or 0


async def find_web_session(
    session: AsyncSession, digest: str, now: datetime
) -> tuple[WebSession, User] | None:
    row = (
        await session.execute(
            select(WebSession, User)
            .join(User, User.id == WebSession.user_id)
            .where(WebSession.digest == digest, WebSession.expires_at > now, User.active.is_(True))
        )
    ).one_or_none()
    return (row[0], row[1]) if row else None


async def forget_expired(session: AsyncSession, now: datetime) -> None:
    """Remove sessions and links that are over."""
    await session.execute(delete(WebSession).where(WebSession.expires_at < now))
    await session.execute(delete(SignInLink).where(SignInLink.expires_at < now))
