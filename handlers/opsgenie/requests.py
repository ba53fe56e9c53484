"""Request ids. One says by itself what became of its request, so that nothing has to be kept for who asks later.

An id is a UUID of version 8 (RFC 9562, 5.8): 48 bits for the time in milliseconds, 12 for what was done and how it ended,
31 for the number of the alert, 31 by chance. It opens nothing: who asks by it needs a key that may see that alert.
"""

import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

ACTIONS = (
    "Create", "Delete", "Acknowledge", "UnAcknowledge", "Close", "Snooze", "EscalateNext", "AssignOwnership", "AddResponder",
    "AddTeam", "ExecuteCustomAction", "AddTags", "RemoveTags", "AddDetails", "RemoveDetails", "AddNote", "UpdateMessage",
    "UpdateDescription", "UpdatePriority",
)  # fmt: skip
"""Their places are in ids that were given out: new ones go to the end."""
OUTCOMES = (
    "Created alert", "Alert was open; its count was raised", "Done", "Nothing had to be done", "Alert does not exist",
    "Alert is closed", "It was refused", "Whoever or whatever was named does not exist", "The sender's own rules ignore it",
)  # fmt: skip
CREATED, COUNTED, DONE, NOTHING, NO_ALERT, CLOSED, REFUSED, NO_NAME, IGNORED = range(9)
GOOD = (CREATED, COUNTED, DONE, NOTHING)
LATEST = 2**48 - 1


@dataclass(frozen=True)
class Outcome:
    """What became of a request. `alert` is 0 where there was none."""

    action: str
    outcome: int
    at: datetime
    alert: int = 0

    @property
    def is_success(self) -> bool:
        return self.outcome in GOOD


def spell_request(told: Outcome, chance: int | None = None) -> str:
    """The id for what became of a request."""
    moment = min(max(int(told.at.timestamp() * 1000), 0), LATEST)
    random = secrets.randbits(31) if chance is None else chance
    told_bits = ACTIONS.index(told.action) << 6 | told.outcome
    number = moment << 80 | 8 << 76 | told_bits << 64 | 0b10 << 62 | told.alert << 31 | random
    return str(uuid.UUID(int=number))


def read_request(text: str) -> Outcome | None:
    """What an id says; None for one that was not given out here."""
    try:
        found = uuid.UUID(text)
    except ValueError:
        return None
    action, outcome = (found.int >> 70) & 0x3F, (found.int >> 64) & 0x3F
    if found.version != 8 or action >= len(ACTIONS) or outcome >= len(OUTCOMES):
        return None
    at = datetime.fromtimestamp((found.int >> 80) / 1000, UTC)
    return Outcome(ACTIONS[action], outcome, at, (found.int >> 31) & (2**31 - 1))
