"""Who may come in: people, their keys, one-time links and sessions, and the audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Model
from storage.words import Scope, UserRole


class User(Model):
    """A person. `handle` is what others type after an @; `zone` is an IANA time zone name."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    handle: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254), default="", index=True)
    zone: Mapped[str] = mapped_column(String(64), default="UTC")
    role: Mapped[UserRole] = mapped_column(default=UserRole.RESPONDER)
    active: Mapped[bool] = mapped_column(default=True)
    welcomed: Mapped[bool] = mapped_column(default=False)
    """False until the person has confirmed name, e-mail and zone once."""
    origin: Mapped[str] = mapped_column(String(12), default="room")
    """Where the row came from: seed (first start), file (configuration file), room (made by people), or the chat platform
    on which somebody unknown acted."""
    paging: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """How the person wants to be paged, {} for by everything at once: see `bot.paging.wishes`."""
    holidays: Mapped[str] = mapped_column(String(64), default="")
    """Where the person has public holidays, `DE` or `DE-BE`; empty for nowhere, or for where their teams have them."""
    holidays_origin: Mapped[str] = mapped_column(String(12), default="")
    """Who said so: file or room; empty when nobody did, and where the teams have them counts."""
    created_at: Mapped[datetime]


class ChatAccount(Model):
    """Who a person is on a chat platform. `address` is None when the platform was asked and does not know them."""

    __tablename__ = "chat_account"
    __table_args__ = (UniqueConstraint("platform", "user_id"), UniqueConstraint("platform", "address"))

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    address: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120), default="")
    guest: Mapped[bool] = mapped_column(default=False)
    checked_at: Mapped[datetime]


class ContactMethod(Model):
    """One more way to reach a person, beside their accounts in chat and the e-mail address of their profile. Only one that
    is verified pages. One that was removed is kept, switched off: pages name it."""

    __tablename__ = "contact_method"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(String(60))
    """What the person calls it; they have no other that is active by this name."""
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The kind's own, such as where its secret is."""
    active: Mapped[bool] = mapped_column(default=True)
    origin: Mapped[str] = mapped_column(String(12), default="room")
    created_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]
    digest: Mapped[str] = mapped_column(String(64), default="")
    """The SHA-256 of the code that was sent to it last; empty when there is none to be typed."""
    code_until: Mapped[datetime | None]
    wrong_codes: Mapped[int] = mapped_column(default=0)
    gone_because: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Why nothing goes there any more, as a reason; empty while something does. What is gone is not verified."""

    @property
    def place(self) -> str:
        """Where it goes, for people: the device, or else the address."""
        return str(self.options.get("device") or self.address)


class ApiKey(Model):
    """A bearer key of the JSON API; only its SHA-256 is kept."""

    __tablename__ = "api_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    scope: Mapped[Scope]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class SignInLink(Model):
    """A one-time link to sign in, or (`purpose` link) a one-time code that joins a chat account to its person; only the
    SHA-256 of its token is kept."""

    __tablename__ = "sign_in_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(8), default="sign_in")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class WebSession(Model):
    """A signed-in browser; only the SHA-256 of its cookie is kept."""

    __tablename__ = "web_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class AuditEntry(Model):
    """One change that somebody made: who, what, to which subject."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_subject", "subject", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    actor_name: Mapped[str] = mapped_column(String(120))
    what: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text, default="")
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
