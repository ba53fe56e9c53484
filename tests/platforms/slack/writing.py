"""How Slack writes down what a person types: `&`, `<` and `>` escaped, mentions and links in pointed brackets."""

from __future__ import annotations

import re
import secrets

from tests.platforms.slack.things import Json
from tests.platforms.slack.workspace import Workspace

TOKEN = re.compile(r"(<[@#!][^<>]+>|https?://[^\s<>]+|(?<!\w)[@#][\w.-]*\w)")


def escape(workspace: Workspace, text: str, labels: bool) -> str:
    """What an app gets; `labels` adds names, as slash commands do: `<@U1|kate>`."""
    return "".join(
        _token(workspace, part, labels) if number % 2 else _plain(part)
        for number, part in enumerate(TOKEN.split(text))
    )


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _token(workspace: Workspace, part: str, labels: bool) -> str:
    if part.startswith("<"):
        return part if labels else re.sub(r"^(<@\w+)\|[^>]*>$", r"\1>", part)
    if part.startswith("http"):
        return f"<{_plain(part)}>"
    name = part[1:]
    if part.startswith("@"):
        found = next((user.id for user in workspace.users.values() if user.name == name), None)
    else:
        channel = workspace.find_channel(name)
        found = channel.id if channel else None
    if part.startswith("@") and found is None:
        group = next((one["id"] for one in workspace.usergroups.values() if one["handle"] == name), None)
        return f"<!subteam^{group}|@{name}>" if group else part
    if found is None:
        return part
    return f"<{part[0]}{found}|{name}>" if labels or part[0] == "#" else f"<@{found}>"


def rich_text(text: str) -> list[Json]:
    """The block that Slack's own clients make of what is typed."""
    inside = [{"type": "text", "text": text}]
    section = {"type": "rich_text_section", "elements": inside}
    return [{"type": "rich_text", "block_id": secrets.token_urlsafe(3), "elements": [section]}]
