"""Rules of a mailbox: where in a mail one of our fields is, written `<part>:<expression>`. Judged here for the configuration
file, and asked by `handlers.webhooks.email`. Pure.
"""

from typing import Any

import re2

PARTS = ("subject", "body", "from", "to")
FIELDS = (
    "alias",
    "title",
    "priority",
    "description",
    "source",
    "service",
    "team",
    "resolved",
    "acknowledged",
)


class NoRule(ValueError):
    """It does not say a part and an expression."""


class NoPattern(ValueError):
    """Its expression is none; says why."""


def read_rule(text: str) -> tuple[str, Any]:
    """The part, and the compiled expression; raises NoRule and NoPattern."""
    part, _, expression = text.partition(":")
    if part not in PARTS or not expression:
        raise NoRule(text)
    options = re2.Options()
    options.log_errors = False
    try:
        return part, re2.compile(expression, options)
    except re2.error as error:
        said = error.args[0]
        raise NoPattern(said.decode(errors="replace") if isinstance(said, bytes) else str(said)) from error
