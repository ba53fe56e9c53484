"""Rules in the Room: the list of each kind in order, and one rule with its form, what it would do, and its history."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from bot.access.roles import ORDER
from bot.alerts.fields import NAMES
from bot.alerts.filter import OPERATIONS
from bot.alerts.trials import Trial, try_signals
from bot.catalog.drafts import EntryWrong, entry_of, read_draft
from bot.catalog.edit_rules import RULES, Draft, put_draft
from bot.catalog.editing import read_names
from bot.catalog.integrations import find_integration
from bot.errors import Problem
from bot.flow.unit import Unit
from handlers.pages.rule_form import (
    STARTS,
    RuleForm,
    list_differences,
    read_form,
    show_entry,
    start_entry,
)
from handlers.pages.visit import Values, Visit, signed_in
from handlers.parts import Parts
from handlers.webhooks.kept import Replay, read_body, replay_kept
from storage.models import AuditEntry, EscalationPolicy, Integration, Rule, Team
from storage.questions import catalog
from storage.questions import rules as ask_rules
from storage.words import RuleKind, UserRole

LAST = 20
"""So many kept messages show what a changed rule would do."""
ROOT = "/rules"
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


def list_routes(parts: Parts) -> list[web.RouteDef]:
    new = ROOT + "/new/{kind:" + "|".join(RuleKind) + "}"
    one = ROOT + "/{rule:[A-Za-z0-9][A-Za-z0-9._-]{0,63}}"
    return [
        web.get(ROOT, signed_in(parts, show_list, "responder")),
        web.get(new, signed_in(parts, show_new, "admin")),
        web.post(new, signed_in(parts, take_new, "admin")),
        web.get(one, signed_in(parts, show_rule, "responder")),
        web.post(one, signed_in(parts, take_changed, "admin")),
        web.post(one + "/switch", signed_in(parts, switch, "admin")),
        web.post(one + "/move", signed_in(parts, move, "admin")),
        web.post(one + "/undo", signed_in(parts, undo, "admin")),
    ]


def may_edit(visit: Visit) -> bool:
    return ORDER.index(visit.user.role) >= ORDER.index(UserRole.ADMIN)


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


async def show_new(visit: Visit) -> web.StreamResponse:
    kind = RuleKind(visit.request.match_info["kind"])
    word = visit.request.query.get("start", "")

    async def ask(unit: Unit) -> Values:
        teams = await catalog.list_named(unit.session, Team)
        policies = await catalog.list_named(unit.session, EscalationPolicy)
        senders = await catalog.list_named(unit.session, Integration)
        known = {
            "TEAM": teams[0].slug if teams else "",
            "POLICY": policies[0].slug if policies else "",
            "INTEGRATION": senders[0].slug if senders else "",
        }
        return {"form": show_entry(start_entry(kind, word, known)), **await _read_choices(unit, kind)}

    return await visit.show("pages/rule", ask, rule=None, kind=kind, **_frame(visit))


async def show_rule(visit: Visit) -> web.StreamResponse:
    async def ask(unit: Unit) -> Values:
        rule = await RULES.get(unit, visit.request.match_info["rule"])
        return {
            "form": show_entry(entry_of(rule, await read_names(unit))),
            **await _read_rule(unit, rule),
        }

    return await visit.show("pages/rule", ask, **_frame(visit))


def _frame(visit: Visit) -> Values:
    return {
        "may_edit": may_edit(visit),
        "fields": [*NAMES, "labels.", "payload."],
        "operations": sorted(OPERATIONS),
        "sentence": "",
        "tried": None,
        "sender": visit.request.query.get("sender", ""),
        "own": "",
    }


async def _read_choices(unit: Unit, kind: RuleKind) -> Values:
    """What the form of a kind offers."""
    from bot.catalog.effects import KINDS

    keys = {
        name: (given.description or "", str((given.examples or [""])[0]))
        for name, given in KINDS[kind].list_keys().items()
        if name not in ("name", "match", "conditions")
    }
    senders = await catalog.list_named(unit.session, Integration)
    return {
        "senders": sorted(senders, key=lambda row: row.last_signal_at or LONG_AGO, reverse=True),
        "keys": keys,
        "starts": list(STARTS[kind]),
    }


async def _read_rule(unit: Unit, rule: Rule) -> Values:
    versions = await RULES.list_versions(unit, [rule])
    changes = await RULES.list_changes(unit, rule)
    return {
        "rule": rule,
        "kind": rule.kind,
        "version": versions[rule.id],
        "changes": [(entry, _list_changed(entry)) for entry in changes],
        **await _read_choices(unit, rule.kind),
    }


def _list_changed(entry: AuditEntry) -> list[tuple[str, str, str]]:
    if "before" not in entry.data:
        return [(str(name), "", "") for name in entry.data.get("changed", [])]
    return list_differences(entry.data["before"] or {}, entry.data["after"])


async def take_new(visit: Visit) -> web.StreamResponse:
    kind = RuleKind(visit.request.match_info["kind"])

    async def save(unit: Unit, entry: Any) -> str:
        return (await RULES.create_of(unit, kind, entry)).slug

    return await _take(visit, kind, "", save)


async def take_changed(visit: Visit) -> web.StreamResponse:
    slug = visit.request.match_info["rule"]
    version = (await visit.form()).get("version", "")

    async def find(unit: Unit) -> Values:
        return {"kind": (await RULES.get(unit, slug)).kind}

    async def save(unit: Unit, entry: Any) -> str:
        rule = await RULES.get(unit, slug)
        await RULES.change(unit, rule, entry, int(version) if version.isdecimal() else -1)
        return slug

    return await _take(visit, (await visit.look(find))["kind"], slug, save)


async def _take(
    visit: Visit, kind: RuleKind, slug: str, save: Callable[[Unit, Any], Awaitable[str]]
) -> web.StreamResponse:
    """Save what the form says, or try it; what is wrong is shown at its place, and nothing typed is lost."""
    posted = await visit.request.post()
    form = read_form(posted)
    shown: Values = {"sender": str(posted.get("sender", "")), "own": str(posted.get("own", ""))}
    version = str(posted.get("version", ""))
    status, sentence, tried = 200, "", None
    try:
        entry = form.read()
        if posted.get("do") == "save":
            saved = await visit.parts.work.run(lambda unit: save(unit, entry), visit.actor)
            return visit.go(f"{ROOT}/{saved}")
        draft = Draft(kind, entry, slug)
        tried = await _try(visit, draft, shown["sender"], shown["own"])
    except EntryWrong as wrong:
        form.mark(wrong)
        status = wrong.status
    except Problem as problem:
        status, sentence = problem.status, visit.parts.templates.explain(problem)
        if problem.code == "edit.changed_meanwhile":
            version = ""  # what others changed stands in the history now, and who saves again has seen it
    return await _show_again(
        visit,
        kind,
        slug,
        form,
        status,
        {
            **shown,
            "tried": tried,
            "sentence": sentence,
            **({"version": version} if version.isdecimal() else {}),
        },
    )


async def _show_again(
    visit: Visit, kind: RuleKind, slug: str, form: RuleForm, status: int, shown: Values
) -> web.StreamResponse:
    async def ask(unit: Unit) -> Values:
        if not slug:
            return {"rule": None, "kind": kind, **await _read_choices(unit, kind)}
        return await _read_rule(unit, await RULES.get(unit, slug))

    return await visit.show("pages/rule", ask, status, **{**_frame(visit), **shown, "form": form})


async def _try(visit: Visit, draft: Draft, sender: str, own: str) -> Tried:
    """What the draft would make of the last kept messages of a sender and of one's own message. Nothing is kept."""

    async def replay(unit: Unit) -> Tried:
        read_draft(draft.kind, draft.entry, await read_names(unit))  # its faults come first
        row = await find_integration(unit, sender)
        signals, problem = [], ""
        if own.strip():
            try:
                signals = read_body(row, own.encode(), {"Content-Type": "application/json"}, unit.now)
            except Problem as refused:
                problem = visit.parts.templates.explain(refused)
        before = await try_signals(unit, row, signals)

        async def change() -> None:
            await put_draft(unit, draft)

        replayed = await replay_kept(unit, row, LAST, change)
        after = await try_signals(unit, row, signals)
        return Tried(row.name, replayed, tuple(zip(before, after, strict=True)), problem)

    return await visit.parts.work.rehearse(replay, visit.actor)


async def _change(
    visit: Visit, change: Callable[[Unit, Rule], Awaitable[object]], to: str = ""
) -> web.Response:
    slug = visit.request.match_info["rule"]

    async def run(unit: Unit) -> None:
        await change(unit, await RULES.get(unit, slug))

    await visit.parts.work.run(run, visit.actor)
    return visit.go(to or f"{ROOT}/{slug}")


async def switch(visit: Visit) -> web.StreamResponse:
    on = (await visit.form()).get("on") == "yes"
    return await _change(visit, lambda unit, rule: RULES.switch(unit, rule, on))


async def move(visit: Visit) -> web.StreamResponse:
    place = (await visit.form()).get("place", "")
    wanted = int(place) if place.isdecimal() and len(place) < 6 else 1
    return await _change(visit, lambda unit, rule: RULES.move(unit, rule, wanted), ROOT)


async def undo(visit: Visit) -> web.StreamResponse:
    number = (await visit.form()).get("change", "")
    wanted = int(number) if number.isdecimal() and len(number) < 10 else None
    return await _change(visit, lambda unit, rule: RULES.undo(unit, rule, wanted))
