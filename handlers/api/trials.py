"""`/api/v1/rules/test` and `/rules/replay`: what rules make of messages, with a change that is not saved; and the
messages of an integration that are kept."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from bot.alerts.trials import Trial, try_signals
from bot.catalog.edit_rules import Draft, put_draft
from bot.catalog.integrations import find_integration
from bot.chat.markup import render_text
from bot.errors import Invalid, Unknown
from bot.flow.unit import Unit
from handlers.api.door import named_by
from handlers.api.operation import (
    HIGHEST,
    NO_NUL,
    Call,
    Listing,
    Name,
    NoBody,
    NoQuery,
    Operation,
    PageQuery,
    PathPart,
    build_listing,
)
from handlers.api.rules import Entry, Place
from handlers.api.values import SLUG
from handlers.parts import Parts
from handlers.webhooks.kept import Compared, read_body, read_kept, replay_kept
from storage.models import Integration, RawPayload
from storage.questions import lists
from storage.questions.payloads import find_kept
from storage.words import RuleKind, Scope

INTEGRATION = PathPart("integration", SLUG, "The integration's slug.", "generic")
NUMBER = PathPart("id", "^[1-9][0-9]{0,8}$", "The message's id.", "1")
Body = Annotated[str, Meta(max_length=1_000_000, pattern=NO_NUL)]


class DraftRule(Struct, frozen=True, forbid_unknown_fields=True):
    """A rule that is tried and not saved. With the `slug` of a rule that is there it stands in its place."""

    kind: RuleKind
    rule: Entry
    slug: Annotated[str, Meta(max_length=64, pattern=NO_NUL)] = ""
    place: Place | None = None

    def read(self) -> Draft:
        return Draft(self.kind, self.rule, self.slug, self.place)


class RulesTest(Struct, frozen=True, forbid_unknown_fields=True):
    """A message, as text or as the id of one that is kept, and a rule to try with it."""

    integration: Annotated[Name, Meta(description="Slug or name.", examples=["generic"])]
    payload: Annotated[Body | None, Meta(description="The body as its sender would send it.")] = None
    kept: Annotated[int, Meta(ge=1, le=HIGHEST)] | None = None
    content_type: Annotated[str, Meta(max_length=120, pattern=NO_NUL)] = "application/json"
    change: DraftRule | None = None


class RulesReplay(Struct, frozen=True, forbid_unknown_fields=True):
    """The last kept messages of a sender, and the rule to try with them."""

    integration: Annotated[Name, Meta(description="Slug or name.", examples=["generic"])]
    change: DraftRule
    last: Annotated[int, Meta(ge=1, le=200)] = 50


class TrialItem(Struct, frozen=True):
    """What would become of one signal. `outcome` is opens, repeats, acknowledges, closes, notes or ignored; `incident` is
    the open one that it would join, or the rule that would open one; `pages` are the people of the first step. `trace` has
    what each rule decided, `why` the same in sentences."""

    outcome: str
    alias: str
    title: str
    description: str
    priority: str
    service: str
    team: str
    tags: list[str]
    incident: str
    held_by: str
    pages: list[str]
    trace: list[dict[str, Any]]
    why: list[str]


class TestResult(Struct, frozen=True):
    """One trial for each signal in the message."""

    trials: list[TrialItem]


class DifferenceItem(Struct, frozen=True):
    """A kept message that the change would treat otherwise; `changed` names the fields of the trials that differ."""

    payload: int
    received_at: datetime
    changed: list[str]
    before: TrialItem
    after: TrialItem


class ReplayResult(Struct, frozen=True):
    """Of `count` messages, those that would differ; `unreadable` more can't be read any more."""

    count: int
    unreadable: int
    differences: list[DifferenceItem]


class PayloadItem(Struct, frozen=True):
    """A message of a sender that is kept. `size` is in characters."""

    id: int
    received_at: datetime
    content_type: str
    size: int


class PayloadDetail(Struct, frozen=True):
    """A message as it came, without secrets."""

    id: int
    received_at: datetime
    content_type: str
    headers: dict[str, Any]
    query: dict[str, Any]
    body: str


