"""Integrations: configured senders with their own secret key."""

from collections.abc import Mapping, Sequence

from bot.access.people import audit, make_handle
from bot.access.secrets import digest, make_plain_secret, make_secret
from bot.catalog.senders import TOPICAL, can_sign
from bot.errors import Refused, Unauthenticated, Unknown
from bot.flow.unit import Unit
from storage.models import Integration, Team
from storage.questions import catalog as ask

PLAIN_KEYS = frozenset({"pagerduty_events"})
"""Sources whose clients look at the form of a key."""


async def create_integration(
    unit: Unit, source: str, name: str, team: Team | None = None, settings: Mapping[str, object] | None = None
) -> tuple[Integration, str]:
    """Make an integration of this source; returns it and its key, which can't be shown again."""
    key = _make_key(source)
    slug = await _free_slug(unit, make_handle(name) or source)
    integration = Integration(
        slug=slug,
        name=name,
        source=source,
        digest=digest(key),
        team_id=team.id if team else None,
        settings=dict(settings or {}),
        created_at=unit.now,
    )
    unit.session.add(integration)
    await unit.session.flush()
    audit(unit, "integration.created", f"integration:{integration.id}", name)
    return integration, key


async def set_trust(unit: Unit, name: str, trust: Mapping[str, Sequence[str]]) -> Integration:
    """Replace what the sender of this slug or name shows that it is who it is: `secret_env`, `secret_file`, `topics`. With
    none of them its key is enough. Raises Unknown, and Refused for what can't be set here."""
    integration = await find_integration(unit, name)
    if integration.origin == "file":
        raise Refused("integration.from_file", name=integration.name)
    if (trust.get("secret_env") or trust.get("secret_file")) and not can_sign(integration.source):
        raise Refused("integration.can_not_sign", source=integration.source)
    if trust.get("topics") and integration.source != TOPICAL:
        raise Refused("integration.no_topics", source=integration.source)
    said = {**integration.settings, **{kind: list(found) for kind, found in trust.items()}}
    integration.settings = {kind: value for kind, value in said.items() if value}
    audit(unit, "integration.trust_set", f"integration:{integration.id}", integration.name)
    return integration


async def get_own_integration(unit: Unit, source: str, name: str) -> Integration:
    """The integration that Tocsin itself has for a source that nobody posts to; made when it is first needed."""
    found = await ask.find_own_integration(unit.session, source)
    if found is None:
        found, _ = await create_integration(unit, source, name)
    return found


async def renew_key(unit: Unit, name: str) -> tuple[Integration, str]:
    """Give the integration of this slug or name a new key, which can't be shown again; the one before works no more.

    Raises Unknown, and Refused when its key comes from the environment or a file.
    """
    integration = await find_integration(unit, name)
    if integration.settings.get("key_from"):
        raise Refused(
            "integration.key_from_outside", name=integration.name, source=integration.settings["key_from"]
        )
    key = _make_key(integration.source)
    integration.digest = digest(key)
    audit(unit, "integration.key_renewed", f"integration:{integration.id}", integration.name)
    return integration, key


async def find_integration(unit: Unit, name: str, everything: bool = False) -> Integration:
    """The integration of this slug or name, with `everything` also one that is switched off; raises Unknown, and Refused
    where several have the name: the wrong one would lose its key."""
    rows = await ask.list_named(unit.session, Integration, everything=everything)
    wanted = name.strip().lower()
    found = [row for row in rows if row.slug == name.strip()] or [
        row for row in rows if wanted in (row.slug, row.name.lower())
    ]
    if not found:
        raise Unknown("integration.unknown", name=name, known=[row.slug for row in rows][:10])
    if len(found) > 1:
        known = [f"{row.slug} ({row.source})" for row in found[:10]]
        raise Refused("integration.ambiguous", name=name, known=known)
    return found[0]


async def get_integration(unit: Unit, source: str, key: str) -> Integration:
    """The integration of this source that the key belongs to; raises Unauthenticated."""
    found = await ask.find_integration(unit.session, digest(key))
    if found is None or found.source != source:
        raise Unauthenticated("integration.unknown_key", source=source)
    return found


def _make_key(source: str) -> str:
    return make_plain_secret() if source in PLAIN_KEYS else make_secret("int")


async def _free_slug(unit: Unit, wanted: str) -> str:
    taken = {row.slug for row in await ask.list_named(unit.session, Integration, everything=True)}
    slug, number = wanted, 2
    while slug in taken:
        slug, number = f"{wanted}-{number}", number + 1
    return slug
