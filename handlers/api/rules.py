"""`/api/v1/rules`: rules of every kind, and changing them. A rule is written in the words of the configuration file."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from bot.catalog.drafts import entry_of
from bot.catalog.edit_rules import RULES, Draft
from bot.catalog.editing import read_names
from bot.flow.unit import Unit
from handlers.api.edits import As, AsQuery, ChangeItem, Undo, find_editor, show_change
from handlers.api.operation import (
    PREFIX,
    Call,
    Listing,
    NoBody,
    NoQuery,
    Operation,
    PathPart,
    build_listing,
    send,
)
from handlers.api.values import SLUG, Active, read_active
from storage.models import Rule
from storage.questions import rules as ask
from storage.words import RuleKind, Scope

RULE = PathPart("rule", SLUG, "The rule's slug.", "urgent")
Entry = Annotated[
    dict[str, Any],
    Meta(
        description="The rule in the words of the configuration file.",
        examples=[{"name": "Urgent alerts", "conditions": [{"field": "priority", "operation": "at_least", "value": "P2"}]}],
    ),
]  # fmt: skip
Place = Annotated[int, Meta(ge=1, le=10_000, description="Its place among the rules of its kind, from 1.")]


class RulesQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters of rules."""

    kind: Annotated[tuple[RuleKind, ...], Meta(max_length=4, description="Any of these kinds.")] = ()
    active: Active = "true"


class RuleItem(Struct, frozen=True):
    """One rule, in the words of the configuration file: `rule`. Rules of a kind are asked in the order of `place`.
    `origin` is `file` for one that is changed in the configuration file. `version` grows with every change."""

    slug: str
    kind: RuleKind
    name: str
    place: int
    active: bool
    origin: str
    version: int
    created_at: datetime | None
    last_matched_at: datetime | None
    rule: dict[str, Any]


class NewRule(Struct, frozen=True, forbid_unknown_fields=True):
    """A rule to make. Without `slug` it gets one from its name; without `place` it is the last of its kind."""

    kind: RuleKind
    rule: Entry
    slug: Annotated[str, Meta(max_length=64, pattern=r"^[^\x00]*$")] = ""
    place: Place | None = None
    as_: As = msgspec.field(name="as", default=None)


class ChangedRule(Struct, frozen=True, forbid_unknown_fields=True):
    """What a rule is to be from now on. With `version`, only if nobody has changed it since."""

    rule: Entry
    active: bool | None = None
    version: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    as_: As = msgspec.field(name="as", default=None)


