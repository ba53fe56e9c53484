"""The shapes of rules: when one holds and what it does, for each kind. The configuration file, the API and the Room share
them; `then_of` gives what the database keeps."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, Field

from bot.catalog.kinds import (
    Clock,
    Duration,
    IntegrationName,
    Name,
    PolicyName,
    Recipient,
    ServiceName,
    TeamName,
    ToResponder,
    Zone,
    one_of,
)
from bot.catalog.rules import FieldName, NewPriority, Operation, Template, Title, Value
from bot.catalog.shape import Shape, key
from storage.words import Priority, RuleKind

Ids = Mapping[str, Mapping[str, int]]
"""Ids by slug or handle, by kind of thing: `team`, `policy`, `service`, `user`, `schedule`."""


class Match(StrEnum):
    ALL = "all"
    ANY = "any"


class Day(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class Do(StrEnum):
    CREATE = "create"
    ACKNOWLEDGE = "acknowledge"
    CLOSE = "close"
    NOTE = "note"
    IGNORE = "ignore"


class Part(StrEnum):
    TAGS = "tags"
    LABELS = "labels"
    LINKS = "links"
    IMAGES = "images"


class ConditionShape(Shape):
    """What must hold for one field of an alert."""

    field: FieldName = key(
        "the field of the alert, `labels.` and a label, or `payload.` and the way to what the sender sent",
        "priority",
    )
    operation: Operation = key("how it is compared", "at_least")
    value: Value = key(
        "what it is compared with; a list for `one_of`", "P2", default="", validate_default=True
    )
    negate: bool = key("whether the opposite must hold", "yes", alias="not", default=False)


class WindowShape(Shape):
    """A part of the week."""

    days: list[Annotated[Day, one_of(Day)]] = key(
        "the days on which it begins (default: all)", "[mon, tue, wed, thu, fri]", default=[]
    )
    start: Clock = key("when it begins", '"18:00"', alias="from", default="00:00")
    until: Clock = key("when it ends, on the next day if that is earlier", '"09:00"', default="00:00")


class HoursShape(Shape):
    """When a rule holds."""

    zone: Zone = key("the time zone of the windows", "Europe/Paris", default="UTC")
    windows: Annotated[list[WindowShape], Field(min_length=1, max_length=50)] = key(
        "the parts of the week", '[{from: "18:00", until: "09:00"}]'
    )


class RuleShape(Shape):
    """What every rule has."""

    name: Name = key("what people call the rule", "Urgent alerts")
    match: Annotated[Match, one_of(Match)] = key(
        "whether all or any of the conditions must hold", "all", default=Match.ALL
    )
    conditions: Annotated[list[ConditionShape], Field(max_length=100)] = key(
        "the conditions; without any, every alert matches",
        "[{field: priority, operation: at_least, value: P2}]",
        default=[],
    )
    hours: HoursShape | None = key(
        "when it holds (default: always)", '{windows: [{from: "18:00", until: "09:00"}]}', default=None
    )


class ActionShape(RuleShape):
    """What a message of one sender becomes, by slug. The first that matches counts; without one, what the sender said."""

    integration: IntegrationName = key("the sender whose messages it is about", "prometheus")
    do: Annotated[Do, one_of(Do)] | None = key(
        "create, acknowledge, close, note or ignore (default: what its sender says, so that ends stay ends)",
        "create",
        default=None,
    )
    alias: Template | None = key("what makes messages the same alert", '"{{ alias }}"', default=None)
    title: Template | None = key("the alert's title", '"{{ title }} on {{ entity }}"', default=None)
    description: Template | None = key("the alert's description", '"{{ description }}"', default=None)
    entity: Template | None = key("what it is about", '"{{ labels.host }}"', default=None)
    source: Template | None = key("where it comes from", '"{{ source }}"', default=None)
    service: Template | None = key("the service that is impacted", '"{{ labels.app }}"', default=None)
    team: Template | None = key("the team that it is for", '"{{ labels.team }}"', default=None)
    user: Template | None = key("who did it at the sender", '"{{ user }}"', default=None)
    note: Template | None = key("what is written on the alert", '"{{ note }}"', default=None)
    priority: NewPriority | None = key("P1 to P5", '"{{ labels.prio }}"', default=None)
    tags: Annotated[list[Template], Field(max_length=50)] = key(
        "tags that it gets", '["{{ labels.region }}"]', default=[]
    )
    labels: dict[str, Template] = key("labels that it gets", '{zone: "{{ labels.az }}"}', default={})
    without: list[Annotated[Part, one_of(Part)]] = key(
        "what of the sender's is left out: tags, labels, links, images", "[images]", default=[]
    )


class UntilShape(Shape):
    """A time of day."""

    time: Clock = key("when, by the clocks of the zone", '"09:00"')
    zone: Zone = key("the time zone", "Europe/Paris", default="UTC")


class RestartShape(Shape):
    """How often an open alert pages again from the first step."""

    after: Duration = key("after how long, each time", "1h")
    times: Annotated[int, Field(ge=1, le=100)] = key("how often", "3", default=1)


class FlapShape(Shape):
    """When an alert comes and goes too often."""

    times: Annotated[int, Field(ge=2, le=100)] = key("how often it must have come", "3")
    within: Duration = key("within how long", "1h")
    hold: Duration = key("how long it must then stay open before it pages", "10m")


class AlertPolicyShape(RuleShape):
    """What is changed about a new alert, and whether it waits before it pages, by slug. The first that matches counts, and
    those after it while it says `continue`."""

    team: TeamName | None = key(
        "the team whose alerts it is for (default: every team's)", "payments", default=None
    )
    integration: IntegrationName | None = key(
        "the sender whose alerts it is for (default: any)", "prometheus", default=None
    )
    title: Template | None = key("the alert's new title", '"[staging] {{ title }}"', default=None)
    description: Template | None = key("its new description", '"{{ description }}"', default=None)
    entity: Template | None = key("what it is about", '"{{ labels.host }}"', default=None)
    source: Template | None = key("where it comes from", '"{{ source }}"', default=None)
    service: Template | None = key("the service that is impacted", '"{{ labels.app }}"', default=None)
    priority: NewPriority | None = key("its new priority", "P4", default=None)
    tags: Annotated[list[Template], Field(max_length=50)] = key("tags that it gets", "[night]", default=[])
    labels: dict[str, Template] = key("labels that it gets", '{environment: "staging"}', default={})
    responders: Annotated[list[ToResponder], Field(max_length=50)] = key(
        "whom it pages instead of its team (an incident that it joins calls them in): `user:`, `team:`, "
        "`schedule:` or `policy:` and a name",
        "[schedule:payments]",
        default=[],
    )
    suppress: bool = key("whether it never pages", "no", default=False)
    delay: Duration | None = key("how long it must be open before it pages", "5m", default=None)
    delay_until: UntilShape | None = key(
        "the time of day until which it waits", '{time: "09:00"}', default=None
    )
    count: Annotated[int, Field(ge=2, le=10_000)] | None = key(
        "how often it must be sent before it pages", "3", default=None
    )
    flap: FlapShape | None = key(
        "when it comes and goes too often", "{times: 3, within: 1h, hold: 10m}", default=None
    )
    close_after: Duration | None = key("how long after it came it closes by itself", "12h", default=None)
    restart: RestartShape | None = key("when it pages again", "{after: 1h, times: 3}", default=None)
    go_on: bool = key("whether the policies after it are asked too", "yes", alias="continue", default=False)


class RouteShape(RuleShape):
    """Who an alert is for, by slug. The first that matches counts; where none does, its service, the team that its sender
    names, or its sender's."""

    of_team: TeamName | None = key(
        "the team within which it chooses a policy (default: it chooses the team)", "payments", default=None
    )
    integration: IntegrationName | None = key(
        "the sender whose alerts it is for (default: any)", "prometheus", default=None
    )
    team: TeamName | None = key("the team that it is for", "payments", default=None)
    policy: PolicyName | None = key(
        "the policy that it escalates by (default: the team's)", "payments", default=None
    )
    nobody: bool = key("whether it pages nobody", "no", default=False)


