"""Rules that people edit in the Room or by the API. Every change is in the audit log with the rule as it was before and as
it is after, so that each can be undone.

A rule of the configuration file is changed there; a draft of one can still be tried (`put_draft`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.access.people import audit, make_handle
from bot.catalog import reasons
from bot.catalog.drafts import Names, RuleWrong, entry_of, read_draft
from bot.errors import Refused, Unknown
from bot.flow.unit import Unit
from storage.models import AuditEntry, EscalationPolicy, Integration, Rule, Schedule, Service, Team, User
from storage.questions import config
from storage.questions import rules as ask
from storage.words import RuleKind

FILE, HERE = "file", "room"
TOPIC = "rules"
SLUG_LIMIT = 64


@dataclass(frozen=True)
class Draft:
    """A rule that is not saved: an entry of `bot.catalog.drafts`. With a `slug` of a rule that is there it stands in its
    place, otherwise `place` (from 1, default: the last) says where among its kind."""

    kind: RuleKind
    entry: object
    slug: str = ""
    place: int | None = None


async def read_names(unit: Unit) -> Names:
    """What rules may name now."""
    session = unit.session
    things: dict[str, Sequence[Any]] = {
        "user": await config.list_all(session, User),
        "team": await config.list_all(session, Team),
        "policy": await config.list_all(session, EscalationPolicy),
        "schedule": await config.list_all(session, Schedule),
        "service": await config.list_all(session, Service),
        "integration": await config.list_all(session, Integration),
    }
    slugs = {
        word: {row.id: row.handle if word == "user" else row.slug for row in rows}
        for word, rows in things.items()
    }
    ids = {word: {slugs[word][row.id]: row.id for row in rows if row.active} for word, rows in things.items()}
    return Names(ids, slugs)


async def get_rule(unit: Unit, slug: str) -> Rule:
    """The rule of this slug, on or off; raises Unknown."""
    found = await ask.find_rule(unit.session, slug)
    if found is None:
        raise Unknown("rule.unknown", name=slug)
    return found


async def list_changes(unit: Unit, rule: Rule) -> Sequence[AuditEntry]:
    """What was changed about a rule, the newest first."""
    return await ask.list_audited(unit.session, _subject(rule))


async def list_versions(unit: Unit, rules: Sequence[Rule]) -> dict[int, int]:
    """By id of the rule, a number that grows with every change of it: 0 when there was none."""
    last = await ask.list_last_audited(unit.session, [_subject(rule) for rule in rules])
    return {rule.id: last.get(_subject(rule), 0) for rule in rules}


async def create_rule(
    unit: Unit, kind: RuleKind, entry: object, slug: str = "", place: int | None = None
) -> Rule:
    """Make a rule; raises RuleWrong, and Refused when the slug is taken. Without a slug it is made from the name."""
    values = read_draft(kind, entry, await read_names(unit))
    taken = {row.slug for row in await ask.list_rules(unit.session)}
    _check_slug(slug, taken)
    rule = Rule(
        slug=slug or _make_slug(values["name"], taken),
        origin=HERE,
        created_at=unit.now,
        active=True,
        **values,
    )
    unit.session.add(rule)
    await _put_in_place(unit, rule, place)
    await _write(unit, rule, "rule.created", None)
    return rule


async def change_rule(unit: Unit, rule: Rule, entry: object, version: int | None = None) -> None:
    """Let a rule be what an entry says; raises RuleWrong, and Refused when it is the configuration file's, or when somebody
    changed it after this version."""
    await _open(unit, rule, version)
    before = await _read_state(unit, rule)
    _set(rule, read_draft(rule.kind, entry, await read_names(unit)))
    await _write(unit, rule, "rule.changed", before)


async def switch_rule(unit: Unit, rule: Rule, on: bool) -> None:
    """Switch a rule on, or off: it then stays in the list, and decides nothing."""
    await _open(unit, rule)
    before = await _read_state(unit, rule)
    rule.active = on
    await _write(unit, rule, "rule.switched_on" if on else "rule.removed", before)


async def move_rule(unit: Unit, rule: Rule, place: int) -> None:
    """Put a rule at this place (from 1) among those of its kind."""
    await _open(unit, rule)
    before = await _read_state(unit, rule)
    await _put_in_place(unit, rule, place)
    await _write(unit, rule, "rule.moved", before)


async def undo_change(unit: Unit, rule: Rule, number: int | None = None) -> AuditEntry:
    """Let the rule be again what it was before a change (default: the last, which may itself have been an undoing). A rule
    that was not there before is switched off. Returns the entry of the audit log that was undone.

    Raises Unknown for a change that this rule did not have, and RuleWrong when it named what is no longer there.
    """
    await _open(unit, rule)
    changes = await list_changes(unit, rule)
    wanted = next((one for one in changes if "before" in one.data and number in (None, one.id)), None)
    if wanted is None:
        raise Unknown("rule.no_change", "change", name=rule.name)
    now = await _read_state(unit, rule)
    before = wanted.data["before"]
    if before is None:
        rule.active = False
    else:
        _set(rule, read_draft(rule.kind, before["rule"], await read_names(unit)))
        rule.active = before["active"]
        if before["place"] != now["place"]:
            await _put_in_place(unit, rule, before["place"])
    await _write(unit, rule, "rule.undone", now, undone=wanted.id)
    return wanted


async def put_draft(unit: Unit, draft: Draft) -> Rule:
    """Put a draft in force for the rest of a unit that is not kept; raises RuleWrong."""
    values = read_draft(draft.kind, draft.entry, await read_names(unit))
    rule = await ask.find_rule(unit.session, draft.slug) if draft.slug else None
    if rule is None:
        taken = {row.slug for row in await ask.list_rules(unit.session)}
        slug = draft.slug or _make_slug(values["name"], taken)
        _check_slug(slug, taken)
        rule = Rule(slug=slug, origin=HERE, created_at=unit.now, **values)
        unit.session.add(rule)
        await _put_in_place(unit, rule, draft.place)
    else:
        _set(rule, values)
        if draft.place is not None:
            await _put_in_place(unit, rule, draft.place)
    rule.active = True
    await unit.session.flush()
    return rule


async def _open(unit: Unit, rule: Rule, version: int | None = None) -> None:
    """Get ready to change a rule; raises Refused where it must not be."""
    await unit.lock(rule)
    if rule.origin == FILE:
        raise Refused("rule.in_file", name=rule.name, file=unit.installation.config_file)
    if version is not None and version != (await list_versions(unit, [rule]))[rule.id]:
        raise Refused("rule.changed_meanwhile", name=rule.name)


def _set(rule: Rule, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if getattr(rule, name) != value:
            setattr(rule, name, value)


def _check_slug(slug: str, taken: set[str]) -> None:
    from bot.catalog.kinds import is_handle

    if slug and not is_handle(slug):
        raise RuleWrong([(("slug",), reasons.BAD_HANDLE)])
    if slug in taken:
        raise Refused("rule.slug_taken", "slug", name=slug)


def _make_slug(name: str, taken: set[str]) -> str:
    wanted = make_handle(name)[: SLUG_LIMIT - 5].strip("-._") or "rule"
    slug, number = wanted, 2
    while slug in taken:
        slug, number = f"{wanted}-{number}", number + 1
    return slug


async def _put_in_place(unit: Unit, rule: Rule, place: int | None) -> None:
    """Give it a position among its kind, and every other of ours one that keeps the order. Those of the file keep theirs,
    which lie so far apart that ours find room between them."""
    rows = [one for one in await ask.list_rules(unit.session, rule.kind) if one is not rule]
    rows.insert(len(rows) if place is None else max(0, min(place - 1, len(rows))), rule)
    last = 0
    for row in rows:
        if row.origin != FILE and row.position != last + 1:
            row.position = last + 1
        last = max(last, row.position)
    await unit.session.flush()


async def _read_state(unit: Unit, rule: Rule) -> dict[str, Any]:
    """What the audit log keeps of a rule."""
    rows = await ask.list_rules(unit.session, rule.kind)
    place = [row.id for row in rows].index(rule.id) + 1
    return {"active": rule.active, "place": place, "rule": entry_of(rule, await read_names(unit))}


async def _write(unit: Unit, rule: Rule, what: str, before: object, **more: object) -> None:
    if rule.origin != HERE:
        rule.origin = HERE
    await unit.session.flush()
    after = await _read_state(unit, rule)
    if before == after:
        return
    audit(unit, what, _subject(rule), rule.name, before=before, after=after, **more)
    unit.touch(TOPIC)


def _subject(rule: Rule) -> str:
    return f"rule:{rule.id}"
