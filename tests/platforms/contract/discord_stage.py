"""Discord on the stage: Tocsin speaks to the emulator over REST, and hears of people by the gateway with discord.py.

The bot may do what its invitation asks for and no more. People have linked their accounts, as they must: Discord tells bots
no e-mail addresses. Who is not in the role of the responders is a guest.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.access.linking import make_link_code
from bot.access.profile import change_profile
from bot.chat.arguments import split_line
from bot.chat.discord.links import SIGN as LINKS
from bot.chat.discord.permissions import list_bits
from bot.chat.discord.platform import DiscordPlatform
from bot.chat.platform import Message as Post
from bot.chat.platform import Once
from storage.models import User
from tests.house import House, open_house
from tests.platforms.contract.discord_reading import (
    find_component,
    labels_of,
    mention_people,
    only_button,
    read_form,
    read_markdown,
    texts_of,
    title_of,
)
from tests.platforms.contract.stage import Answer, File, NotPossible, Person, Seen
from tests.platforms.discord import Channel, DiscordServer, Interaction, Member, Message
from tests.platforms.discord.permissions import Permission, in_channel
from tests.platforms.discord.things import CATEGORY, TEXT

ACTIONS = {"timeline": "message-timeline", "declare": "message-declare", "task": "message-task"}
RESPONDERS, ARCHIVE = "Responders", "incidents archive"
SAID = (0, 19)
REFERENCE = re.compile(r"INC-\d+", re.IGNORECASE)
YES = ("yes", "true", "on")
IN_TIME = 30.0
PUSHPIN = "📌"
SELECT = 3


class DiscordStage:
    """A place is the id of a channel, or its name after `#`."""

    name = "discord"
    owner: Person
    key: str
    announcements = "#incidents"
    ops = "#tocsin-ops"
    lobby = "#general"
    longest = 2000

    def __init__(self, house: House, discord: DiscordServer) -> None:
        self.house = house
        self.discord = discord
        self.asked: dict[str, Message] = {}
        self.people: dict[str, Member] = {}
        self.responders = discord.add_role(RESPONDERS)
        platform = house.parts.platforms["discord"]
        assert isinstance(platform, DiscordPlatform)
        self.platform = platform

    async def start(self) -> None:
        """Begin to listen; the owner is in Discord, and so is a channel for everybody."""
        house, discord = self.house, self.discord
        discord.guild.now = lambda: house.clock.now().timestamp()
        discord.add_channel("general")
        await self.platform.start(house.parts.inbound)
        async with asyncio.timeout(IN_TIME):
            while not discord.commands():  # noqa: ASYNC110 the emulator has no event for it
                await asyncio.sleep(0.01)
        house.owner = await house.parts.work.run(
            lambda unit: change_profile(unit, house.owner.id, "Olivia", "olivia@example.com", "UTC")
        )
        self.key = await house.key()
        self.owner = await self._link("Olivia", house.owner, self.responders.id)

    async def close(self) -> None:
        if self.platform.listener is not None:
            await self.settle()
        await self.platform.stop()

    async def settle(self) -> None:
        """Wait until Discord has told everything, all of it is dealt with, and what follows is delivered."""
        assert self.platform.listener is not None
        before, now = -1, self._count()
        while before != now:
            before = now
            await self.discord.settle()
            await self.platform.listener.errands.stop(IN_TIME)
            await self.house.settle()
            now = self._count()

    def _count(self) -> int:
        told = sum(len(session.log) for session in self.discord.gateway.sessions.values())
        return told + len(self.discord.calls)

    # people

    async def add_person(self, name: str, role: str = "responder", team: str = "first-team") -> Person:
        user = await self.house.add_person(name, f"{name.lower()}@example.com", team, role)
        return await self._link(name, user, self.responders.id)

    async def _link(self, name: str, user: User, *roles: str) -> Person:
        """Somebody whose two accounts become one: the code of the one is typed with the other."""
        person = Person(name, user, await self._come_in(name, *roles))
        code = await self.house.parts.work.run(lambda unit: make_link_code(unit, user))
        await self.type(person, self.lobby, f"/tocsin link {code}")
        self.discord.guild.ephemerals.clear()
        return person

    async def _come_in(self, name: str, *roles: str) -> Member:
        account = await self.discord.join_guild(name.lower(), global_name=name)
        account.roles += roles
        self.people[name.lower()] = account
        return account

    async def add_guest(self, name: str) -> Person:
        return Person(name, None, await self._come_in(name))

    async def add_stranger(self, name: str) -> Person:
        return Person(name, None, await self._come_in(name, self.responders.id))

    # what people do

    async def type(self, person: Person, place: str, line: str) -> Answer:
        path, options = self._read_line(line)
        return await self._answer(
            person, self.discord.command(person.account, self._channel(place), path, options)
        )

    def _read_line(self, line: str) -> tuple[str, dict[str, Any]]:
        """A command line as it is typed in Discord: the path that is offered there, and its options."""
        words = line.removeprefix("/").split(" ")
        top = self.discord.commands().get(words[0])
        if top is None:
            raise NotPossible(f"Discord offers no /{words[0]}")
        name, path, known, rest = words[0], words[0], top["options"], words[1:]
        if known and known[0]["type"] in (1, 2):
            name = " ".join(words[:2])
            path, known = _find_subcommand(known, path, " ".join(words[1:2]))
            rest = words[2:]
        options: dict[str, Any] = {}
        names = {one["name"]: one for one in known}
        if rest and "incident" in names and REFERENCE.fullmatch(rest[0]):
            options["incident"] = rest.pop(0)
        arguments = self.house.parts.registry.commands[name].arguments
        typed = mention_people(" ".join(rest), self.people)
        for argument, value in split_line(typed, arguments).items():
            options[argument] = value in YES if names[argument]["type"] == 5 else value
        return path, options

    async def fill(self, person: Person, values: Mapping[str, str]) -> Answer:
        modal = self.discord.modal_of(person.account)
        if modal is None:
            raise NotPossible(f"{person.name} has no form to fill in")
        return await self._answer(person, self.discord.submit(person.account, modal, values))

    async def press(self, person: Person, message: Seen, label: str) -> Answer:
        shown: Message = message.handle
        is_menu = find_component(shown, label)["type"] == SELECT
        act = self.discord.choose if is_menu else self.discord.click
        return await self._answer(person, act(person.account, shown, label))

    async def confirm(self, person: Person) -> Answer:
        asked = self.asked.pop(person.name, None)
        if asked is None:
            raise NotPossible(f"{person.name} was asked nothing")
        (label,) = labels_of(asked)
        return await self._answer(person, self.discord.click(person.account, asked, label))

    async def say(
        self, person: Person, place: str, text: str, thread: Seen | None = None, files: Sequence[File] = ()
    ) -> Seen:
        parts = [(one.name, one.mime, one.content) for one in files] or None
        above = thread.handle if thread else None
        said = await self.discord.say(person.account, self._channel(place), text, above, parts)
        await self.settle()
        return self._see(said)

    async def edit(self, person: Person, message: Seen, text: str) -> None:
        await self.discord.edit(person.account, message.handle, text)
        await self.settle()

    async def delete(self, person: Person, message: Seen) -> None:
        await self.discord.delete(person.account, message.handle)
        await self.settle()

    async def pin(self, person: Person, message: Seen) -> Answer:
        """Nobody but the one who reacts is to see what comes of it: the bot reacts, too, or writes to them."""
        before = len(self.discord.direct(person.account))
        await self.discord.react(person.account, message.handle, PUSHPIN)
        await self.settle()
        told = self.discord.direct(person.account)[before:]
        is_taken = self.discord.guild.bot.id in message.handle.reactions[PUSHPIN]
        return Answer("\n".join(text for one in told for text in texts_of(one, self._names())), sign=is_taken)

    async def act(self, person: Person, message: Seen, action: str) -> Answer:
        assert self.platform.listener is not None
        menus = {meaning: name for name, meaning in self.platform.listener.tree.menus.items()}
        return await self._answer(
            person, self.discord.menu(person.account, message.handle, menus[ACTIONS[action]])
        )

    async def join(self, person: Person, place: str) -> None:
        """Somebody who may do so adds this person to the channel."""
        channel, account = self._channel(place), person.account
        if account.id not in channel.overwrites:
            await self.discord.let_in(self.discord.owner, channel, account, Permission.SEND_MESSAGES)
        await self.settle()

    async def leave(self, person: Person, place: str) -> None:
        await self.discord.take_off(self.discord.owner, self._channel(place), person.account)
        await self.settle()

    async def _answer(self, person: Person, doing: Awaitable[Interaction]) -> Answer:
        """Do it, and read what this person alone sees then: a form, a question, or words."""
        interaction = await doing
        await self.settle()
        if not interaction.ok:
            raise AssertionError(f"Tocsin did not respond to {interaction.data}")
        shown = [one for one in (interaction.message, *interaction.follow_ups) if one is not None]
        hidden = [one for one in shown if one.ephemeral_for == person.account.id and not one.is_deleted]
        said = "\n".join(text for one in hidden for text in texts_of(one, self._names()))
        modal = interaction.modal
        for one in hidden:
            if only_button(one, "run:"):
                self.asked[person.name] = one
                return Answer(question=said)
            again = only_button(one, "form:")
            if again:
                modal = (await self.discord.click(person.account, one, again)).modal
        return Answer(said, read_form(modal) if modal is not None else None)

    # what people see

    async def messages(self, place: str) -> list[Seen]:
        await self.settle()
        channel = self._find(place)
        if channel is None:
            return []
        threads = [one for one in self.discord.guild.channels.values() if one.parent_id == channel.id]
        shown = [message for one in (channel, *threads) for message in one.messages]
        return [self._see(one) for one in sorted(shown, key=lambda one: int(one.id)) if one.type in SAID]

    async def directs(self, person: Person) -> list[Seen]:
        await self.settle()
        return [self._see(one) for one in self.discord.direct(person.account)]

    def _see(self, shown: Message) -> Seen:
        names = self._names()
        is_bot = shown.author is self.discord.guild.bot
        answered = (shown.reference or {}).get("message_id")
        is_links = any(str(one.get("description", "")).startswith(LINKS) for one in shown.embeds)
        return Seen(
            id=f"{shown.channel.id}/{shown.id}",
            author="Tocsin" if is_bot else shown.author.shown_name,
            title=title_of(shown, names) if is_bot else "",
            text="\n".join(texts_of(shown, names)),
            buttons=tuple(labels_of(shown)),
            thread=f"{shown.channel.id}/{answered}" if answered else "",
            # Discord has no bookmarks; a pinned message stands for them.
            pinned=shown.pinned_at is not None and not is_links,
            loud=shown.mention_everyone or bool(shown.mention_roles),
            at=datetime.fromisoformat(shown.timestamp).astimezone(UTC),
            handle=shown,
        )

    def _names(self) -> dict[str, str]:
        guild = self.discord.guild
        members = {one.id: one.shown_name for one in guild.members.values()}
        return members | {one.id: one.name for one in guild.channels.values()}

    async def room_of(self, ref: str) -> str:
        await self.settle()
        named = re.compile(rf"{ref.lower()}(-|$)")
        found = [
            one
            for one in self.discord.guild.list_channels()
            if one.type == TEXT and named.match(one.name) and not self._is_archived(one)
        ]
        return found[-1].id if found else ""

    async def topic_of(self, place: str) -> str:
        return read_markdown(self._channel(place).topic or "", self._names())

    async def name_of(self, place: str) -> str:
        return self._channel(place).name

    async def wait_for_heads(self) -> None:
        """Twice in ten minutes."""
        await self.settle()
        await self.house.move_to(self.house.clock.now() + timedelta(minutes=10, seconds=1))

    async def members_of(self, place: str) -> set[str]:
        """Whom the channel names as let in."""
        await self.settle()
        guild, channel = self.discord.guild, self._channel(place)
        members = [guild.members[one] for one in channel.overwrites if one in guild.members]
        return {
            one.shown_name
            for one in members
            if not one.bot and in_channel(guild, one, channel) & Permission.VIEW_CHANNEL
        }

    async def is_private(self, place: str) -> bool:
        guild = self.discord.guild
        everyone = self._channel(place).overwrites.get(guild.id)
        return everyone is not None and bool(everyone.deny & Permission.VIEW_CHANNEL)

    async def is_archived(self, place: str) -> bool:
        await self.settle()
        return self._is_archived(self._channel(place))

    def _is_archived(self, channel: Channel) -> bool:
        parent = self.discord.guild.channels.get(channel.parent_id or "")
        return parent is not None and parent.type == CATEGORY and parent.name.lower().startswith(ARCHIVE)

    async def deliver_twice(self, twice: bool) -> None:
        self.discord.deliver_twice = twice

    async def deliver_again(self, place: str, key: str, text: str) -> str:
        once = Once(key, again=True)
        return await self.platform.post(self._channel(place).id, Post(text), once)

    def faults(self) -> list[str]:
        return list(self.discord.violations)

    def _find(self, place: str) -> Channel | None:
        if place.startswith("#"):
            return self.discord.channel_named(place[1:])
        return self.discord.guild.channels.get(place)

    def _channel(self, place: str) -> Channel:
        channel = self._find(place)
        if channel is None:
            raise NotPossible(f"There is no {place}")
        return channel


def _find_subcommand(known: list[dict[str, Any]], path: str, wanted: str) -> tuple[str, list[dict[str, Any]]]:
    """Where a subcommand is offered: near, or in a group; and its options."""
    for one in known:
        if one["name"] == wanted:
            return f"{path} {wanted}", one.get("options", [])
        for inner in one.get("options", []):
            if one["type"] == 2 and inner["name"] == wanted:
                return f"{path} {one['name']} {wanted}", inner.get("options", [])
    raise NotPossible(f"Discord offers no /{path} {wanted}")


def settle_discord(discord: DiscordServer, **more: str) -> dict[str, str]:
    """Give the bot the rights that its invitation asks for; returns the settings of Tocsin in this server."""
    discord.guild.bot_role.permissions = list_bits(more.get("TOCSIN_DISCORD_ROOMS", "channels"))
    return {
        "TOCSIN_DISCORD_BOT_TOKEN": discord.bot_token,
        "TOCSIN_DISCORD_API_URL": discord.api_url,
        "TOCSIN_DISCORD_GATEWAY_URL": discord.gateway_url,
        "TOCSIN_DISCORD_RESPONDERS": RESPONDERS,
        **more,
    }


@asynccontextmanager
async def open_discord_stage(
    database_url: str, kind: type[DiscordStage] = DiscordStage, **more: str
) -> AsyncIterator[DiscordStage]:
    """Discord, with Tocsin in its server; `more` are settings."""
    async with DiscordServer() as discord:
        async with open_house(database_url, settle_discord(discord, **more)) as house:
            stage = kind(house, discord)
            try:
                await stage.start()
                yield stage
            finally:
                await stage.close()
        assert discord.violations == []
