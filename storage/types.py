"""Column types that both databases share: aware UTC instants, JSON, and enumerations kept as their words."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import JSON, DateTime, Dialect, Enum
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
Json = JSON().with_variant(JSONB(), "postgresql")


def write_json(value: Any) -> str:
    """As it is kept in a column of JSON."""
    return _encode(value).decode()


def read_json(text: str) -> Any:
    """What `write_json` wrote."""
    return _decode(text)


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime. SQLite keeps it naive in UTC; a naive value is refused, because it would be a guess."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def read_instant(text: str | None) -> datetime | None:
    """What SQLite keeps of an Instant, in a third of the time that the column type takes."""
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


def words(kind: type[StrEnum]) -> Enum:
    """Keep an enumeration as its words in a plain text column, so that a new word needs no migration."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=24,
        values_callable=lambda members: [member.value for member in members],
    )


JsonObject = dict[str, Any]
