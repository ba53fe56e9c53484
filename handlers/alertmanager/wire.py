"""What goes over the wire, as Alertmanager's published description has it (openapi.yaml of its API, version 2)."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from bot.errors import Malformed

Instant = Annotated[datetime, Meta(tz=True)]
Labels = dict[str, str]


class PostableAlert(Struct, frozen=True, rename="camel"):
    labels: Labels
    annotations: Labels = {}
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    generator_url: str = msgspec.field(name="generatorURL", default="")


class WireMatcher(Struct, frozen=True, rename="camel"):
    name: str
    value: str
    is_regex: bool
    is_equal: bool = True


class PostableSilence(Struct, frozen=True, rename="camel"):
    matchers: Annotated[list[WireMatcher], Meta(min_length=1, max_length=50)]
    starts_at: Instant
    ends_at: Instant
    created_by: str
    comment: str
    id: str = ""


class SilenceStatus(Struct, frozen=True):
    state: str


class GettableSilence(Struct, frozen=True, rename="camel"):
    id: str
    status: SilenceStatus
    updated_at: str
    comment: str
    created_by: str
    ends_at: str
    matchers: list[WireMatcher]
    starts_at: str
    annotations: Labels = {}


class SilenceMade(Struct, frozen=True):
    silence_id: str = msgspec.field(name="silenceID")


class Receiver(Struct, frozen=True):
    name: str


class AlertStatus(Struct, frozen=True, rename="camel"):
    """`muted_by` names the maintenance that is on."""

    state: str
    silenced_by: list[str]
    muted_by: list[str]
    inhibited_by: list[str] = []


class GettableAlert(Struct, frozen=True, rename="camel"):
    annotations: Labels
    ends_at: str
    fingerprint: str
    receivers: list[Receiver]
    starts_at: str
    status: AlertStatus
    updated_at: str
    labels: Labels
    generator_url: str | UnsetType = msgspec.field(name="generatorURL", default=UNSET)


class AlertGroup(Struct, frozen=True, rename="camel"):
    alerts: list[GettableAlert]
    labels: Labels
    receiver: Receiver
    route_labels: Labels = {}


def read_instant(at: datetime | None) -> datetime | None:
    """An instant in UTC; Go's zero time is none. Raises Malformed when it is outside of the calendar."""
    if at is None or at.year == 1:
        return None
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise Malformed("time.wrong", text=str(at)) from error


def spell_instant(at: datetime) -> str:
    """RFC 3339 with milliseconds, as Alertmanager writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
