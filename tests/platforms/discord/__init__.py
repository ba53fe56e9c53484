"""A strict emulator of Discord for tests, for bots made with discord.py."""

from tests.platforms.discord.interactions import Interaction, Modal
from tests.platforms.discord.permissions import Permission
from tests.platforms.discord.server import DiscordServer
from tests.platforms.discord.talking import NotPossible
from tests.platforms.discord.things import Channel, Member, Message, Role
from tests.platforms.discord.web import Call

__all__ = [
    "Call",
    "Channel",
    "DiscordServer",
    "Interaction",
    "Member",
    "Message",
    "Modal",
    "NotPossible",
    "Permission",
    "Role",
]
