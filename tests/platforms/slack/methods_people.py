"""auth.test, users.*, usergroups.* and team.info."""

from __future__ import annotations

import time

from tests.platforms.slack.answers import Ask, Refused, method, paged
from tests.platforms.slack.things import Json


@method("api.test")
async def api_test(ask: Ask) -> Json:
    return {"args": ask.args}


@method("auth.test")
async def auth_test(ask: Ask) -> Json:
    workspace = ask.workspace
    return {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.domain,
        "user": workspace.users[ask.actor].name,
        "team_id": workspace.team_id,
        "user_id": ask.actor,
        **({"bot_id": workspace.bot_id} if ask.is_bot else {}),
        "is_enterprise_install": False,
    }


@method("team.info", "team:read")
async def team_info(ask: Ask) -> Json:
    workspace = ask.workspace
    return {"team": {"id": workspace.team_id, "name": workspace.domain, "domain": workspace.domain}}


@method("bots.info", "users:read")
async def bots_info(ask: Ask) -> Json:
    workspace = ask.workspace
    if ask.text("bot") != workspace.bot_id:
        raise Refused("bot_not_found")
    return {
        "bot": {
            "id": workspace.bot_id,
            "name": "tocsin",
            "app_id": workspace.app_id,
            "user_id": workspace.bot_user,
        }
    }


def sees_email(ask: Ask) -> bool:
    return "users:read.email" in ask.slack.scopes


@method("users.info", "users:read")
async def info(ask: Ask) -> Json:
    return {"user": ask.user().to_json(sees_email(ask))}


@method("users.list", "users:read")
async def list_(ask: Ask) -> Json:
    users = [user for user in ask.workspace.users.values() if not user.stranger]
    page, metadata = paged(ask, users, 1000, 1000)
    return {
        "members": [user.to_json(sees_email(ask)) for user in page],
        "cache_ts": int(time.time()),
        "response_metadata": metadata,
    }


@method("users.lookupByEmail", "users:read.email")
async def lookup(ask: Ask) -> Json:
    email = ask.text("email").casefold()
    for user in ask.workspace.users.values():
        if (
            email
            and (user.email or "").casefold() == email
            and not (user.deleted or user.stranger or user.bot)
        ):
            return {"user": user.to_json()}
    raise Refused("users_not_found")


@method("usergroups.list", "usergroups:read")
async def list_groups(ask: Ask) -> Json:
    groups = [
        group
        for group in ask.workspace.usergroups.values()
        if ask.flag("include_disabled") or not group["date_delete"]
    ]
    return {"usergroups": [_show(ask, group) for group in groups]}


@method("usergroups.create", "usergroups:write")
async def create_group(ask: Ask) -> Json:
    name, handle = ask.text("name"), ask.text("handle")
    if not name:
        raise Refused("invalid_arguments")
    _check_free(ask, name, handle)
    now = int(time.time())
    group: Json = {
        "id": ask.workspace.new_id("S"),
        "team_id": ask.workspace.team_id,
        "is_usergroup": True,
        "name": name,
        "description": ask.text("description"),
        "handle": handle,
        "is_external": False,
        "date_create": now,
        "date_update": now,
        "date_delete": 0,
        "auto_type": None,
        "created_by": ask.actor,
        "updated_by": ask.actor,
        "deleted_by": None,
        "prefs": {"channels": ask.listed("channels"), "groups": []},
        "users": [],
    }
    ask.workspace.usergroups[group["id"]] = group
    return {"usergroup": _show(ask, group)}


def _check_free(ask: Ask, name: str, handle: str, own: str = "") -> None:
    others = [group for group in ask.workspace.usergroups.values() if group["id"] != own]
    if any(group["name"] == name for group in others):
        raise Refused("name_already_exists")
    taken = {group["handle"] for group in others} | {user.name for user in ask.workspace.users.values()}
    if handle and handle in taken:
        raise Refused("handle_already_exists")


def _show(ask: Ask, group: Json) -> Json:
    with_users = ask.flag("include_users")
    shown = {name: value for name, value in group.items() if name != "users" or with_users}
    return {**shown, **({"user_count": len(group["users"])} if ask.flag("include_count") else {})}


def _group(ask: Ask) -> Json:
    group = ask.workspace.usergroups.get(ask.text("usergroup"))
    if group is None:
        raise Refused("no_such_subteam")
    return group


@method("usergroups.update", "usergroups:write")
async def update_group(ask: Ask) -> Json:
    group = _group(ask)
    _check_free(ask, ask.text("name"), ask.text("handle"), group["id"])
    for name in ("name", "handle", "description"):
        if ask.args.get(name) is not None:
            group[name] = ask.text(name)
    group |= {"date_update": int(time.time()), "updated_by": ask.actor}
    return {"usergroup": _show(ask, group)}


@method("usergroups.disable", "usergroups:write")
async def disable_group(ask: Ask) -> Json:
    group = _group(ask)
    group |= {"date_delete": int(time.time()), "deleted_by": ask.actor}
    return {"usergroup": _show(ask, group)}


@method("usergroups.enable", "usergroups:write")
async def enable_group(ask: Ask) -> Json:
    group = _group(ask)
    group |= {"date_delete": 0, "deleted_by": None}
    return {"usergroup": _show(ask, group)}


@method("usergroups.users.list", "usergroups:read")
async def list_group_users(ask: Ask) -> Json:
    group = _group(ask)
    if group["date_delete"] and not ask.flag("include_disabled"):
        raise Refused("no_such_subteam")
    return {"users": group["users"]}


@method("usergroups.users.update", "usergroups:write")
async def update_group_users(ask: Ask) -> Json:
    group = _group(ask)
    users = ask.listed("users")
    if not users:
        raise Refused("no_users_provided")
    for one in users:
        user = ask.workspace.users.get(one)
        if user is None or user.deleted or user.bot:
            raise Refused("invalid_users")
    # Putting people into a group that is disabled enables it.
    group |= {"users": list(dict.fromkeys(users)), "date_delete": 0, "date_update": int(time.time())}
    return {"usergroup": {**_show(ask, group), "users": group["users"]}}