async def test_rules(call: Call[NoQuery, RulesTest]) -> TestResult:
    body = call.body
    if (body.payload is None) is (body.kept is None):
        raise Invalid("payload.which", "payload")

    async def test(unit: Unit) -> list[Trial]:
        sender = await named_by("integration", find_integration(unit, body.integration))
        if body.kept is not None:
            signals = read_kept(sender, await named_by("kept", get_kept(unit, sender, body.kept)))
        else:
            headers = {"Content-Type": body.content_type}
            signals = read_body(sender, (body.payload or "").encode(), headers, unit.now)
        if body.change is not None:
            await put_draft(unit, body.change.read())
            await unit.session.refresh(sender)
        return await try_signals(unit, sender, signals)

    trials = await call.parts.work.rehearse(test, call.actor)
    return TestResult([_show_trial(call.parts, one) for one in trials])


async def replay_rules(call: Call[NoQuery, RulesReplay]) -> ReplayResult:
    body = call.body

    async def replay(unit: Unit) -> ReplayResult:
        sender = await named_by("integration", find_integration(unit, body.integration))

        async def change() -> None:
            await put_draft(unit, body.change.read())

        replayed = await replay_kept(unit, sender, body.last, change)
        return ReplayResult(
            replayed.count,
            replayed.unreadable,
            [_show_difference(call.parts, one) for one in replayed.differences],
        )

    return await call.parts.work.rehearse(replay, call.actor)


def _show_difference(parts: Parts, one: Compared) -> DifferenceItem:
    return DifferenceItem(
        one.payload_id,
        one.received_at,
        sorted(one.changed),
        _show_trial(parts, one.before),
        _show_trial(parts, one.after),
    )


def _show_trial(parts: Parts, trial: Trial) -> TrialItem:
    return TrialItem(
        trial.outcome,
        trial.alias,
        trial.title,
        trial.description,
        trial.priority,
        trial.service,
        trial.team,
        list(trial.tags),
        trial.incident,
        trial.held_by,
        list(trial.pages),
        list(trial.trace),
        [render_text(parts.templates.explain_step(step)) for step in trial.trace],
    )


async def get_kept(unit: Unit, sender: Integration, number: int) -> RawPayload:
    """A kept message of this sender; raises Unknown."""
    found = await find_kept(unit.session, sender.id, number)
    if found is None:
        raise Unknown("payload.unknown", number=number, name=sender.name)
    return found


async def list_payloads(call: Call[PageQuery, NoBody]) -> Listing[PayloadItem]:
    async def look(unit: Unit) -> Listing[PayloadItem]:
        sender = await find_integration(unit, call.part("integration"))
        found = await lists.list_payloads(unit.session, sender.id, call.query.wanted())
        items = [PayloadItem(row.id, row.received_at, row.content_type, len(row.body)) for row in found.rows]
        return build_listing(items, found.next_after)

    return await call.look(look)


async def get_payload(call: Call[NoQuery, NoBody]) -> PayloadDetail:
    async def look(unit: Unit) -> PayloadDetail:
        sender = await find_integration(unit, call.part("integration"))
        row = await get_kept(unit, sender, call.number("id"))
        return PayloadDetail(row.id, row.received_at, row.content_type, row.headers, row.query, row.body)

    return await call.look(look)


OPERATIONS = (
    Operation(
        "POST", "/rules/test", "testRules", "What rules make of a message. Nothing is changed.",
        test_rules, TestResult, Body=RulesTest, scope=Scope.ADMIN, problems=(404, 409),
    ),
    Operation(
        "POST", "/rules/replay", "replayRules", "What a changed rule would make otherwise. Nothing is changed.",
        replay_rules, ReplayResult, Body=RulesReplay, scope=Scope.ADMIN, problems=(404, 409),
    ),
    Operation(
        "GET", "/integrations/{integration}/payloads", "listPayloads", "The messages of a sender that are kept.",
        list_payloads, Listing[PayloadItem], PageQuery, scope=Scope.ADMIN, problems=(403, 409), parts=(INTEGRATION,),
    ),
    Operation(
        "GET", "/integrations/{integration}/payloads/{id}", "getPayload", "One message that is kept.",
        get_payload, PayloadDetail, scope=Scope.ADMIN, problems=(403, 409), parts=(INTEGRATION, NUMBER),
    ),
)  # fmt: skip
