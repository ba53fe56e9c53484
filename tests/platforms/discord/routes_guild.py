"""The bot itself, its application, the guild with its members and roles, and commands."""

from __future__ import annotations

from typing import Any

from tests.platforms.discord import happening
from tests.platforms.discord.answers import Ask, Refused, invalid_form, missing_permissions, route
from tests.platforms.discord.command_limits import judge_commands
from tests.platforms.discord.permissions import Permission, in_guild
from tests.platforms.discord.things import Json, Role

MEMBERS_FLAG, CONTENT_FLAG = 1 << 15, 1 << 19


# the bot


@route("get_my_user")
def get_me(ask: Ask) -> Any:
    return ask.guild.bot.to_user() | {
        "mfa_enabled": False,
        "locale": "en-US",
        "verified": True,
        "email": None,
    }


@route("get_user")
def get_user(ask: Ask) -> Any:
    return ask.user(ask.path["user_id"]).to_user()


def application_flags(intents: set[str]) -> int:
    """The privileged intents that are switched on, as flags of the application."""
    return MEMBERS_FLAG * ("members" in intents) | CONTENT_FLAG * ("message_content" in intents)


@route("get_my_oauth2_application", "get_my_application")
def get_application(ask: Ask) -> Any:
    flags = application_flags(ask.discord.intents)
    return {
        "id": ask.guild.application_id,
        "name": "Tocsin",
        "icon": None,
        "description": "",
        "type": None,
        "bot": ask.guild.bot.to_user(),
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": ask.discord.public_key,
        "flags": flags,
        "flags_new": str(flags),
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": ask.guild.owner.to_user(),
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
    }


@route("get_gateway")
def get_gateway(ask: Ask) -> Any:
    return {"url": ask.discord.gateway_url}


@route("get_bot_gateway")
def get_bot_gateway(ask: Ask) -> Any:
    starts = {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1}
    return {"url": ask.discord.gateway_url, "session_start_limit": starts, "shards": 1}


@route("list_my_guilds")
def list_guilds(ask: Ask) -> Any:
    guild = ask.guild
    return [
        {
            "id": guild.id,
            "name": guild.name,
            "icon": None,
            "banner": None,
            "owner": False,
            "permissions": str(in_guild(guild, guild.bot)),
            "features": [],
        }
    ]


# the guild


@route("get_guild")
def get_guild(ask: Ask) -> Any:
    ask.need_in_guild()
    shown = ask.guild.to_json()
    if ask.flag("with_counts"):
        shown |= {"approximate_member_count": len(ask.guild.present), "approximate_presence_count": 1}
    return shown


@route("get_guild_member")
def get_member(ask: Ask) -> Any:
    ask.need_in_guild()
    return ask.member().to_member()


@route("list_guild_members")
def list_members(ask: Ask) -> Any:
    ask.need_in_guild()
    if "members" not in ask.discord.intents:
        raise Refused(403, 50001, "Missing Access")
    after, limit = int(ask.query.get("after", 0)), int(ask.query.get("limit", 1))
    found = sorted((one for one in ask.guild.present if int(one.id) > after), key=lambda one: int(one.id))
    return [one.to_member() for one in found[:limit]]


@route("search_guild_members")
def search_members(ask: Ask) -> Any:
    ask.need_in_guild()
    wanted, limit = ask.query["query"].lower(), int(ask.query.get("limit", 1))
    found = [
        one
        for one in ask.guild.present
        if any((name or "").lower().startswith(wanted) for name in (one.name, one.global_name, one.nick))
    ]
    return [one.to_member() for one in found[:limit]]


@route("list_guild_roles")
def list_roles(ask: Ask) -> Any:
    ask.need_in_guild()
    return [role.to_json(ask.guild.bot.id) for role in ask.guild.roles.values()]


@route("create_guild_role")
def create_role(ask: Ask) -> Any:
    ask.need_in_guild(Permission.MANAGE_ROLES)
    permissions = ask.body.get("permissions")
    granted = ask.guild.everyone.permissions if permissions is None else int(permissions)
    if granted & ~in_guild(ask.guild, ask.guild.bot):
        raise missing_permissions()
    role = ask.guild.add_role(
        ask.body.get("name") or "new role", granted, mentionable=bool(ask.body.get("mentionable"))
    )
    ask.discord.tell("GUILD_ROLE_CREATE", {"guild_id": ask.guild.id, "role": role.to_json(ask.guild.bot.id)})
    return role.to_json(ask.guild.bot.id)


