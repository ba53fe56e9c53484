"""Signing in to the Room: one-time links and browser sessions. No password exists."""

from datetime import timedelta

from bot.access.secrets import digest, make_secret
from bot.errors import Unauthenticated
from bot.flow.unit import Unit
from storage.models import SignInLink, User, WebSession
from storage.questions import access as ask

SESSION_DAYS = 30


async def make_sign_in_link(unit: Unit, user: User, minutes: int = 15) -> str:
    """A token that signs this person in once, within `minutes`; the link is `{public_url}/login/{token}`."""
    token = make_secret("link")
    unit.session.add(
        SignInLink(
            user_id=user.id,
            digest=digest(token),
            created_at=unit.now,
            expires_at=unit.now + timedelta(minutes=minutes),
        )
    )
    return token


async def use_sign_in_link(unit: Unit, token: str) -> tuple[User, str]:
    """Sign in: the person, and the value for the session cookie. Raises Unauthenticated for a link that is unknown,
    used or over."""
    link = await ask.find_link(unit.session, digest(token))
    if link is None:
        raise Unauthenticated("signin.unknown")
    if link.used_at is not None:
        raise Unauthenticated("signin.used")
    if link.expires_at <= unit.now:
        raise Unauthenticated("signin.expired")
    user = await unit.session.get(User, link.user_id)
    if user is None or not user.active:
        raise Unauthenticated("signin.unknown")
    link.used_at = unit.now
    cookie = make_secret("session")
    unit.session.add(
        WebSession(
            user_id=user.id,
            digest=digest(cookie),
            created_at=unit.now,
            expires_at=unit.now + timedelta(days=SESSION_DAYS),
        )
    )
    return user, cookie


async def find_session_user(unit: Unit, cookie: str) -> User | None:
    found = await ask.find_web_session(unit.session, digest(cookie), unit.now)
    return found[1] if found else None


async def end_session(unit: Unit, cookie: str) -> None:
    found = await ask.find_web_session(unit.session, digest(cookie), unit.now)
    if found:
        await unit.session.delete(found[0])
