"""Teams that people edit: their people, and the policy that their alerts escalate by."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bot.catalog import reasons
from bot.catalog.drafts import Entry, Found, Names, read_entry
from bot.catalog.editing import HERE, EntryEditor, Said
from bot.catalog.members import put_members
from bot.catalog.uses import check_unused, list_owned
from bot.flow.unit import Unit
from storage.models import Team
from storage.questions import config as ask

if TYPE_CHECKING:
    from bot.catalog.shapes import TeamShape


class TeamEditor(EntryEditor[Team]):
    word, topic, model = "team", "teams", Team

    async def read(self, unit: Unit, row: Team | None, entry: object, names: Names) -> Said:
        from bot.catalog.shapes import TeamShape

        owned = await list_owned(unit, row.id) if row is not None else []
        shape = read_entry(self.word, TeamShape, entry, names, lambda read: _check(read, owned))
        columns: dict[str, Any] = {
            "name": shape.name,
            "policy_id": names.ids["policy"][shape.policy] if shape.policy else None,
            "platforms": [one.value for one in dict.fromkeys(shape.platforms)],
        }
        if shape.holidays is not None:
            columns |= {"holidays": shape.holidays, "holidays_origin": HERE}
        return Said(columns, [names.ids["user"][handle] for handle in shape.members])

    async def put_parts(self, unit: Unit, row: Team, parts: Sequence[Any], names: Names) -> None:
        from bot.catalog.steps import rename_recipient

        old = await ask.list_memberships(unit.session, [row.id])
        there = set(names.ids["user"].values())
        away = [one.user_id for one in old if one.user_id not in there]  # no entry can name them
        await put_members(unit, row, [*parts, *away], old)
        await rename_recipient(unit, "team", row)

    async def spell(self, unit: Unit, row: Team, names: Names) -> Entry:
        there = set(names.ids["user"].values())
        members = await ask.list_memberships(unit.session, [row.id])
        entry: Entry = {
            "name": row.name,
            "members": sorted(names.slugs["user"][one.user_id] for one in members if one.user_id in there),
            "policy": names.slugs["policy"].get(row.policy_id or 0),
            "platforms": row.platforms or None,
            "holidays": (row.holidays or "none") if row.holidays_origin else None,
        }
        return {name: value for name, value in entry.items() if value is not None}

    async def restore(self, unit: Unit, row: Team, before: Mapping[str, Any]) -> None:
        """An entry without `holidays` leaves them as they are; here it says that there were none."""
        await super().restore(unit, row, before)
        if "holidays" not in before[self.word]:
            row.holidays = row.holidays_origin = ""

    async def check_unused(self, unit: Unit, row: Team) -> None:
        await check_unused(unit, "team", row)


def _check(shape: "TeamShape", owned: Sequence[str]) -> Iterator[Found]:
    """A team that alerts go to needs a policy."""
    paged = [one for one in owned if not one.startswith("schedule ")]
    if shape.policy is None and paged:
        yield ("policy",), reasons.tell_needs_policy(paged)
    for index, handle in enumerate(shape.members):
        if handle in shape.members[:index]:
            yield ("members", index), reasons.tell_named_twice(handle)


TEAMS = TeamEditor()
