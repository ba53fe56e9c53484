"""Until when a sender said that its alerts fire."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.models.base import Model


class AlertExpiry(Model):
    """An alert that nobody sends again is over at `expires_at`. Moved each time it is sent; the row may outlive it."""

    __tablename__ = "alert_expiry"
    __table_args__ = (Index("ix_alert_expiry_at", "integration_id", "expires_at"),)

    integration_id: Mapped[int] = mapped_column(
        ForeignKey("integration.id", ondelete="CASCADE"), primary_key=True
    )
    alias: Mapped[str] = mapped_column(String(512), primary_key=True)
    expires_at: Mapped[datetime]
