"""The shape of the configuration file: every key that it may have, with its kind, its default and what it is for.

`Config` is what `read_config` gives and `apply_config` takes. The descriptions and examples here are also what the
faults say about a missing key, and what docs/configuration.md shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.fields import FieldInfo

from bot.catalog.kinds import (
    Duration,
    Email,
    Every,
    Group,
    Line,
    Name,
    Participants,
    PolicyName,
    Prose,
    ServiceName,
    Start,
    TeamName,
    To,
    Url,
    UserName,
    Zone,
    one_of,
)
from bot.catalog.rules import FieldName, Operation, Title, Value
from bot.catalog.senders import EnvironmentKey, Expressions, FileKey, Key, SourceName
from storage.words import Priority, RotationKind, StepCondition, UserRole


class Chat(StrEnum):
    ROOM = "room"
    SLACK = "slack"
    DISCORD = "discord"


class Match(StrEnum):
    ALL = "all"
    ANY = "any"


class Shape(BaseModel):
    """Unknown keys are faults; a key without a value counts as not written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def leave_out_empty(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        known = cls.list_keys()
        return {key: value for key, value in data.items() if value is not None or key not in known}

    @classmethod
    def list_keys(cls) -> dict[str, FieldInfo]:
        """What may be written, by the name that it has in the file."""
        return {field.alias or name: field for name, field in cls.model_fields.items()}


def key(description: str, example: str, **given: Any) -> Any:
    """Declare a key of the file. Without a default it must be there."""
    return Field(description=description, examples=[example], **given)


class PersonShape(Shape):
    """Somebody who is paged, works on incidents or reads about them, by their handle."""

    name: Name = key("what people call the person", "Kate Moreau")
    email: Email | None = key("where pages by e-mail go", "kate@example.org", default=None)
    zone: Zone | None = key("the person's time zone", "Europe/Paris", default=None)
    role: Annotated[UserRole, one_of(UserRole)] = key(
        "what the person may do: owner, admin, responder or stakeholder", "owner", default=UserRole.RESPONDER
    )


class TeamShape(Shape):
    """People who own services and answer their alerts, by slug."""

    name: Name = key("what people call the team", "Payments")
    members: list[UserName] = key("the handles of its people", "[kate, sam]", default=[])
    policy: PolicyName | None = key("the policy that its alerts escalate by", "payments", default=None)
    platforms: Annotated[list[Annotated[Chat, one_of(Chat)]], Field(min_length=1, max_length=len(Chat))] = (
        key(
            "where its incidents have a channel: slack, discord; room for the Room alone (default: wherever Tocsin is)",
            "[slack]",
            default=[],
        )
    )


class ServiceShape(Shape):
    """A thing that can be impacted, by slug. An alert that names it goes to its team."""

    name: Name = key("what people call the service", "Checkout")
    team: TeamName | None = key("the team that owns it", "payments", default=None)
    tier: Annotated[int, Field(ge=1, le=5)] = key("how important it is; 1 is the most", "1", default=3)
    description: Prose = key("what it does", "Takes orders and card payments", default="")
    runbook: Url | None = key(
        "where it is written what to do", "https://wiki.example.org/checkout", default=None
    )
    needs: list[ServiceName] = key("the services that it can't work without", "[database]", default=[])


class RotationShape(Shape):
    """People who take turns. All rotations of a schedule add up."""

    name: Name | None = key("what people call the rotation (default: its kind)", "Weekly", default=None)
    kind: Annotated[RotationKind, one_of(RotationKind)] = key(
        "what a turn is counted in: hourly, daily or weekly", "weekly", default=RotationKind.WEEKLY
    )
    length: Annotated[int, Field(ge=1, le=366)] = key(
        "how many hours, days or weeks a turn has", "1", default=1
    )
    starts: Start = key("the first handoff, by the clocks of the schedule's zone", "2026-11-02T09:00")
    participants: Participants = key("handles in order; `nobody` is a deliberate gap", "[kate, sam, nobody]")


class ScheduleShape(Shape):
    """Who is on call and when, by slug."""

    name: Name = key("what people call the schedule", "Payments on-call")
    team: TeamName | None = key("the team whose schedule it is", "payments", default=None)
    zone: Zone = key("the time zone that its handoffs are written in", "Europe/Paris", default="UTC")
    chat_group: Group | None = key(
        "the user group in chat that gets whoever is on call", "oncall-payments", default=None
    )
    rotations: Annotated[list[RotationShape], Field(min_length=1, max_length=50)] = key(
        "the rotations", "[{starts: 2026-11-02T09:00, participants: [kate, sam]}]"
    )


class StepShape(Shape):
    """Whom to page after how long."""

    after: Duration = key(
        "how long after the start of the escalation, not after the step before",
        "5m",
        default="0s",
        validate_default=True,
    )
    when: Annotated[StepCondition, one_of(StepCondition)] = key(
        "on what condition: not_acknowledged or not_closed",
        "not_closed",
        default=StepCondition.NOT_ACKNOWLEDGED,
    )
    page: Annotated[list[To], Field(min_length=1, max_length=100)] = key(
        "whom to page: `user:`, `team:` or `schedule:` and a name", "[schedule:payments, user:kate]"
    )


class PolicyShape(Shape):
    """Whom to page, after how long, and how often again, by slug."""

    name: Name = key("what people call the policy", "Payments")
    repeat: Annotated[int, Field(ge=0, le=100)] = key(
        "how often the steps start again when nobody answers", "2", default=0
    )
    repeat_after: Duration = key(
        "how long after the last step they start again", "5m", default="5m", validate_default=True
    )
    steps: Annotated[list[StepShape], Field(min_length=1, max_length=50)] = key(
        "the steps, in order of their time", "[{page: [schedule:payments]}]"
    )


class IntegrationShape(Shape):
    """A sender of alerts, by slug."""

    name: Name = key("what people call the sender", "Prometheus")
    source: SourceName = key("what kind of sender it is", "alertmanager")
    team: TeamName | None = key(
        "the team of alerts that name neither service nor team", "payments", default=None
    )
    key_env: EnvironmentKey | None = key(
        "the environment variable that holds its secret key", "TOCSIN_KEY_PROMETHEUS", default=None
    )
    key_file: FileKey | None = key(
        "the file that holds its secret key", "/run/secrets/prometheus", default=None
    )
    mapping: Expressions = key(
        "where a generic sender's JSON has our fields, as JMESPath expressions",
        "{title: check.name}",
        default={},
    )

    @property
    def secret(self) -> Key | None:
        """Its key from outside, if it has one."""
        return self.key_env or self.key_file


class HeartbeatShape(Shape):
    """Something that pings, and whose silence is an alert, by slug."""

    name: Name = key("what people call it", "Nightly backup")
    every: Every = key("how often it pings at least", "1d")
    description: Prose = key("what it is for", "Copies the database to the other site", default="")
    team: TeamName | None = key("the team that its alert goes to", "payments", default=None)
    service: ServiceName | None = key("the service that its alert is about", "checkout", default=None)
    priority: Annotated[Priority, one_of(Priority)] = key(
        "how urgent its silence is, P1 to P5", "P2", default=Priority.P2
    )
    message: Line = key("the title of its alert", "No backup last night", default="")
    tags: Annotated[list[Line], Field(max_length=100)] = key("tags of its alert", "[backup]", default=[])
    key_env: EnvironmentKey | None = key(
        "the environment variable that holds its secret key", "TOCSIN_KEY_BACKUP", default=None
    )
    key_file: FileKey | None = key("the file that holds its secret key", "/run/secrets/backup", default=None)

    @property
    def secret(self) -> Key | None:
        """Its key from outside, if it has one."""
        return self.key_env or self.key_file


class ConditionShape(Shape):
    """What must hold for one field of an alert."""

    field: FieldName = key("the field of the alert, or `labels.` and the name of a label", "priority")
    operation: Operation = key("how it is compared", "at_least")
    value: Value = key(
        "what it is compared with; a list for `one_of`", "P2", default="", validate_default=True
    )
    negate: bool = key("whether the opposite must hold", "yes", alias="not", default=False)


class RuleShape(Shape):
    """Which alerts open an incident, by slug. The first rule that matches counts."""

    name: Name = key("what people call the rule", "Urgent alerts open an incident")
    match: Annotated[Match, one_of(Match)] = key(
        "whether all or any of the conditions must hold", "all", default=Match.ALL
    )
    conditions: Annotated[list[ConditionShape], Field(max_length=100)] = key(
        "the conditions; without any, every alert matches",
        "[{field: priority, operation: at_least, value: P2}]",
        default=[],
    )
    group_by: list[FieldName] = key(
        "the fields whose values make alerts the same trouble", "[service]", default=["service"]
    )
    title: Title = key(
        "the incident's title, over the alert's fields", '"{{ title }}"', default="{{ title }}"
    )


@dataclass(frozen=True)
class Section:
    """One part of the file. `word` is what people call one thing of it."""

    shape: type[Shape]
    word: str
    plural: str


SECTIONS: dict[str, Section] = {
    "users": Section(PersonShape, "user", "people"),
    "teams": Section(TeamShape, "team", "teams"),
    "services": Section(ServiceShape, "service", "services"),
    "schedules": Section(ScheduleShape, "schedule", "schedules"),
    "policies": Section(PolicyShape, "policy", "policies"),
    "integrations": Section(IntegrationShape, "integration", "integrations"),
    "heartbeats": Section(HeartbeatShape, "heartbeat", "heartbeats"),
    "incident_rules": Section(RuleShape, "incident rule", "incident rules"),
}


@dataclass(frozen=True)
class Config:
    """A configuration file without faults. Maps are by handle or slug, in the order of the file."""

    users: Mapping[str, PersonShape]
    teams: Mapping[str, TeamShape]
    services: Mapping[str, ServiceShape]
    schedules: Mapping[str, ScheduleShape]
    policies: Mapping[str, PolicyShape]
    integrations: Mapping[str, IntegrationShape]
    heartbeats: Mapping[str, HeartbeatShape]
    incident_rules: Mapping[str, RuleShape]

    def summary(self) -> str:
        """`3 people (1 without e-mail), 2 teams, ...`."""
        counts = []
        for name, section in SECTIONS.items():
            count = len(getattr(self, name))
            word = {"users": "person"}.get(name, section.word)
            counts.append(f"{count} {word if count == 1 else section.plural}")
        unreachable = sum(1 for person in self.users.values() if person.email is None)
        if unreachable:
            counts[0] += f" ({unreachable} without e-mail)"
        return ", ".join(counts)