class IncidentRuleShape(RuleShape):
    """Which alerts open an incident, by slug. The first rule that matches counts."""

    name: Name = key("what people call the rule", "Urgent alerts open an incident")
    team: TeamName | None = key(
        "the team whose alerts it is for (default: every team's)", "payments", default=None
    )
    group_by: list[FieldName] = key(
        "the fields whose values make alerts the same trouble", "[service]", default=["service"]
    )
    related: bool = key(
        "whether an alert also joins the incident of a service that its own needs, or that needs it",
        "yes",
        default=False,
    )
    alerts: Annotated[int, Field(ge=2, le=10_000)] | None = key(
        "how many alerts of a team without incident it takes (a storm)", "20", default=None
    )
    within: Duration | None = key("within how long they must come (default: 5m)", "5m", default=None)
    title: Title = key(
        "the incident's title, over the alert's fields", '"{{ title }}"', default="{{ title }}"
    )
    summary: Template | None = key("what the incident is about", '"{{ description }}"', default=None)
    priority: Annotated[Priority, one_of(Priority)] | None = key(
        "its priority (default: the alert's; it rises to the highest of its alerts)", "P1", default=None
    )
    teams: list[TeamName] = key("teams that are called beside the alert's own", "[payments]", default=[])
    services: list[ServiceName] = key("services that are part of it", "[checkout]", default=[])
    private: bool = key("whether only those who take part know of it", "no", default=False)


