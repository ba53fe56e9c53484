"""Rules in the Room: the list of each kind in order, and one rule with its form, what it would do, and its history."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from multidict import MultiMapping

from bot.alerts.fields import NAMES
from bot.alerts.filter import OPERATIONS
from bot.alerts.trials import Trial, try_signals
from bot.catalog.drafts import Entry, read_draft
from bot.catalog.edit_rules import RULES, Draft, put_draft
from bot.catalog.editing import read_names
from bot.catalog.integrations import find_integration
from bot.errors import Problem
from bot.flow.unit import Unit
from handlers.pages.edit_pages import NEW, SLUG, EditPages, is_number, may_edit
from handlers.pages.rule_form import STARTS, RuleForm, read_form, show_entry, start_entry
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from handlers.webhooks.kept import Replay, read_body, replay_kept
from storage.models import EscalationPolicy, Integration, Rule, Team
from storage.questions import catalog
from storage.questions import rules as ask_rules
from storage.words import RuleKind

LAST = 20
"""So many kept messages show what a changed rule would do."""
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class RuleRow:
    """One rule in the list. `place` is from 1."""

    rule: Rule
    place: int
    team: str
    integration: str


@dataclass(frozen=True)
class Tried:
    """What a form that is not saved would do: with messages that were kept, and with a message of one's own."""

    sender: str
    replay: Replay | None = None
    own: tuple[tuple[Trial, Trial], ...] = ()
    problem: str = ""


async def show_list(visit: Visit) -> web.StreamResponse:
    async def ask(unit: Unit) -> Values:
        teams = {row.id: row.name for row in await catalog.list_named(unit.session, Team, everything=True)}
        senders = await catalog.list_named(unit.session, Integration, everything=True)
        names = {row.id: row.name for row in senders}
        kinds: dict[RuleKind, list[RuleRow]] = {kind: [] for kind in RuleKind}
        for rule in await ask_rules.list_rules(unit.session):
            rows = kinds[rule.kind]
            team = teams.get(rule.team_id or 0, "")
            rows.append(RuleRow(rule, len(rows) + 1, team, names.get(rule.integration_id or 0, "")))
        return {"kinds": kinds}

    if visit.wants_fragment:
        return await visit.show_part("pages/parts/rules", ask, may_edit=may_edit(visit))
    return await visit.show("pages/rules", ask, may_edit=may_edit(visit))


class RulePages(EditPages[Rule]):
    """The pages of one rule. A new one's say of which kind it is."""

    editor = RULES
    root, template = "/rules", "pages/rule"
    new = NEW + "/{kind:" + "|".join(RuleKind) + "}"

    async def start(self, visit: Visit, unit: Unit) -> Entry:
        teams = await catalog.list_named(unit.session, Team)
        policies = await catalog.list_named(unit.session, EscalationPolicy)
        senders = await catalog.list_named(unit.session, Integration)
        known = {
            "TEAM": teams[0].slug if teams else "",
            "POLICY": policies[0].slug if policies else "",
            "INTEGRATION": senders[0].slug if senders else "",
        }
        return start_entry(kind_of(visit), visit.request.query.get("start", ""), known)

    def show_entry(self, entry: Entry) -> RuleForm:
        return show_entry(entry)

    def read_form(self, posted: MultiMapping[Any]) -> RuleForm:
        return read_form(posted)

    async def create(self, visit: Visit, unit: Unit, entry: Entry) -> Rule:
        return await RULES.create(unit, Draft(kind_of(visit), entry))

    async def offer(self, visit: Visit, unit: Unit, row: Rule | None) -> Values:
        """What the form of a kind offers."""
        from bot.catalog.effects import KINDS

        kind = row.kind if row is not None else kind_of(visit)
        keys = {
            name: (given.description or "", str((given.examples or [""])[0]))
            for name, given in KINDS[kind].list_keys().items()
            if name not in ("name", "match", "conditions")
        }
        senders = await catalog.list_named(unit.session, Integration)
        return {
            "kind": kind,
            "senders": sorted(senders, key=lambda one: one.last_signal_at or LONG_AGO, reverse=True),
            "keys": keys,
            "starts": list(STARTS[kind]),
        }

    async def frame(self, visit: Visit) -> Values:
        posted = await visit.form()
        return {
            "fields": [*NAMES, "labels.", "payload."],
            "operations": sorted(OPERATIONS),
            "sender": posted.get("sender", visit.request.query.get("sender", "")),
            "own": posted.get("own", ""),
        }

    async def preview(self, visit: Visit, unit: Unit, slug: str, entry: Entry) -> Tried:
        """What it would make of the last kept messages of a sender and of one's own message."""
        kind = (await RULES.get(unit, slug)).kind if slug else kind_of(visit)
        read_draft(kind, entry, await read_names(unit))  # its faults come first
        posted = await visit.form()
        own = posted.get("own", "")
        row = await find_integration(unit, posted.get("sender", ""))
        signals, problem = [], ""
        if own.strip():
            try:
                signals = read_body(row, own.encode(), {"Content-Type": "application/json"}, unit.now)
            except Problem as refused:
                problem = visit.parts.templates.explain(refused)
        before = await try_signals(unit, row, signals)

        async def change() -> None:
            await put_draft(unit, Draft(kind, entry, slug))

        replayed = await replay_kept(unit, row, LAST, change)
        after = await try_signals(unit, row, signals)
        return Tried(row.name, replayed, tuple(zip(before, after, strict=True)), problem)

    async def move(self, visit: Visit) -> web.StreamResponse:
        """Put a rule elsewhere among its kind."""
        place = (await visit.form()).get("place", "")
        slug, wanted = visit.request.match_info["rule"], int(place) if is_number(place) else 1

        async def run(unit: Unit) -> None:
            await RULES.move(unit, await RULES.get(unit, slug), wanted)

        await visit.parts.work.run(run, visit.actor)
        return visit.go(f"{self.root}#rule-{slug}")


def kind_of(visit: Visit) -> RuleKind:
    """Of which kind a new rule is, by its address."""
    return RuleKind(visit.request.match_info["kind"])


def list_routes(parts: Parts) -> list[web.RouteDef]:
    pages = RulePages()
    return [
        web.get(pages.root, signed_in(parts, show_list, "responder")),
        *pages.list_routes(parts),
        web.post(f"{pages.root}/{{rule:{SLUG}}}/move", signed_in(parts, pages.move, "admin")),
    ]
