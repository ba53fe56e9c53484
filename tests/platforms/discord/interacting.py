"""What a person does with what the bot shows: commands, buttons, menus, modals.

Each returns the interaction, once the bot has answered it or its time is over; `ok` says which.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from tests.platforms.discord.filling import (
    check_count,
    fill_modal,
    fill_options,
    find_command,
    pick,
    put_person,
)
from tests.platforms.discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL, Interaction, Modal
from tests.platforms.discord.limits import FILE_SIZE
from tests.platforms.discord.permissions import Permission, in_channel
from tests.platforms.discord.showing import SELECTS, walk
from tests.platforms.discord.talking import NotPossible, Talking
from tests.platforms.discord.things import Channel, Json, Member, Message

BUTTON, LINK = 2, 5
CHAT, USER, MESSAGE = 1, 2, 3
GUILD, DIRECT = 0, 1


class Interacting(Talking):
    """A person's side of interactions."""

    deliver_twice: bool

    def commands(self) -> dict[str, Json]:
        """What the bot has registered, by name."""
        raise NotImplementedError

    # commands

    async def command(
        self, user: Member, channel: Channel, path: str, options: Mapping[str, Any] | None = None
    ) -> Interaction:
        """Type a slash command such as `incident update`, with its options by name."""
        command, steps, known = find_command(self.commands(), path)
        self._offer(user, channel, command)
        resolved: Json = {}
        filled = fill_options(known, options or {}, resolved, self.guild)
        return await self._do(user, channel, COMMAND, _command_data(command, steps, filled, resolved))

    async def autocomplete(
        self, user: Member, channel: Channel, path: str, name: str, typed: str, **others: Any
    ) -> list[Json]:
        """Type into an option; returns the choices that the bot offers."""
        command, steps, known = find_command(self.commands(), path)
        self._offer(user, channel, command)
        option = next((one for one in known if one["name"] == name), None)
        if option is None or not option.get("autocomplete"):
            raise NotPossible(f"{path} asks the bot for no choices of {name}")
        partly = [dict(one) | {"required": False} for one in known]
        filled = fill_options(partly, others, {}, self.guild)
        filled.append({"name": name, "type": option["type"], "value": typed, "focused": True})
        data = _command_data(command, steps, filled, {})
        return (await self._do(user, channel, AUTOCOMPLETE, data)).choices

    async def menu(
        self, user: Member, on: Message | Member, name: str, where: Channel | None = None
    ) -> Interaction:
        """Choose a command from the menu of a message, or of a person who is seen in a channel."""
        kind = MESSAGE if isinstance(on, Message) else USER
        command = self.commands().get(name)
        if command is None or command["type"] != kind:
            raise NotPossible(f"There is no command {name!r} here, only {sorted(self.commands())}")
        channel = on.channel if isinstance(on, Message) else where
        assert channel is not None
        self._offer(user, channel, command)
        resolved: Json = {}
        if isinstance(on, Message):
            self.see(user, on)
            resolved["messages"] = {on.id: self.guild.message_json(on)}
        else:
            put_person(resolved, on)
        data = _command_data(command, [], [], resolved) | {"target_id": on.id}
        return await self._do(user, channel, COMMAND, data)

    def _offer(self, user: Member, channel: Channel, command: Json) -> None:
        """Raise unless Discord offers this person the command here."""
        needed = command.get("default_member_permissions")
        if channel.is_direct:
            if "guild_id" in command or DIRECT not in command["contexts"]:
                raise NotPossible(f"{command['name']} is not for direct conversations")
            return
        if "guild_id" not in command and GUILD not in command["contexts"]:
            raise NotPossible(f"{command['name']} is not for guilds")
        self.allow(user, channel, Permission.USE_APPLICATION_COMMANDS)
        if needed is not None and not in_channel(self.guild, user, channel) & int(needed):
            raise NotPossible(f"{user.name} may not use {command['name']}")

    # components

    async def click(self, user: Member, message: Message, what: str) -> Interaction:
        """Press a button, by its label or its custom_id."""
        self.see(user, message)
        seen = []
        for one in walk(message.components):
            if one["type"] == BUTTON and one["style"] != LINK:
                if what in (one.get("label"), one["custom_id"]):
                    if one.get("disabled"):
                        raise NotPossible(f"{what} can't be pressed")
                    return await self._act(user, message, one)
                seen.append(one.get("label"))
        raise NotPossible(f"There is no button {what!r}, only {seen}")

    async def choose(self, user: Member, message: Message, *what: str) -> Interaction:
        """Choose options of the select that has the first of them, by label or value."""
        self.see(user, message)
        seen = []
        for one in walk(message.components):
            if one["type"] in SELECTS:
                options = one.get("options") or []
                if any(what[0] in (option["label"], option["value"]) for option in options):
                    chosen = [pick(one, each) for each in what]
                    check_count(one, chosen)
                    return await self._act(user, message, one, values=chosen)
                seen += [option["label"] for option in options]
        raise NotPossible(f"There is no option {what!r}, only {seen}")

    async def _act(self, user: Member, message: Message, component: Json, **more: Any) -> Interaction:
        data = {
            "component_type": component["type"],
            "custom_id": component["custom_id"],
            "id": component["id"],
        }
        return await self._do(user, message.channel, COMPONENT, data | more, source=message)

    # modals

    async def submit(
        self, user: Member, modal: Modal, values: Mapping[str, Any] | None = None
    ) -> Interaction:
        """Fill in a modal by custom_id and send it; it closes when the bot answers."""
        if self.interactions.modals.get(user.id) is not modal:
            raise NotPossible(f"This is not what {user.name} sees")
        data = {
            "custom_id": modal.custom_id,
            "components": fill_modal(modal.body["components"], values or {}),
        }
        interaction = await self._do(
            user, modal.channel, MODAL, data, source=modal.message, opened_by=modal.opened_by
        )
        if interaction.ok and self.interactions.modals.get(user.id) is modal:
            self.dismiss(user)
        return interaction

    def dismiss(self, user: Member) -> None:
        """Close the modal; the bot never hears of it."""
        modal = self.interactions.modals.pop(user.id, None)
        if modal is not None:
            modal.is_closed = True

    # how it goes to the bot

    async def _do(
        self,
        user: Member,
        channel: Channel,
        kind: int,
        data: Json,
        source: Message | None = None,
        opened_by: Json | None = None,
    ) -> Interaction:
        interaction = Interaction(
            self.guild.new_id(), kind, user, channel, data, source, opened_by=opened_by or {}
        )
        self.interactions.add(interaction)
        self.tell("INTERACTION_CREATE", self._interaction_json(interaction))
        # The bot's answer takes its time on the way, too.
        await interaction.wait(self.interactions.patience + 0.2)
        await interaction.settle(self.interactions.patience * 3)
        await asyncio.sleep(0)
        return interaction

    def _interaction_json(self, interaction: Interaction) -> Json:
        guild, user, channel = self.guild, interaction.user, interaction.channel
        owners = {"1": user.id} if channel.is_direct else {"0": guild.id}
        body: Json = {
            "id": interaction.id,
            "application_id": guild.application_id,
            "type": interaction.type,
            "token": interaction.token,
            "version": 1,
            "data": interaction.data,
            "channel_id": channel.id,
            "channel": guild.channel_json(channel),
            "locale": "en-US",
            "app_permissions": str(in_channel(guild, guild.bot, channel)),
            "entitlements": [],
            "entitlement_sku_ids": [],
            "authorizing_integration_owners": owners,
            "context": DIRECT if channel.is_direct else GUILD,
            "attachment_size_limit": FILE_SIZE,
        }
        if interaction.source is not None:
            body["message"] = guild.message_json(interaction.source)
        if channel.is_direct:
            return body | {"user": user.to_user()}
        granted = str(in_channel(guild, user, channel))
        return body | {
            "guild_id": guild.id,
            "guild_locale": "en-US",
            "guild": {"id": guild.id, "locale": "en-US", "features": []},
            "member": user.to_member() | {"permissions": granted},
        }


def _command_data(command: Json, steps: list[Json], filled: list[Json], resolved: Json) -> Json:
    """The data of an interaction, with the options inside the subcommands that were typed."""
    options = filled
    for step in reversed(steps):
        options = [{"name": step["name"], "type": step["type"], "options": options}]
    data: Json = {"id": command["id"], "name": command["name"], "type": command["type"]}
    if options:
        data["options"] = options
    if resolved:
        data["resolved"] = resolved
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    return data
