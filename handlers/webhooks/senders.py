"""Remembers senders, so that a webhook costs no question before its commit, which looks whether the key still holds."""

from bot.access.secrets import digest
from bot.alerts.queue import Sender
from bot.catalog.integrations import get_integration
from bot.flow.unit import Work


class Senders:
    """The integrations that this process has heard from, by source and the digest of their key."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._known: dict[tuple[str, str], Sender] = {}

    async def get(self, source: str, key: str, anew: bool = False) -> Sender:
        """Who sends with this key; raises Unauthenticated."""
        name = (source, digest(key))
        if anew or name not in self._known:
            self._known.pop(name, None)
            row = await self.work.look(lambda unit: get_integration(unit, source, key))
            self._known[name] = Sender(row.id, row.digest, row.settings)
        return self._known[name]
