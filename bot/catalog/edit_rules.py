"""Rules that people edit in the Room or by the API; a draft of one can be tried (`put_draft`), also of one of the file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.catalog.drafts import Entry, Names, entry_of, read_draft
from bot.catalog.editing import FILE, HERE, Editor, Said, read_names, set_columns
from bot.flow.unit import Unit
from storage.models import Rule
from storage.questions import config
from storage.questions import rules as ask
from storage.words import RuleKind


@dataclass(frozen=True)
class Draft:
    """A rule that is not saved: an entry of `bot.catalog.drafts`. With a `slug` of a rule that is there it stands in its
    place, otherwise `place` (from 1, default: the last) says where among its kind."""

    kind: RuleKind
    entry: object
    slug: str = ""
    place: int | None = None


class RuleEditor(Editor[Rule]):
    word, topic, model = "rule", "rules", Rule

    async def read(self, unit: Unit, row: Rule, entry: object, names: Names) -> Said:
        return Said(read_draft(row.kind, entry, names))

    async def put_parts(self, unit: Unit, row: Rule, parts: Sequence[Any], names: Names) -> None:
        """It has none."""

    async def spell(self, unit: Unit, row: Rule, names: Names) -> Entry:
        return entry_of(row, names)

    async def read_state(self, unit: Unit, row: Rule) -> dict[str, Any]:
        """With its place among those of its kind, from 1."""
        rows = await ask.list_rules(unit.session, row.kind)
        place = [one.id for one in rows].index(row.id) + 1
        return {**await super().read_state(unit, row), "place": place}

    async def restore(self, unit: Unit, row: Rule, before: Mapping[str, Any]) -> None:
        now = await self.read_state(unit, row)
        await super().restore(unit, row, before)
        if before["place"] != now["place"]:
            await _put_in_place(unit, row, before["place"])

    async def create(self, unit: Unit, draft: Draft) -> Rule:
        """Make a rule; raises EntryWrong, and Refused when the slug is taken. Without a slug it is made from the name."""
        rule = await _add(unit, draft)
        await self.write(unit, rule, "created", None)
        return rule

    async def move(self, unit: Unit, rule: Rule, place: int) -> None:
        """Put a rule at this place (from 1) among those of its kind."""
        await self.open(unit, rule)
        before = await self.read_state(unit, rule)
        await _put_in_place(unit, rule, place)
        await self.write(unit, rule, "moved", before)


RULES = RuleEditor()


async def put_draft(unit: Unit, draft: Draft) -> Rule:
    """Put a draft in force for the rest of a unit that is not kept; raises EntryWrong."""
    rule = await config.find_by_slug(unit.session, Rule, draft.slug) if draft.slug else None
    if rule is None:
        rule = await _add(unit, draft)
    else:
        set_columns(rule, read_draft(draft.kind, draft.entry, await read_names(unit)))
        if draft.place is not None:
            await _put_in_place(unit, rule, draft.place)
    rule.active = True
    await unit.session.flush()
    return rule


async def _add(unit: Unit, draft: Draft) -> Rule:
    columns = read_draft(draft.kind, draft.entry, await read_names(unit))
    slug = await RULES.choose_slug(unit, draft.slug, columns["name"])
    rule = Rule(slug=slug, origin=HERE, created_at=unit.now, active=True, **columns)
    unit.session.add(rule)
    await _put_in_place(unit, rule, draft.place)
    return rule


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
