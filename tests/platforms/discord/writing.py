"""What Discord makes of what is written: whom a text mentions, and how a channel may be called."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tests.platforms.discord.guild import Guild
from tests.platforms.discord.permissions import Permission, in_channel
from tests.platforms.discord.things import CATEGORY, Channel, Json, Member

USER, ROLE = re.compile(r"<@!?(\d+)>"), re.compile(r"<@&(\d+)>")
EVERYONE = re.compile(r"@(everyone|here)\b")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
NOT_IN_NAMES = re.compile(r"[!-,./:-@\[-^`{-~]")


@dataclass(frozen=True)
class Mentions:
    """Whom a message calls."""

    people: list[Member] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    everyone: bool = False


def find_mentions(
    guild: Guild, author: Member, channel: Channel, content: str, allowed: Json | None
) -> Mentions:
    """Whom a text calls, as far as its author may call them and `allowed_mentions` lets it."""
    text = CODE.sub("", content)
    may_call_all = bool(in_channel(guild, author, channel) & Permission.MENTION_EVERYONE)
    people = [guild.members[one] for one in _unique(USER, text) if one in guild.members]
    roles = [guild.roles[one] for one in _unique(ROLE, text) if one in guild.roles]
    callable_ = [role.id for role in roles if role.mentionable or may_call_all]
    everyone = may_call_all and bool(EVERYONE.search(text))
    if allowed is None:
        return Mentions(people, callable_, everyone)
    kinds = allowed.get("parse") or []
    named_users = {str(one) for one in allowed.get("users") or []}
    named_roles = {str(one) for one in allowed.get("roles") or []}
    return Mentions(
        [one for one in people if "users" in kinds or one.id in named_users],
        [one for one in callable_ if "roles" in kinds or one in named_roles],
        everyone and "everyone" in kinds,
    )


def _unique(pattern: re.Pattern[str], text: str) -> list[str]:
    return list(dict.fromkeys(pattern.findall(text)))


def channel_name(name: Any, type_: int) -> str:
    """A name as Discord takes it: a text channel's is in lower case, with dashes and without punctuation."""
    if type_ == CATEGORY:
        return str(name).strip()
    kept = NOT_IN_NAMES.sub("", re.sub(r"\s+", "-", str(name).strip().lower()))
    return re.sub(r"-{2,}", "-", kept).lstrip("-")
