"""What has to be right for Discord to work: the token, the server, each permission, each intent, the standing channels, the
connection.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from bot.chat.discord.guild import Guild
from bot.chat.discord.permissions import INTENTS, PRIVILEGED, build_invite, list_missing, list_needed
from bot.chat.platform import Check
from bot.errors import Rejected, Retry

if TYPE_CHECKING:
    from bot.chat.discord.listener import Listener

Json = dict[str, Any]
FLAGS = {"members": (1 << 14) | (1 << 15), "message_content": (1 << 18) | (1 << 19)}
"""The flags of an application for which an intent is switched on (for a small bot, or approved by Discord)."""


def list_switched_off(application: Json) -> tuple[str, ...]:
    """The intents that somebody has to switch on for the application at Discord."""
    flags = int(application.get("flags") or 0)
    return tuple(name for name in PRIVILEGED if not flags & FLAGS[name])


async def check_server(guild: Guild, listener: Listener | None) -> list[Check]:
    """Look at everything; where the token is no good, or the server is not known, the rest can't be looked at."""
    settings = guild.settings
    try:
        me, application = await guild.get_me(), await guild.get_application()
    except (Retry, Rejected) as failure:
        return [Check("discord_token", False, {"reason": failure.reason})]
    invite = build_invite(str(application["id"]), settings.rooms)
    found = [Check("discord_token", True, {"bot": me["username"]})]
    found += [
        Check("discord_intent", False, {"intent": name, "why": INTENTS[name], "app": str(application["id"])})
        for name in list_switched_off(application)
    ]
    try:
        server = await guild.get()
        member = await guild.find_member(str(me["id"]), fresh=True)
    except (Retry, Rejected) as failure:
        return [*found, Check("discord_server", False, {"reason": failure.reason, "invite": invite})]
    found.append(Check("discord_server", True, {"name": server["name"]}))
    granted = sum_permissions(server, member or {})
    missing = list_missing(granted, settings.rooms)
    for name in missing:
        why = list_needed(settings.rooms)[name][1]
        found.append(Check("discord_permission", False, {"permission": name, "why": why, "invite": invite}))
    if not missing:
        found.append(Check("discord_permissions", True, {"count": len(list_needed(settings.rooms))}))
    for name in (settings.announcements, settings.ops):
        try:
            await guild.find_standing(name)
        except (Retry, Rejected) as failure:
            found.append(Check("discord_channel", False, {"name": name, "reason": failure.reason}))
        else:
            found.append(Check("discord_channel", True, {"name": name}))
    if settings.responders:
        found.append(await _check_role(guild, settings.responders))
    if settings.voice:
        found.append(await _check_voice(guild, settings.voice))
    return [*found, *await _check_way_in(guild, listener)]


def sum_permissions(server: Json, member: Json) -> int:
    """What a member may do in the server by their roles."""
    roles = {str(server["id"]), *map(str, member.get("roles") or ())}
    bits = [int(role["permissions"]) for role in server.get("roles") or () if str(role["id"]) in roles]
    return reduce(or_, bits, 0)


async def _check_role(guild: Guild, name: str) -> Check:
    try:
        await guild.find_role(name)
    except (Retry, Rejected) as failure:
        return Check("discord_role", False, {"name": name, "reason": failure.reason})
    return Check("discord_role", True, {"name": name})


async def _check_voice(guild: Guild, name: str) -> Check:
    try:
        await guild.get_voice(name)
    except (Retry, Rejected) as failure:
        return Check("discord_voice", False, {"name": name, "reason": failure.reason})
    return Check("discord_voice", True, {"name": name})


async def _check_way_in(guild: Guild, listener: Listener | None) -> list[Check]:
    """Whether what people do in Discord reaches us. A process that does not listen asks for the gateway instead."""
    if listener is not None:
        return listener.look()
    try:
        await guild.client.call("GET", "/gateway/bot")
    except (Retry, Rejected) as failure:
        return [Check("discord_gateway", False, {"reason": failure.reason})]
    return [Check("discord_gateway", True, {"reason": ""})]
