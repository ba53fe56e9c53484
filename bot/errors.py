"""The one family of errors. Each has a stable code; the sentence that a person reads is in templates/errors."""

from typing import Any


class Problem(Exception):
    """Something a person or a program asked for cannot be done. `status` is the HTTP status it becomes; `field` names
    the argument at fault, if one is."""

    status = 400

    def __init__(self, code: str, field: str | None = None, **data: Any) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.data = data

    def __str__(self) -> str:
        return f"{self.code} {self.data}" if self.data else self.code


class Invalid(Problem):
    """A value is wrong, and the sender can mend it."""

    status = 422


class Malformed(Problem):
    """A body that cannot be read at all."""

    status = 400


class Unknown(Problem):
    """There is no such thing."""

    status = 404


class Refused(Problem):
    """The thing is not in a state that allows this."""

    status = 409


class Unauthenticated(Problem):
    """Nobody knows who is asking."""

    status = 401


class Forbidden(Problem):
    """It is known who is asking, and they may not."""

    status = 403


class TooLarge(Problem):
    status = 413


class TooMany(Problem):
    """Too often in too short a time; `data["seconds"]` says when it may be tried again."""

    status = 429


class Unavailable(Problem):
    """Not now: nothing was kept, try again."""

    status = 503


class Retry(Exception):
    """A platform or a channel could not take it now. `after` is in seconds; None lets the outbox back off. With
    `maybe_sent` nobody knows whether it was taken: the next attempt looks first. With `lasting` it gets no better by
    itself (a token that was revoked): what is urgent goes another way. `alone` says that the other side is there, and
    only this one has to wait."""

    def __init__(
        self,
        reason: str,
        after: float | None = None,
        *,
        maybe_sent: bool = False,
        lasting: bool = False,
        alone: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after
        self.maybe_sent = maybe_sent
        self.lasting = lasting
        self.alone = alone

    @property
    def is_away(self) -> bool:
        """Whether the other side is away for everything. Who says when to come again is there."""
        return self.lasting or (self.after is None and not self.alone)


class Later(Exception):
    """Nothing failed, but it is too early: what is shown was changed a moment ago. `after` is in seconds."""

    def __init__(self, after: float) -> None:
        super().__init__(f"in {after} s")
        self.after = after


class Rejected(Exception):
    """A platform or a channel will never take this; the row is parked with the reason. A reason may begin with a code
    (`slack.is_archived …`), for which `templates/errors/reasons` has a sentence and a way out."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Lost(Rejected):
    """The channel or the message that it was for is gone, and can be made again."""
