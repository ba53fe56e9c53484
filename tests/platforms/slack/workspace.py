"""What a Slack workspace holds: its people, channels, messages, views, groups and files.

Plain state with the questions that several methods ask. It knows no wire and no rules about who may do what.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable
from typing import Any

from tests.platforms.slack.things import Answering, Channel, Json, Message, Trigger, User, View


class Workspace:
    """One team and everything in it."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._last_ts = 0
        self.now: Callable[[], float] = time.time
        self.app_id = self.new_id("A")
        self.team_id = self.new_id("T")
        self.domain = "tocsin-test"
        self.bot_id = self.new_id("B")
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.ephemerals: list[Message] = []
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.usergroups: dict[str, Json] = {}
        self.files: dict[str, Json] = {}
        self.contents: dict[str, bytes] = {}
        self.triggers: dict[str, Trigger] = {}
        self.answerings: dict[str, Answering] = {}
        bot = self.add_user("tocsin", real_name="Tocsin", bot=True)
        self.bot_user = bot.id

    def new_id(self, prefix: str) -> str:
        return f"{prefix}0{next(self._numbers):09X}"

    def new_ts(self) -> str:
        """An instant in Slack's writing, later than every earlier one."""
        self._last_ts = max(int(self.now() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def add_user(self, name: str, **about: Any) -> User:
        about.setdefault("real_name", name.capitalize())
        about.setdefault("team_id", self.new_id("T") if about.get("stranger") else self.team_id)
        user = User(self.new_id("U"), name, **about)
        self.users[user.id] = user
        return user

    def add_channel(self, name: str, creator: str, members: list[str], private: bool) -> Channel:
        channel = Channel(
            self.new_id("C"), name, self.team_id, self.app_id, creator, private, members=list(members)
        )
        self.channels[channel.id] = channel
        return channel

    def open_direct(self, user: User) -> tuple[Channel, bool]:
        """The bot's conversation with this person, and whether it is new."""
        for channel in self.channels.values():
            if channel.im_user == user.id:
                return channel, False
        channel = Channel(self.new_id("D"), "", self.team_id, self.app_id, self.bot_user, is_im=True)
        channel.im_user, channel.members = user.id, [self.bot_user, user.id]
        self.channels[channel.id] = channel
        return channel, True

    def find_channel(self, name: str) -> Channel | None:
        return next(
            (
                one
                for one in self.channels.values()
                if one.name == name and not one.is_im and not one.is_deleted
            ),
            None,
        )

    def find_view(self, view_id: str | None, external_id: str | None = None) -> View | None:
        """An open modal or a home by its id, or by the id that the bot gave it."""
        opened = [*self.homes.values(), *(view for stack in self.stacks.values() for view in stack)]
        for view in opened:
            if view.id == view_id or (external_id and view.body.get("external_id") == external_id):
                return view
        return None

    def new_trigger(self, user: str, view_id: str | None = None) -> str:
        trigger_id = f"{time.time_ns() // 1_000_000}.{self._last_ts}.{secrets.token_hex(16)}"
        self.triggers[trigger_id] = Trigger(user, time.monotonic(), view_id)
        return trigger_id

    def view_json(self, view: View) -> Json:
        """The view object of answers and interactions."""
        return {
            "id": view.id,
            "team_id": self.team_id,
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "clear_on_close": False,
            "notify_on_close": False,
            "close": None,
            "submit": None,
            **view.body,
            "state": {"values": view.values},
            "hash": view.hash,
            "root_view_id": view.root_id,
            "previous_view_id": view.previous_id,
            "app_id": self.app_id,
            "app_installed_team_id": self.team_id,
            "bot_id": self.bot_id,
        }