KINDS: dict[RuleKind, type[RuleShape]] = {
    RuleKind.ACTION: ActionShape,
    RuleKind.POLICY: AlertPolicyShape,
    RuleKind.ROUTE: RouteShape,
    RuleKind.INCIDENT: IncidentRuleShape,
}
SECTION_OF = {
    RuleKind.ACTION: "actions",
    RuleKind.POLICY: "alert_policies",
    RuleKind.ROUTE: "routing_rules",
    RuleKind.INCIDENT: "incident_rules",
}
"""Where the configuration file has the rules of a kind."""
COLUMNS = {"name", "match", "conditions", "hours", "integration", "of_team", "go_on"}


def columns_of(kind: RuleKind, entry: RuleShape, ids: Ids) -> dict[str, Any]:
    """The columns of `Rule` for an entry, but for its slug, place and origin."""
    integration, owner = getattr(entry, "integration", None), getattr(entry, "of_team", None)
    if kind in (RuleKind.POLICY, RuleKind.INCIDENT):
        owner = getattr(entry, "team", None)
    return {
        "name": entry.name,
        "kind": kind,
        "match": entry.match.value,
        "conditions": [one.model_dump(mode="json", by_alias=True) for one in entry.conditions],
        "hours": entry.hours.model_dump(mode="json", by_alias=True) if entry.hours else {},
        "integration_id": ids["integration"][integration] if integration else None,
        "team_id": ids["team"][owner] if owner else None,
        "go_on": bool(getattr(entry, "go_on", False)),
        "then": _then_of(kind, entry, ids),
    }


def _then_of(kind: RuleKind, entry: RuleShape, ids: Ids) -> dict[str, Any]:
    """What the rule does, with ids in place of names; what is not said is left out."""
    then: dict[str, Any] = {}
    for name in type(entry).model_fields:
        value = getattr(entry, name)
        is_owner = name == "team" and kind in (RuleKind.POLICY, RuleKind.INCIDENT)
        if name in COLUMNS or is_owner or value in (None, False, [], {}):
            continue
        if name in ("team", "policy") and kind is RuleKind.ROUTE:
            value = ids[name][value]
        elif name in ("teams", "services"):
            value = [ids[name[:-1]][one] for one in value]
        elif name == "responders":
            value = [_responder(one, ids) for one in value]
        elif isinstance(value, BaseModel):
            value = value.model_dump(mode="json", by_alias=True)
        elif isinstance(value, list):
            value = [one.value if isinstance(one, StrEnum) else one for one in value]
        then[name] = value.value if isinstance(value, StrEnum) else value
    return then


def _responder(to: Recipient, ids: Ids) -> dict[str, Any]:
    return {"type": to.kind, "id": ids[to.kind][to.name], "name": to.name}
