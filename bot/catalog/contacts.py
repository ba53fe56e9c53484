"""What the configuration file may say about how a person is paged: contact methods, rules and quiet hours; what is wrong
between its keys; and what it becomes. What it says here counts as verified: whoever writes the file is trusted with it.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from bot.catalog import reasons
from bot.catalog.effects import WindowShape
from bot.catalog.kinds import Duration, Line, one_of
from bot.catalog.ledger import FILE, Ledger
from bot.catalog.lines import Place
from bot.catalog.senders import SecretVariables
from bot.catalog.shape import Shape, key
from bot.channels import Channels
from bot.notify.kinds import KINDS, LABEL, RESERVED, find_lack, list_reserved
from storage.models import ContactMethod, User
from storage.questions.contacts import list_all_contacts
from storage.words import Priority

LONGEST_WAIT = 7 * 86_400


def _list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[list[Line], BeforeValidator(_list), Field(min_length=1, max_length=20)]


class Style(StrEnum):
    TOCSIN = "tocsin"
    OPSGENIE = "opsgenie"


class ContactShape(Shape):
    """One more way to reach a person."""

    kind: Line = key("what kind it is", "email")
    address: Annotated[Line, Field(max_length=500)] = key("where it goes", "kate@home.example.org")
    label: Line | None = key("what rules call it (default: its kind)", "home", default=None)
    secret_env: SecretVariables = key(
        "the environment variable that holds its secret", "[TOCSIN_KEY_KATE]", default=[]
    )
    style: Annotated[Style, one_of(Style)] = key(
        "what a webhook is sent: tocsin's own JSON, or that of Opsgenie", "opsgenie", default=Style.TOCSIN
    )

    @property
    def options(self) -> dict[str, Any]:
        """What `ContactMethod.options` keeps of it."""
        said = {
            "secret_env": list(self.secret_env),
            "style": self.style.value if self.style is not Style.TOCSIN else "",
        }
        return {name: value for name, value in said.items() if value}


class PagingStepShape(Shape):
    """What is used when."""

    after: Duration = key("how long after the start of the page", "5m", default="0s", validate_default=True)
    by: Names = key(
        "methods: room, slack, discord, email, a kind, or the label of a contact", "[slack, home]"
    )


class PagingRuleShape(Shape):
    """The first rule that holds for a page counts; without any, everything is used at once."""

    priorities: Annotated[list[Annotated[Priority, one_of(Priority)]], Field(max_length=5)] = key(
        "for which priorities it holds (default: all)", "[P1, P2]", default=[]
    )
    hours: Annotated[list[WindowShape], Field(max_length=20)] = key(
        "when it holds, by the person's clocks (default: always)",
        '[{from: "18:00", until: "09:00"}]',
        default=[],
    )
    steps: Annotated[list[PagingStepShape], Field(min_length=1, max_length=20)] = key(
        "the steps", "[{by: slack}, {after: 5m, by: home}]"
    )


class QuietShape(Shape):
    """When what rings waits."""

    hours: Annotated[list[WindowShape], Field(min_length=1, max_length=20)] = key(
        "when, by the person's clocks", '[{from: "22:00", until: "07:00"}]'
    )
    p1: bool = key("whether a P1 waits, too", "yes", default=False)


class PagedShape(Shape):
    """How a person is paged, which is a part of what the file says about them."""

    contacts: Annotated[list[ContactShape], Field(max_length=20)] = key(
        "more ways to reach the person; they count as verified",
        "[{kind: email, address: kate@home.example.org, label: home}]",
        default=[],
    )
    rules: Annotated[list[PagingRuleShape], Field(max_length=20)] = key(
        "by what the person is paged, and when (default: as they set it, unless `quiet_hours` are here)",
        "[{priorities: [P1], steps: [{by: [slack, email]}]}]",
        default=[],
    )
    quiet_hours: QuietShape | None = key(
        "when what rings waits (default: as they set it, unless `rules` are here)",
        '{hours: [{from: "22:00", until: "07:00"}]}',
        default=None,
    )

    @property
    def paging(self) -> dict[str, Any]:
        """What `User.paging` keeps of it; {} when nothing is said."""
        found: dict[str, Any] = {}
        if self.rules:
            found["rules"] = [
                {
                    "priorities": [one.value for one in rule.priorities],
                    "windows": _columns_of(rule.hours),
                    "steps": [{"after": step.after, "by": list(step.by)} for step in rule.steps],
                }
                for rule in self.rules
            ]
        if self.quiet_hours is not None:
            found["quiet"] = {"windows": _columns_of(self.quiet_hours.hours), "p1": self.quiet_hours.p1}
        return {**found, "origin": FILE} if found else {}


def _columns_of(windows: list[WindowShape]) -> list[dict[str, Any]]:
    return [window.model_dump(mode="json", by_alias=True) for window in windows]


def label_of(entry: ContactShape) -> str:
    return entry.label or (entry.kind if entry.kind not in RESERVED else f"{entry.kind}-2")


def check_paged(person: PagedShape, channels: Channels) -> Iterator[tuple[Place, str]]:
    """What is wrong about how one person is paged, by its place inside the entry."""
    labels: dict[str, int] = {}
    for index, entry in enumerate(person.contacts):
        place = ("contacts", index)
        if entry.kind not in KINDS:
            yield (*place, "kind"), reasons.tell_choice(entry.kind, list(KINDS))
            continue
        address = KINDS[entry.kind].read(entry.address)
        if address is None:
            yield (*place, "address"), reasons.tell_bad_address(entry.kind, KINDS[entry.kind].example)
        elif lack := find_lack(entry.kind, address, bool(entry.secret_env), channels):
            yield (*place, "address"), reasons.tell_lack(entry.kind, lack)
        label = label_of(entry)
        if not LABEL.fullmatch(label):
            yield (*place, "label"), reasons.BAD_LABEL
        elif label in list_reserved(entry.kind) or label in labels:
            yield (*place, "label" if entry.label else "kind"), reasons.tell_label_taken(label)
        labels.setdefault(label, index)
    known = [*RESERVED, *KINDS, *labels]
    for number, rule in enumerate(person.rules):
        for step_number, step in enumerate(rule.steps):
            place_of_step = ("rules", number, "steps", step_number)
            if step.after > LONGEST_WAIT:
                yield (*place_of_step, "after"), reasons.STEP_TOO_LATE
            for name_number, name in enumerate(step.by):
                if name not in known:
                    yield (*place_of_step, "by", name_number), reasons.tell_choice(name, dict.fromkeys(known))


async def keep_paged(ledger: Ledger, people: Mapping[str, PagedShape], users: Mapping[str, User]) -> None:
    """Bring the people's wishes and contact methods to what the file says. Those that they added by themselves stay, but for
    one with the same label or address."""
    rows: dict[int, list[ContactMethod]] = {}
    for row in await list_all_contacts(ledger.unit.session):
        rows.setdefault(row.user_id, []).append(row)
    for handle, user in users.items():
        entry = people[handle]
        if entry.paging or user.paging.get("origin") == FILE:
            ledger.set(user, "paging", entry.paging)
        if _keep_contacts(ledger, user, entry, rows.get(user.id, [])):
            ledger.note(user, "contacts")


def _keep_contacts(ledger: Ledger, user: User, entry: PagedShape, rows: list[ContactMethod]) -> bool:
    kept: set[ContactMethod] = set()
    is_changed = False
    for wanted in entry.contacts:
        label, address = label_of(wanted), KINDS[wanted.kind].read(wanted.address) or wanted.address
        values = {
            "kind": wanted.kind,
            "address": address,
            "options": wanted.options,
            "active": True,
            "origin": FILE,
        }
        found = [row for row in rows if row.label == label and (row.active or row.origin == FILE)]
        row = min(found, key=lambda one: (not one.active, one.id), default=None)
        if row is None:
            row = ContactMethod(user_id=user.id, label=label, created_at=ledger.unit.now, digest="")
            ledger.unit.session.add(row)
        if row.verified_at is None or any(getattr(row, name) != value for name, value in values.items()):
            is_changed = True
            row.verified_at, row.digest, row.code_until = ledger.unit.now, "", None
            for name, value in values.items():
                setattr(row, name, value)
        kept.add(row)
    places = {(row.kind, row.address) for row in kept}
    for row in rows:
        is_twin = (row.kind, row.address) in places
        if row not in kept and row.active and (row.origin == FILE or is_twin):
            row.active, is_changed = False, True
    return is_changed
