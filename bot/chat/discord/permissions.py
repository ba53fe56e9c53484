"""What the bot may do and hear in a Discord server, each with its reason, and the link that invites it.

`reason_…` in `templates/forms/chat` says each reason in words. Bits and names are those of Discord's reference of
permissions and of the gateway.
"""

from functools import reduce
from operator import or_
from urllib.parse import quote

PERMISSIONS = {
    "view_channel": (1 << 10, "see"),
    "send_messages": (1 << 11, "post"),
    "embed_links": (1 << 14, "embeds"),
    "read_message_history": (1 << 16, "history"),
    "manage_channels": (1 << 4, "rooms"),
    "manage_roles": (1 << 28, "access"),
    "pin_messages": (1 << 51, "pin"),
    "create_public_threads": (1 << 35, "threads"),
    "send_messages_in_threads": (1 << 38, "threads"),
}
"""By Discord's name: the bit, and the code of the reason."""
FOR_THREADS = {
    "create_private_threads": (1 << 36, "access"),
    "manage_threads": (1 << 34, "rooms"),
}
"""What rooms that are threads need besides."""
ADMINISTRATOR = 1 << 3
INTENTS = {
    "guilds": "find_rooms",
    "members": "members",
    "guild_messages": "timeline",
    "message_content": "words",
    "guild_reactions": "reactions",
    "dm_messages": "answers",
}
"""What the bot hears, by the name of discord.py's flag, and the code of the reason."""
PRIVILEGED = ("members", "message_content")
"""Intents that have to be switched on for the application at Discord."""
SCOPES = ("bot", "applications.commands")
PAGE = "https://discord.com/oauth2/authorize"


def list_needed(rooms: str = "channels") -> dict[str, tuple[int, str]]:
    """The permissions that are needed where rooms are `channels` or `threads`."""
    return PERMISSIONS | (FOR_THREADS if rooms == "threads" else {})


def list_bits(rooms: str = "channels") -> int:
    """All permissions as one number."""
    return reduce(or_, (bit for bit, _ in list_needed(rooms).values()))


def list_missing(granted: int, rooms: str = "channels") -> tuple[str, ...]:
    """The permissions that are not among these bits; an administrator lacks none."""
    if granted & ADMINISTRATOR:
        return ()
    return tuple(name for name, (bit, _) in list_needed(rooms).items() if not granted & bit)


def build_invite(application_id: str, rooms: str = "channels") -> str:
    """The address at which an admin of a server lets the bot in."""
    scope = "+".join(SCOPES)
    return f"{PAGE}?client_id={quote(application_id, safe='')}&scope={scope}&permissions={list_bits(rooms)}"
