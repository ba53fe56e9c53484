"""Bearer keys of the JSON API."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from bot.access.people import audit
from bot.access.secrets import digest, make_secret
from bot.errors import Forbidden, Unauthenticated, Unavailable, Unknown
from bot.flow.unit import Unit, Work
from bot.logs import get_logger
from storage.models import ApiKey
from storage.questions import access as ask
from storage.words import Scope

log = get_logger(__name__)
USED_EVERY = timedelta(minutes=5)
"""How exactly it is known when a key was used last."""
ORDER = (Scope.READ, Scope.WRITE, Scope.ADMIN)


async def create_key(unit: Unit, name: str, scope: Scope) -> str:
    """Make a key and return it; it can't be shown again."""
    key = make_secret("tocsin")
    row = ApiKey(name=name, scope=scope, digest=digest(key), created_at=unit.now)
    unit.session.add(row)
    await unit.session.flush()
    audit(unit, "key.created", f"key:{row.id}", name, scope=scope)
    return key


async def get_key(unit: Unit, key: str) -> ApiKey:
    """The key that is in force; raises Unauthenticated."""
    found = await ask.find_key(unit.session, digest(key))
    if found is None:
        raise Unauthenticated("key.unknown")
    return found


def check_scope(key: ApiKey, needed: Scope) -> None:
    """Raise Forbidden unless the key's scope includes what is needed."""
    if ORDER.index(key.scope) < ORDER.index(needed):
        raise Forbidden("key.scope", scope=key.scope.value, needed=needed.value)


async def revoke_key(unit: Unit, name: str) -> ApiKey:
    """Let a key open nothing any more: the one with this number, or this name; raises Unknown where none is in force, or
    several are called so."""
    keys = await list_keys(unit)
    found = [key for key in keys if name == str(key.id)] or [key for key in keys if key.name == name]
    if len(found) != 1:
        raise Unknown("key.which", name=name, numbers=[key.id for key in found])
    found[0].revoked_at = unit.now
    audit(unit, "key.revoked", f"key:{found[0].id}", found[0].name)
    return found[0]


async def list_keys(unit: Unit) -> Sequence[ApiKey]:
    """Those that are in force, the oldest first."""
    return await ask.list_keys(unit.session)


@dataclass
class KeyUses:
    """Notes when keys are used, beside the requests: none waits for it, and none fails when it can't be written."""

    work: Work
    _writing: dict[int, asyncio.Task[None]] = field(default_factory=dict)

    def note(self, key: ApiKey) -> None:
        """This key, as it has just been read, was used; that is written when it was not for some minutes, by whichever
        replica."""
        last, now = key.last_used_at, self.work.clock.now()
        if (last is None or now - last >= USED_EVERY) and key.id not in self._writing:
            self._writing[key.id] = asyncio.create_task(self._write(key.id))

    async def _write(self, number: int) -> None:
        try:
            await self.work.run(lambda unit: ask.mark_used(unit.session, number, unit.now, USED_EVERY))
        except Unavailable as gone:
            log.info("key.use_not_kept", key=number, reason=gone.code)
        except Exception:
            log.exception("key.use_failed", key=number)
        finally:
            self._writing.pop(number, None)

    async def finish(self, grace: float = 1.0) -> None:
        """Wait a little for what is being written."""
        if self._writing:
            await asyncio.wait(self._writing.values(), timeout=grace)
