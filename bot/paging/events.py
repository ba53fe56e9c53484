"""What happens when people are reached for. `subject` is `alert:12`, `incident:7`, or empty for a plain page."""

from dataclasses import dataclass

from bot.flow.unit import Event


@dataclass(frozen=True)
class PersonPaged(Event):
    """A page to one person by one contact method was queued."""

    page_id: int
    subject: str
    user_id: int
    name: str
    method: str
    reason: dict[str, str]


@dataclass(frozen=True)
class PageAnswered(Event):
    """A person answered a page that somebody sent them."""

    page_id: int
    asked_by: int | None
    name: str
    why: str


@dataclass(frozen=True)
class PageTested(Event):
    """A test page was answered, or was not for so long that whoever asked is told what has arrived."""

    page_id: int
    answered: bool


@dataclass(frozen=True)
class PageFailed(Event):
    """A contact method will never deliver this page."""

    page_id: int
    subject: str
    user_id: int
    name: str
    method: str
    error: str


@dataclass(frozen=True)
class ContactLost(Event):
    """A contact method of this person is no more."""

    user_id: int


@dataclass(frozen=True)
class PersonOutOfReach(Event):
    """Every way to this person waits for a platform that is away (`methods`)."""

    page_id: int
    subject: str
    user_id: int
    name: str
    methods: tuple[str, ...]


@dataclass(frozen=True)
class NobodyReached(Event):
    """A step found nobody to page: nobody on call, or nobody with a contact method. Without a step, teams have no policy; or
    that is so of those who were `named` by a sender or a rule, or called in. Is it the `last` step, none follows at once."""

    subject: str
    step: int
    recipients: tuple[str, ...]
    named: bool = False
    last: bool = False


@dataclass(frozen=True)
class EscalationExhausted(Event):
    """All steps and repeats are done, and nobody has acknowledged. `closes`: its policy gives the matter up then."""

    subject: str
    escalation_id: int
    policy: str
    closes: bool = False


@dataclass(frozen=True)
class AcknowledgementReset(Event):
    """A new round of a policy took the acknowledgement back."""

    subject: str
    policy: str


@dataclass(frozen=True)
class StillOnItAsked(Event):
    """Somebody (`name`, if it is known) acknowledged, and nothing was heard for `after` seconds. Unless somebody is heard
    before `until` (ISO 8601), paging starts again."""

    subject: str
    name: str
    after: int
    until: str


@dataclass(frozen=True)
class StillOnIt(Event):
    """Somebody says so after they were asked."""

    subject: str
    name: str


@dataclass(frozen=True)
class StillOnItSettled(Event):
    """Nobody has to say so any more: something was `heard`, or nobody would be paged for it now (`quiet`)."""

    subject: str
    why: str


@dataclass(frozen=True)
class AcknowledgementOver(Event):
    """Nobody has said so: what `name` acknowledged pages again."""

    subject: str
    name: str
