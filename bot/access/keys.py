"""Bearer keys of the JSON API."""

from bot.access.secrets import digest, make_secret
from bot.errors import Forbidden, Unauthenticated
from bot.flow.unit import Unit
from storage.models import ApiKey
from storage.questions import access as ask
from storage.words import Scope

ORDER = (Scope.READ, Scope.WRITE, Scope.ADMIN)


async def create_key(unit: Unit, name: str, scope: Scope) -> str:
    """Make a key and return it; it can't be shown again."""
    key = make_secret("tocsin")
    unit.session.add(ApiKey(name=name, scope=scope, digest=digest(key), created_at=unit.now))
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