@route("delete_guild_role")
def delete_role(ask: Ask) -> None:
    role = _grantable(ask)
    del ask.guild.roles[role.id]
    for member in ask.guild.members.values():
        if role.id in member.roles:
            member.roles.remove(role.id)
    ask.discord.tell("GUILD_ROLE_DELETE", {"guild_id": ask.guild.id, "role_id": role.id})


@route("add_guild_member_role")
def add_role(ask: Ask) -> None:
    role, member = _grantable(ask), ask.member()
    if role.id not in member.roles:
        member.roles.append(role.id)
        happening.change_member(ask.discord, member)


@route("delete_guild_member_role")
def take_role(ask: Ask) -> None:
    role, member = _grantable(ask), ask.member()
    if role.id in member.roles:
        member.roles.remove(role.id)
        happening.change_member(ask.discord, member)


def _grantable(ask: Ask) -> Role:
    """The role of the path, which must stand below the bot's own."""
    ask.need_in_guild(Permission.MANAGE_ROLES)
    role = ask.guild.roles.get(ask.path["role_id"])
    if role is None:
        raise Refused(404, 10011, "Unknown Role")
    if role.managed or role.position >= ask.guild.bot_role.position:
        raise missing_permissions()
    return role


# commands


def _place(ask: Ask) -> str | None:
    ask.own_application()
    if "guild_id" in ask.path:
        ask.need_in_guild()
        return ask.guild.id
    return None


def _command(ask: Ask, body: Json, place: str | None) -> Json:
    """A command as Discord keeps it; one of the same kind and name keeps its id."""
    kept = ask.guild.commands[place]
    kind = body.get("type") or 1
    old = next((c for c in kept.values() if (c["type"], c["name"]) == (kind, body["name"])), None)
    shown: Json = {
        "id": old["id"] if old else ask.guild.new_id(),
        "application_id": ask.guild.application_id,
        "version": ask.guild.new_id(),
        "default_member_permissions": None,
        "type": kind,
        "name": body["name"],
        "description": body.get("description") or "",
        "nsfw": bool(body.get("nsfw")),
        "options": body.get("options") or [],
    }
    if body.get("default_member_permissions") is not None:
        shown["default_member_permissions"] = str(body["default_member_permissions"])
    if place is None:
        contexts = body.get("contexts")
        shown["contexts"] = [0, 1] if contexts is None else contexts
        shown["integration_types"] = body.get("integration_types") or [0]
    else:
        shown["guild_id"] = place
    return shown


def _need_commands(commands: list[Json], at_one: bool = False) -> None:
    faults = judge_commands(commands)
    if faults:
        cut = [type(one)(one.path[1:], one.code, one.message) for one in faults] if at_one else faults
        raise invalid_form(cut)


@route("list_application_commands", "list_guild_application_commands")
def list_commands(ask: Ask) -> Any:
    return list(ask.guild.commands[_place(ask)].values())


@route("bulk_set_application_commands", "bulk_set_guild_application_commands")
def set_commands(ask: Ask) -> Any:
    place = _place(ask)
    _need_commands(ask.body)
    commands = [_command(ask, one, place) for one in ask.body]
    ask.guild.commands[place] = {one["id"]: one for one in commands}
    return commands


@route("create_application_command", "create_guild_application_command")
def create_command(ask: Ask) -> Any:
    place = _place(ask)
    _need_commands([ask.body], at_one=True)
    command = _command(ask, ask.body, place)
    ask.guild.commands[place][command["id"]] = command
    return command


def _known(ask: Ask) -> tuple[str | None, Json]:
    place = _place(ask)
    command = ask.guild.commands[place].get(ask.path["command_id"])
    if command is None:
        raise Refused(404, 10063, "Unknown application command")
    return place, command


@route("get_application_command", "get_guild_application_command")
def get_command(ask: Ask) -> Any:
    return _known(ask)[1]


@route("update_application_command", "update_guild_application_command")
def update_command(ask: Ask) -> Any:
    place, command = _known(ask)
    merged = command | ask.body
    _need_commands([merged], at_one=True)
    updated = _command(ask, merged, place) | {"id": command["id"]}
    ask.guild.commands[place][command["id"]] = updated
    return updated


@route("delete_application_command", "delete_guild_application_command")
def delete_command(ask: Ask) -> None:
    place, command = _known(ask)
    del ask.guild.commands[place][command["id"]]
