"""The shape of the configuration file: every key that it may have, with its kind, its default and what it is for.

`Config` is what `read_config` gives and `apply_config` takes. The descriptions and examples here are also what the
faults say about a missing key, and what docs/configuration.md shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bot.catalog.contacts import PagedShape
from bot.catalog.effects import (
    ActionShape,
    AlertPolicyShape,
    Day,
    IncidentRuleShape,
    RouteShape,
    WindowShape,
)
from bot.catalog.kinds import (
    Duration,
    Email,
    Every,
    Group,
    Holidays,
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
from bot.catalog.maintenance import MaintenanceShape
from bot.catalog.senders import (
    EnvironmentKey,
    Expressions,
    FileKey,
    Key,
    SecretFile,
    SecretFiles,
    SecretVariables,
    SourceName,
    Topic,
)
from bot.catalog.shape import Shape, key
from storage.words import Combine, Priority, RotationKind, StepCondition, UserRole


class Chat(StrEnum):
    ROOM = "room"
    SLACK = "slack"
    DISCORD = "discord"


class WhoShape(Shape):
    """Who a person is."""

    name: Name = key("what people call the person", "Kate Moreau")
    email: Email | None = key("where pages by e-mail go", "kate@example.org", default=None)
    zone: Zone | None = key("the person's time zone", "Europe/Paris", default=None)
    holidays: Holidays | None = key(
        "where the person has public holidays: a country, a part of one, or none", "DE-BE", default=None
    )
    role: Annotated[UserRole, one_of(UserRole)] = key(
        "what the person may do: owner, admin, responder or stakeholder", "owner", default=UserRole.RESPONDER
    )


class PersonShape(PagedShape, WhoShape):
    """Somebody who is paged, works on incidents or reads about them, by their handle."""


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
    holidays: Holidays | None = key(
        "where its people have public holidays, unless they said so themselves", "DE-BE", default=None
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


class ShiftWindowShape(WindowShape):
    """A part of the week in which a rotation is on call."""

    days: list[Annotated[Day, one_of(Day)]] = key(
        "the days on which it begins (default: all)", "[fri]", default=[]
    )
    until_day: Annotated[Day, one_of(Day)] | None = key(
        "the day on which it ends, where that is neither the same nor the next", "mon", default=None
    )


class RotationShape(Shape):
    """People and teams who take turns."""

    name: Name | None = key("what people call the rotation (default: its kind)", "Weekly", default=None)
    kind: Annotated[RotationKind, one_of(RotationKind)] = key(
        "what a turn is counted in: hourly, daily or weekly", "weekly", default=RotationKind.WEEKLY
    )
    length: Annotated[int, Field(ge=1, le=366)] = key(
        "how many hours, days or weeks a turn has", "1", default=1
    )
    starts: Start = key("the first handoff, by the clocks of the schedule's zone", "2026-11-02T09:00")
    ends: Start | None = key("when it is over, by the same clocks", "2027-11-01T09:00", default=None)
    participants: Participants = key(
        "who takes turns, in order: handles, `team:` and a slug for all of its people, `nobody` for a deliberate gap",
        "[kate, team:payments, nobody]",
    )
    hours: Annotated[list[ShiftWindowShape], Field(max_length=50)] = key(
        "the parts of the week in which it is on call (default: always)",
        '[{from: "18:00", until: "09:00"}]',
        default=[],
    )


class ScheduleShape(Shape):
    """Who is on call and when, by slug."""

    name: Name = key("what people call the schedule", "Payments on-call")
    team: TeamName | None = key("the team whose schedule it is", "payments", default=None)
    zone: Zone = key("the time zone that its handoffs are written in", "Europe/Paris", default="UTC")
    combine: Annotated[Combine, one_of(Combine)] = key(
        "whether its rotations `add` up, or are `layers` of which the first one counts that has somebody on call",
        "layers",
        default=Combine.ADD,
    )
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
        "whom to page: `user:`, `team:` or `schedule:` and a name; `next:` or `previous:` of a schedule, `random:` or "
        "`admins:` of a team",
        "[schedule:payments, user:kate]",
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
    reset_on_repeat: bool = key("whether each repeat takes the acknowledgement back", "true", default=False)
    close_at_end: bool = key(
        "whether what nobody has answered is closed after the last repeat", "true", default=False
    )
    ack_timeout: Duration = key(
        "after how long of silence the person who acknowledged is asked “Still on it?”, and paging starts again without "
        "an answer; `0s` is never",
        "30m",
        default="0s",
        validate_default=True,
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
    secret_env: SecretVariables = key(
        "the environment variables that hold the secrets it signs with; several while one is replaced",
        "[GITHUB_WEBHOOK_SECRET]",
        default=[],
    )
    secret_file: SecretFiles = key(
        "the files that hold the secrets it signs with", "[/run/secrets/github]", default=[]
    )
    topics: Annotated[list[Topic], Field(max_length=100)] = key(
        "the topics of Amazon SNS that may send; one that ends with `*` allows all that begin so",
        "[arn:aws:sns:eu-west-1:123456789012:alarms]",
        default=[],
    )
    endpoint: Url | None = key(
        "where Amazon SNS is in a private partition", "https://sns.example.org", default=None
    )
    certificate_file: SecretFile | None = key(
        "the certificate that signs in a private partition", "/etc/ssl/sns.pem", default=None
    )
    mapping: Expressions = key(
        "where a generic sender's JSON has our fields, as JMESPath expressions; where a mail has them, as its part and a "
        "regular expression",
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
    "maintenance": Section(MaintenanceShape, "maintenance", "maintenances"),
    "actions": Section(ActionShape, "action", "actions"),
    "alert_policies": Section(AlertPolicyShape, "alert policy", "alert policies"),
    "routing_rules": Section(RouteShape, "routing rule", "routing rules"),
    "incident_rules": Section(IncidentRuleShape, "incident rule", "incident rules"),
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
    maintenance: Mapping[str, MaintenanceShape]
    actions: Mapping[str, ActionShape]
    alert_policies: Mapping[str, AlertPolicyShape]
    routing_rules: Mapping[str, RouteShape]
    incident_rules: Mapping[str, IncidentRuleShape]

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