class Move(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a rule is to stand."""

    place: Place
    as_: As = msgspec.field(name="as", default=None)


async def show_rules(unit: Unit, rules: Sequence[Rule]) -> list[RuleItem]:
    """Rules as the API shows them."""
    names = await read_names(unit)
    versions = await RULES.list_versions(unit, rules)
    places: dict[int, int] = {}
    counts: dict[RuleKind, int] = {}
    for row in await ask.list_rules(unit.session):
        places[row.id] = counts[row.kind] = counts.get(row.kind, 0) + 1
    return [
        RuleItem(
            row.slug,
            row.kind,
            row.name,
            places[row.id],
            row.active,
            row.origin,
            versions[row.id],
            row.created_at,
            row.last_matched_at,
            entry_of(row, names),
        )
        for row in rules
    ]


async def list_rules(call: Call[RulesQuery, NoBody]) -> Listing[RuleItem]:
    active, order = read_active(call.query.active), list(RuleKind)

    async def look(unit: Unit) -> Listing[RuleItem]:
        found = [
            row
            for row in await ask.list_rules(unit.session)
            if row.kind in (call.query.kind or order) and active in (None, row.active)
        ]
        return build_listing(
            await show_rules(unit, sorted(found, key=lambda row: order.index(row.kind))), None
        )

    return await call.look(look)


async def get_rule(call: Call[NoQuery, NoBody]) -> RuleItem:
    async def look(unit: Unit) -> RuleItem:
        return (await show_rules(unit, [await RULES.get(unit, call.part("rule"))]))[0]

    return await call.look(look)


async def list_changes(call: Call[NoQuery, NoBody]) -> Listing[ChangeItem]:
    async def look(unit: Unit) -> Listing[ChangeItem]:
        changes = await RULES.list_changes(unit, await RULES.get(unit, call.part("rule")))
        return build_listing([show_change(row) for row in changes], None)

    return await call.look(look)


async def create_rule(call: Call[NoQuery, NewRule]) -> web.Response:
    body = call.body

    async def change(unit: Unit) -> RuleItem:
        rule = await RULES.create(unit, Draft(body.kind, body.rule, body.slug, body.place))
        return (await show_rules(unit, [rule]))[0]

    made = await call.parts.work.run(change, await find_editor(call, body.as_))
    return send(made, 201, {"Location": f"{PREFIX}/rules/{made.slug}"})


async def _change(
    call: Call[Any, Any], name: str | None, change: Callable[[Unit, Rule], Awaitable[object]]
) -> RuleItem:
    """Change the rule of the path, and show it."""

    async def run(unit: Unit) -> RuleItem:
        rule = await RULES.get(unit, call.part("rule"))
        await change(unit, rule)
        await unit.session.flush()
        return (await show_rules(unit, [rule]))[0]

    return await call.parts.work.run(run, await find_editor(call, name))


async def replace_rule(call: Call[NoQuery, ChangedRule]) -> RuleItem:
    body = call.body

    async def change(unit: Unit, rule: Rule) -> None:
        await RULES.change(unit, rule, body.rule, body.version)
        if body.active is not None and body.active is not rule.active:
            await RULES.switch(unit, rule, body.active)

    return await _change(call, body.as_, change)


async def delete_rule(call: Call[AsQuery, NoBody]) -> RuleItem:
    return await _change(call, call.query.as_, lambda unit, rule: RULES.switch(unit, rule, on=False))


async def move_rule(call: Call[NoQuery, Move]) -> RuleItem:
    return await _change(call, call.body.as_, lambda unit, rule: RULES.move(unit, rule, call.body.place))


async def undo_change(call: Call[NoQuery, Undo]) -> RuleItem:
    return await _change(call, call.body.as_, lambda unit, rule: RULES.undo(unit, rule, call.body.change))


def _changes(method: str, path: str, name: str, summary: str, run: Any, **more: Any) -> Operation[Any, Any]:
    problems = (403, 404, 409)
    return Operation(
        method,
        path,
        name,
        summary,
        run,
        RuleItem,
        scope=Scope.ADMIN,
        problems=problems,
        parts=(RULE,),
        **more,
    )


OPERATIONS = (
    Operation(
        "GET", "/rules", "listRules", "Rules, in the order in which they are asked.",
        list_rules, Listing[RuleItem], RulesQuery,
    ),
    Operation(
        "POST",
        "/rules",
        "createRule",
        "Make a rule.",
        create_rule,
        RuleItem,
        Body=NewRule,
        status=201,
        scope=Scope.ADMIN,
        problems=(404, 409),
        header=("Location", "Where the rule is."),
        links={"rule": {"operationId": "getRule", "parameters": {"rule": "$response.body#/slug"}}},
    ),
    Operation("GET", "/rules/{rule}", "getRule", "One rule.", get_rule, RuleItem, parts=(RULE,)),
    Operation(
        "GET", "/rules/{rule}/changes", "listRuleChanges", "What was changed about a rule, the newest first.",
        list_changes, Listing[ChangeItem], parts=(RULE,),
    ),
    _changes("PUT", "/rules/{rule}", "replaceRule", "Change a rule.", replace_rule, Body=ChangedRule),
    _changes("DELETE", "/rules/{rule}", "deleteRule", "Switch a rule off.", delete_rule, Query=AsQuery),
    _changes("POST", "/rules/{rule}/move", "moveRule", "Move a rule among its kind.", move_rule, Body=Move),
    _changes("POST", "/rules/{rule}/undo", "undoRuleChange", "Undo a change.", undo_change, Body=Undo),
)  # fmt: skip
