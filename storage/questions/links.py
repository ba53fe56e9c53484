"""Questions about the links of pages."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.models import ContactMethod, Page, User
from storage.words import PageState


async def find_page_of_token(session: AsyncSession, token: str) -> Page | None:
    """ix_page_token."""
    if not token:
        return None
    return (await session.scalars(select(Page).where(Page.token == token, Page.token != ""))).first()


async def list_pages_sent_to(
    session: AsyncSession, method: str, address: str, since: datetime
) -> Sequence[tuple[Page, User]]:
    """The pages that went to this address and were not answered, the newest first: ix_page_user."""
    rows = await session.execute(
        select(Page, User)
        .join(ContactMethod, ContactMethod.id == Page.contact_id)
        .join(User, User.id == Page.user_id)
        .where(
            ContactMethod.kind == method,
            ContactMethod.address == address,
            Page.user_id == ContactMethod.user_id,
            Page.method == method,
            Page.state == PageState.SENT,
            Page.created_at >= since,
            User.active,
        )
        .order_by(Page.id.desc())
    )
    return [(page, user) for page, user in rows]


async def is_number_of_somebody(session: AsyncSession, method: str, address: str) -> bool:
    """Whether it is a contact method that somebody has shown to be theirs."""
    asked = select(ContactMethod.id).where(
        ContactMethod.kind == method,
        ContactMethod.address == address,
        ContactMethod.verified_at.is_not(None),
    )
    return (await session.scalars(asked.limit(1))).first() is not None
