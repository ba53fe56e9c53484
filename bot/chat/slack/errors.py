"""What each error of Slack means for us: whether to try again, to give up, or to make the lost thing anew.

The reason of an outcome begins with `slack.<error>`; `templates/errors/reasons` has a sentence and a way out for each. The
codes are those of Slack's method reference (docs.slack.dev/reference/methods).
"""

from bot.errors import Lost, Rejected, Retry

TOKEN_WRONG = frozenset(
    {
        "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "org_login_required",
        "ekm_access_denied", "access_denied", "team_access_not_granted", "not_allowed_token_type",
    }
)  # fmt: skip
"""The token is no good. It may be replaced while we run on, so what is for rooms waits; pages go other ways."""
TROUBLE = frozenset(
    {
        "fatal_error", "internal_error", "service_unavailable", "request_timeout", "service_timeout", "accesslimited",
        "team_added_to_org", "rollup_error", "external_channel_migrating",
    }
)  # fmt: skip
"""Slack's own trouble. What was asked for may have happened (docs: "some aspect of the operation succeeded")."""
LOST = frozenset(
    {
        "channel_not_found", "is_archived", "is_inactive", "not_in_channel", "message_not_found", "thread_not_found",
        "cant_update_message", "edit_window_closed", "cant_unarchive",
    }
)  # fmt: skip
"""The channel or the message is not there for us."""
FAULTS_OF_BLOCKS = ("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long")
"""Slack does not take the blocks of a message; its words it does."""
LIMIT_WAIT = 30.0
"""How long to wait where Slack says that there were too many calls, but not how long."""


def explain(error: str, method: str, after: float | None = None) -> Retry | Rejected:
    """The outcome of a Slack error. `after` is what the answer's Retry-After says, in seconds."""
    reason = f"slack.{error} {method}"
    if error in ("ratelimited", "rate_limited", "message_limit_exceeded"):
        return Retry(reason, after if after is not None else LIMIT_WAIT)
    if error in TOKEN_WRONG:
        return Retry(reason, lasting=True)
    if error in TROUBLE:
        return Retry(reason, after, maybe_sent=True)
    if error in LOST:
        return Lost(reason)
    return Rejected(reason)


def code_of(failure: Retry | Rejected) -> str:
    """Slack's own code in an outcome: `name_taken`; empty when it was no answer of Slack."""
    first = failure.reason.partition(" ")[0]
    return first.removeprefix("slack.") if first.startswith("slack.") else ""
