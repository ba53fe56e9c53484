"""What each error of Discord means for us: whether to try again, to give up, or to make the lost thing anew.

The reason of an outcome begins with `discord.<name>`; `templates/errors/reasons` has a sentence and a way out for each. The
codes are those of Discord's reference (docs.discord.com/developers/topics/opcodes-and-status-codes).
"""

from collections.abc import Mapping
from typing import Any

from bot.errors import Lost, Rejected, Retry

NAMES = {
    10003: "unknown_channel",
    10004: "unknown_guild",
    10007: "unknown_member",
    10008: "unknown_message",
    10011: "unknown_role",
    10013: "unknown_user",
    10015: "unknown_webhook",
    10062: "unknown_interaction",
    20012: "not_the_owner",
    20016: "slow_mode",
    20022: "slow_mode",
    20028: "write_limit",
    20029: "write_limit",
    30003: "too_many_pins",
    30005: "too_many_roles",
    30013: "too_many_channels",
    30033: "too_many_in_thread",
    30046: "too_many_edits",
    40001: "refused_token",
    40002: "not_verified",
    40060: "answered_already",
    50001: "missing_access",
    50005: "not_our_message",
    50006: "empty_message",
    50007: "closed_direct",
    50013: "missing_permissions",
    50024: "wrong_kind_of_channel",
    50027: "unknown_interaction",
    50033: "unknown_user",
    50035: "invalid_body",
    50083: "thread_archived",
    50278: "no_common_server",
    60003: "second_factor",
    110001: "unavailable",
    130000: "overloaded",
    160005: "thread_locked",
    160006: "too_many_threads",
    160007: "too_many_threads",
    200000: "blocked_by_rules",
    200001: "blocked_by_rules",
    240000: "blocked_by_rules",
}
"""Discord's numbers in words. A number that is not here stands for itself."""
LOST = frozenset(
    {
        "unknown_channel", "unknown_message", "missing_access", "not_our_message", "thread_archived", "thread_locked",
    }
)  # fmt: skip
"""The channel or the message is not there for us."""
CATEGORY_FULL = "CHANNEL_PARENT_MAX_CHANNELS"
"""What Discord finds wrong about a channel's category when others have filled it meanwhile: the next attempt looks again."""
WAITS = {
    "category_full": 1.0,
    "slow_mode": 10.0,
    "write_limit": 30.0,
    "too_many_edits": 60.0,
    "overloaded": 10.0,
    "unavailable": 30.0,
}
"""How long to wait where Discord does not say how long, in seconds."""
TOKEN_WAIT = 60.0
LIMIT_WAIT = 30.0
SERVER_FAULT = 500


def explain(status: int, body: Any, method: str, after: float | None = None) -> Retry | Rejected:
    """The outcome of an answer that is no success. `after` is how long to wait by what the answer says, in seconds."""
    code = read_code(body)
    name = NAMES.get(code, str(code) if code else f"http_{status}")
    if status == 429:
        if name in ("slow_mode", "write_limit", "too_many_edits"):
            return Retry(f"discord.{name} {method}", after if after is not None else WAITS[name])
        return Retry(f"discord.rate_limited {method}", after if after is not None else LIMIT_WAIT)
    if (status == 401 and not code) or name == "refused_token":
        return Retry(f"discord.refused_token {method}", TOKEN_WAIT, lasting=True)
    if status >= SERVER_FAULT and name not in WAITS:
        return Retry(f"discord.http_{status} {method}", after, maybe_sent=True)
    if not isinstance(body, dict):  # what stands between us and Discord answered, in a language of its own
        return Retry(f"discord.http_{status} {method}", after if after is not None else LIMIT_WAIT)
    fault = _find_fault(body)
    if fault.endswith(CATEGORY_FULL):
        name = "category_full"
    reason = f"discord.{name} {method}{fault}"
    if name in WAITS:
        return Retry(reason, after if after is not None else WAITS[name])
    return Lost(reason) if name in LOST else Rejected(reason)


def code_of(failure: Retry | Rejected) -> str:
    """The name of an error of Discord: `missing_permissions`; empty when it was no answer of Discord."""
    first = failure.reason.partition(" ")[0]
    return first.removeprefix("discord.") if first.startswith("discord.") else ""


def read_code(body: Any) -> int:
    """Discord's number of an error; 0 when there is none."""
    code = body.get("code") if isinstance(body, dict) else 0
    return code if isinstance(code, int) else 0


def _find_fault(body: Any) -> str:
    """Which part of a body is wrong, as Discord names it: ` embeds.0.title BASE_TYPE_MAX_LENGTH`."""
    errors = body.get("errors") if isinstance(body, dict) else None
    path: list[str] = []
    while isinstance(errors, Mapping) and errors:
        if "_errors" in errors:
            first: Mapping[str, Any] = next(iter(errors["_errors"]), {})
            return f" {'.'.join(path)} {first.get('code', '')}".rstrip()
        name = next(iter(errors))
        path.append(str(name))
        errors = errors[name]
    return ""
