"""files.* and where the bot opens its sockets: apps.connections.open."""

from __future__ import annotations

import time

from tests.platforms.slack.answers import Ask, Refused, method
from tests.platforms.slack.methods_chat import tell_message
from tests.platforms.slack.things import Json, Message
from tests.platforms.slack.workspace import Workspace


def add_file(workspace: Workspace, url: str, user: str, name: str, mimetype: str, content: bytes) -> Json:
    """Keep a file; returns its file object. Only the bearer of a token can download it."""
    file_id = workspace.new_id("F")
    private = f"{url}/files-pri/{workspace.team_id}-{file_id}"
    kind = name.rpartition(".")[2] if "." in name else "text"
    now = int(time.time())
    shown: Json = {
        "id": file_id,
        "created": now,
        "timestamp": now,
        "name": name,
        "title": name,
        "mimetype": mimetype,
        "filetype": kind,
        "pretty_type": kind.upper(),
        "user": user,
        "user_team": workspace.team_id,
        "editable": False,
        "size": len(content),
        "mode": "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": True,
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "url_private": f"{private}/{name}",
        "url_private_download": f"{private}/download/{name}",
        "permalink": f"https://{workspace.domain}.slack.com/files/{user}/{file_id}/{name}",
        "has_rich_preview": False,
        "file_access": "visible",
    }
    workspace.files[file_id] = shown
    workspace.contents[file_id] = content
    return shown


@method("files.info", "files:read")
async def info(ask: Ask) -> Json:
    shown = ask.workspace.files.get(ask.text("file"))
    if shown is None:
        raise Refused("file_not_found")
    return {"file": shown, "comments": []}


@method("files.getUploadURLExternal", "files:write")
async def upload_url(ask: Ask) -> Json:
    name, length = ask.text("filename"), ask.number("length", 0)
    if not name or length <= 0:
        raise Refused("invalid_arguments")
    shown = add_file(ask.workspace, ask.slack.url, ask.actor, name, "application/octet-stream", b"")
    shown["size"] = length
    return {"upload_url": f"{ask.slack.url}/upload/v1/{shown['id']}", "file_id": shown["id"]}


@method("files.completeUploadExternal", "files:write")
async def complete_upload(ask: Ask) -> Json:
    wanted = ask.parsed("files")
    if not isinstance(wanted, list) or not wanted:
        raise Refused("invalid_arguments")
    files = []
    for one in wanted:
        shown = ask.workspace.files.get(one.get("id", ""))
        if shown is None or len(ask.workspace.contents[shown["id"]]) != shown["size"]:
            raise Refused("file_not_found")
        shown["title"] = one.get("title") or shown["name"]
        files.append(shown)
    if ask.text("channel_id"):
        channel = ask.channel(name="channel_id")
        ask.member_of(channel)
        message = Message(channel, ask.workspace.new_ts(), ask.actor, ask.text("initial_comment"))
        message.files, message.subtype, message.bot_id = files, "file_share", ask.workspace.bot_id
        message.thread_ts = ask.text("thread_ts") or None
        channel.messages.append(message)
        tell_message(ask, message)
    return {"files": files}


@method("apps.connections.open", token="app")
async def open_connection(ask: Ask) -> Json:
    return {"url": ask.slack.new_socket_url()}
