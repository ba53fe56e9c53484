"""The dialects that SQLAlchemy speaks here. Statements are compiled once for all engines that speak alike: SQLite's writer
and its readers, and each database that a process opens after its first.
"""

from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL
from sqlalchemy.util import LRUCache

COMPILED: LRUCache[Any, Any] = LRUCache(1_000)
"""What SQLAlchemy compiled, by dialect and statement; what was not used for longest goes first."""

for _backend in ("sqlite", "postgresql"):  # each is imported when it is first spoken
    registry.register(f"{_backend}.alike", f"{__name__}.{_backend}", "Alike")


def speak_alike(url: URL) -> URL:
    """The same address, for an engine that shares what is compiled."""
    return url.set(drivername=f"{url.get_backend_name()}+alike")


class SharesCompiled:
    """SQLAlchemy keeps what it compiled under the dialect: those of one kind, for servers of one version, are the same."""

    server_version_info: Any = None

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.server_version_info == other.server_version_info

    def __hash__(self) -> int:
        return hash(type(self))
