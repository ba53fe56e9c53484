"""What has to be right for Slack to work: the token, each scope, the standing channels, the socket, the clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.chat.platform import Check
from bot.chat.slack.client import SlackClient
from bot.chat.slack.manifest import SCOPES
from bot.chat.slack.rooms import SlackRooms
from bot.errors import Rejected, Retry

if TYPE_CHECKING:
    from bot.chat.slack.listener import Listener

MOST_SKEW = 120.0
"""Slack's signatures are good for five minutes, so clocks must not differ by more than a part of that, in seconds."""


async def check_workspace(
    client: SlackClient, rooms: SlackRooms, listener: Listener | None, standing: tuple[str, ...]
) -> list[Check]:
    """Look at everything; where the token is no good, the rest can't be looked at."""
    try:
        me = await client.call("auth.test")
    except (Retry, Rejected) as failure:
        return [Check("slack_token", False, {"reason": failure.reason})]
    found = [Check("slack_token", True, {"team": me.get("team", ""), "bot": me.get("user", "")})]
    missing = sorted(set(SCOPES) - client.scopes) if client.scopes else []
    found += [Check("slack_scope", False, {"scope": scope, "why": SCOPES[scope]}) for scope in missing]
    if not missing:
        found.append(Check("slack_scopes", True, {"count": len(SCOPES)}))
    for name in standing:
        try:
            await rooms.find_standing(name)
        except (Retry, Rejected) as failure:
            found.append(Check("slack_channel", False, {"name": name, "reason": failure.reason}))
        else:
            found.append(Check("slack_channel", True, {"name": name}))
    found.append(await _check_way_in(client, listener))
    skew = round(client.clock_skew)
    found.append(Check("slack_clock", abs(skew) <= MOST_SKEW, {"seconds": abs(skew), "behind": skew > 0}))
    return found


async def _check_way_in(client: SlackClient, listener: Listener | None) -> Check:
    """Whether what people do in Slack reaches us. A process that does not listen tries its token instead."""
    if not client.settings.app_token:
        return Check("slack_http", True, {})
    if listener is not None:
        return Check("slack_socket", listener.is_connected, {"reason": listener.last_error})
    try:
        await client.call("apps.connections.open", token=client.settings.app_token)
    except (Retry, Rejected) as failure:
        return Check("slack_socket", False, {"reason": failure.reason})
    return Check("slack_socket", True, {"reason": ""})
