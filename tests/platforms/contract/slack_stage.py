"""Slack on the stage: Tocsin speaks to the emulator with slack_bolt and slack_sdk, over HTTP or by Socket Mode.

What people may do, and what Tocsin hears, are the scopes, events and commands of the manifest and no more.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from bot.access.profile import change_profile
from bot.chat.platform import Message as Post
from bot.chat.platform import Once
from bot.chat.slack.manifest import EVENTS, LINK_EVENT, SCOPES
from bot.chat.slack.platform import SlackPlatform
from tests.house import House, open_house
from tests.platforms.contract.stage import Answer, File, NotPossible, OpenForm, Person, Seen
from tests.platforms.slack import Channel, Message, SlackServer, User, View

COMMANDS = {"/incident", "/alert", "/oncall", "/page", "/tocsin"}
ACTIONS = {"timeline": "message-timeline", "declare": "message-declare", "task": "message-task"}
SLACKS_OWN = (
    "channel_join",
    "channel_leave",
    "channel_topic",
    "channel_purpose",
    "channel_name",
    "pinned_item",
)
ENTITY = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
SAME_LOOK = str.maketrans({"∗": "*", "ˍ": "_", "∼": "~", "ˋ": "`", "\u2060": "", "\u200b": ""})
LOUD = re.compile(r"<!(channel|here|everyone)")
WARNING = "⚠️"
IN_TIME = 30.0


class SlackStage:
    """A place is the id of a channel, or its name after `#`."""

    owner: Person
    key: str
    announcements = "#incidents"
    ops = "#tocsin-ops"
    lobby = "#general"
    longest = 40_000

    def __init__(self, name: str, house: House, slack: SlackServer) -> None:
        self.name = name
        self.house = house
        self.slack = slack
        self.asked: dict[str, Callable[[], Awaitable[Any]]] = {}
        platform = house.parts.platforms["slack"]
        assert isinstance(platform, SlackPlatform)
        self.platform = platform

    async def start(self, by_http: bool) -> None:
        """Begin to listen; the owner is in Slack, and so is a channel for everybody."""
        house, slack = self.house, self.slack
        slack.workspace.now = lambda: house.clock.now().timestamp()
        if by_http:
            slack.request_url = f"{house.url}/slack/events"
        await self.platform.start(house.parts.inbound)
        async with asyncio.timeout(IN_TIME):
            while not by_http and not slack.sockets:  # noqa: ASYNC110 the emulator has no event for it
                await asyncio.sleep(0.01)
        account = slack.add_user("Olivia", email="olivia@example.com")
        slack.add_channel("general", [account])
        user = await house.parts.work.run(
            lambda unit: change_profile(unit, house.owner.id, "Olivia", "olivia@example.com", "UTC")
        )
        house.owner = user
        self.key = await house.key()
        self.owner = Person("Olivia", user, account)

    async def close(self) -> None:
        await self.settle()
        await self.platform.stop()

    async def settle(self) -> None:
        """Wait until Slack has told everything, all of it is dealt with, and what follows is delivered."""
        assert self.platform.listener is not None
        before, now = (-1, -1), (0, 0)
        while before != now:
            before = now
            await self.slack.settle()
            await self.platform.listener.errands.stop(IN_TIME)
            await self.house.settle()
            now = len(self.slack.told), len(self.slack.calls)

    # people

    async def add_person(self, name: str, role: str = "responder", team: str = "first-team") -> Person:
        email = f"{name.lower()}@example.com"
        return Person(
            name, await self.house.add_person(name, email, team, role), self._add(name, email=email)
        )

    async def add_guest(self, name: str) -> Person:
        return Person(name, None, self._add(name, guest=True))

    async def add_stranger(self, name: str) -> Person:
        return Person(name, None, self._add(name, email=f"{name.lower()}@elsewhere.example"))

    def _add(self, name: str, **about: Any) -> User:
        account = self.slack.add_user(name, **about)
        self._channel(self.lobby).members.append(account.id)
        return account

    # what people do

    async def type(self, person: Person, place: str, line: str) -> Answer:
        name, _, text = line.partition(" ")
        return await self._answer(
            person, self.slack.command(person.account, self._channel(place), name, text)
        )

    async def fill(self, person: Person, values: Mapping[str, str]) -> Answer:
        view = self._modal(person)
        if view is None:
            raise NotPossible(f"{person.name} has no form to fill in")
        given: dict[str, Any] = dict(values)
        for name, value in values.items():
            if view.block(name)["element"]["type"] == "checkboxes":
                given[name] = [value] if value else []
        return await self._answer(person, self.slack.submit(person.account, view, given))

    def _modal(self, person: Person) -> View | None:
        return self.slack.modal_of(person.account)

    async def press(self, person: Person, message: Seen, label: str) -> Answer:
        shown: Message = message.handle
        element = _find_element(shown, label)
        act = self.slack.choose if element["type"] == "overflow" else self.slack.click
        if "confirm" in element:
            self.asked[person.name] = lambda: act(person.account, shown, label)
            return Answer(question="\n".join(_texts(element["confirm"])))
        return await self._answer(person, act(person.account, shown, label))

    async def confirm(self, person: Person) -> Answer:
        asked, view = self.asked.pop(person.name, None), self._modal(person)
        if asked is not None:
            return await self._answer(person, asked())
        if view is None or view.callback_id != "confirm":
            raise NotPossible(f"{person.name} was asked nothing")
        return await self._answer(person, self.slack.submit(person.account, view))

    async def say(
        self, person: Person, place: str, text: str, thread: Seen | None = None, files: Sequence[File] = ()
    ) -> Seen:
        parts = [(one.name, one.mime, one.content) for one in files] or None
        above = thread.handle if thread else None
        said = await self.slack.say(person.account, self._channel(place), text, above, parts)
        await self.settle()
        return self._see(said)

    async def edit(self, person: Person, message: Seen, text: str) -> None:
        await self.slack.edit(person.account, message.handle, text)
        await self.settle()

    async def delete(self, person: Person, message: Seen) -> None:
        await self.slack.delete(person.account, message.handle)
        await self.settle()

    async def pin(self, person: Person, message: Seen) -> Answer:
        return await self._answer(person, self.slack.react(person.account, message.handle, "pushpin"))

    async def act(self, person: Person, message: Seen, action: str) -> Answer:
        return await self._answer(
            person, self.slack.message_shortcut(person.account, message.handle, ACTIONS[action])
        )

    async def join(self, person: Person, place: str) -> None:
        channel = self._channel(place)
        if person.account.id not in channel.members:
            await self.slack.join(person.account, channel)
        await self.settle()

    async def leave(self, person: Person, place: str) -> None:
        await self.slack.leave(person.account, self._channel(place))
        await self.settle()

    async def _answer(self, person: Person, doing: Awaitable[Any]) -> Answer:
        """Do it, and read what this person alone sees then: a form, a result in its place, or a message."""
        account: User = person.account
        before = len(self.slack.ephemerals_of(account))
        await doing
        await self.settle()
        said = [_plain(one.words) for one in self.slack.ephemerals_of(account)[before:]]
        modal = self._modal(person)
        if modal is not None and modal.callback_id == "confirm":
            return Answer("\n".join(said), question=_plain(modal.words))
        if modal is not None and modal.callback_id != "form":
            said.append(_plain(modal.words))
            self.slack.workspace.stacks[account.id].clear()
            modal = None
        return Answer("\n".join(said), _read_form(modal) if modal else None)

    # what people see

    async def messages(self, place: str) -> list[Seen]:
        await self.settle()
        channel = self._find(place)
        shown = channel.messages if channel else []
        return [self._see(one) for one in shown if one.subtype not in SLACKS_OWN]

    async def directs(self, person: Person) -> list[Seen]:
        await self.settle()
        return [self._see(one) for one in self.slack.direct(person.account)]

    def _see(self, shown: Message) -> Seen:
        texts = _texts(shown.all_blocks)
        title = next(iter(texts), "") if shown.bot_id else ""
        author = "Tocsin" if shown.bot_id else self.slack.workspace.users[shown.user].name
        return Seen(
            id=f"{shown.channel.id}/{shown.ts}",
            author=author,
            title=title.splitlines()[0] if title else "",
            text="\n".join(texts) or _plain(shown.text),
            buttons=tuple(label for label, _ in _list_elements(shown)),
            thread=f"{shown.channel.id}/{shown.thread_ts}" if shown.thread_ts not in (None, shown.ts) else "",
            pinned=shown.pinned,
            loud=bool(LOUD.search(f"{shown.text} {shown.all_blocks}")),
            at=datetime.fromtimestamp(float(shown.ts), UTC),
            handle=shown,
        )

    async def room_of(self, ref: str) -> str:
        await self.settle()
        named = re.compile(rf"{ref.lower()}(-|$)")
        found = [
            one
            for one in self.slack.workspace.channels.values()
            if named.match(one.name) and not one.is_deleted and not one.is_archived
        ]
        return found[-1].id if found else ""

    async def topic_of(self, place: str) -> str:
        return _plain(str(self._channel(place).topic["value"]))

    async def name_of(self, place: str) -> str:
        return self._channel(place).name

    async def wait_for_heads(self) -> None:
        """No time at all."""

    async def members_of(self, place: str) -> set[str]:
        await self.settle()
        bot = self.slack.bot_user
        return {self.slack.workspace.users[one].name for one in self._channel(place).members if one != bot}

    async def is_private(self, place: str) -> bool:
        return self._channel(place).is_private

    async def is_archived(self, place: str) -> bool:
        await self.settle()
        return self._channel(place).is_archived

    async def deliver_twice(self, twice: bool) -> None:
        self.slack.redeliver = twice

    async def deliver_again(self, place: str, key: str, text: str) -> str:
        once = Once(key, again=True)
        return await self.platform.post(self._channel(place).id, Post(text), once)

    def faults(self) -> list[str]:
        return list(self.slack.violations)

    def _find(self, place: str) -> Channel | None:
        if place.startswith("#"):
            return self.slack.channel_named(place[1:])
        return self.slack.workspace.channels.get(place)

    def _channel(self, place: str) -> Channel:
        channel = self._find(place)
        if channel is None:
            raise NotPossible(f"There is no {place}")
        return channel


def settle_slack(slack: SlackServer, by_http: bool) -> dict[str, str]:
    """Let Slack offer what the manifest says and no more; returns the settings of Tocsin in it."""
    slack.commands, slack.scopes, slack.events = COMMANDS, set(SCOPES), {*EVENTS, LINK_EVENT}
    way = (
        {"TOCSIN_SLACK_SIGNING_SECRET": slack.signing_secret}
        if by_http
        else {"TOCSIN_SLACK_APP_TOKEN": slack.app_token}
    )
    return {
        **way,
        "TOCSIN_SLACK_BOT_TOKEN": slack.bot_token,
        "TOCSIN_SLACK_USER_TOKEN": slack.user_token,
        "TOCSIN_SLACK_API_URL": slack.api_url,
    }


@asynccontextmanager
async def open_slack_stage(name: str, database_url: str) -> AsyncIterator[SlackStage]:
    """`slack-http` or `slack-socket`."""
    by_http = name == "slack-http"
    async with SlackServer() as slack:
        async with open_house(database_url, settle_slack(slack, by_http)) as house:
            stage = SlackStage(name, house, slack)
            await stage.start(by_http)
            try:
                yield stage
            finally:
                await stage.close()
        assert slack.violations == []


def _plain(text: str) -> str:
    """Slack's markup as a person reads it."""
    shown = ENTITY.sub(_show_entity, text)
    shown = re.sub(r"(?<!\w)([*_~])(?=\S)([^\n]+?)(?<=\S)\1(?!\w)", r"\2", shown)
    shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return shown.translate(SAME_LOOK)


def _show_entity(found: re.Match[str]) -> str:
    return found[2] or found[1].removeprefix("mailto:")


def _texts(part: Any) -> list[str]:
    """Every text in blocks in the order of reading, but for what stands on buttons and in questions."""
    if isinstance(part, list):
        return [text for one in part for text in _texts(one)]
    if not isinstance(part, dict):
        return []
    if isinstance(part.get("text"), str):
        return [_plain(part["text"])]
    if part.get("type") in ("button", "overflow"):
        return []
    return [text for name, value in part.items() if name != "style" for text in _texts(value)]


def _list_elements(shown: Message) -> list[tuple[str, dict[str, Any]]]:
    """Each label that can be pressed or chosen, with its button or menu."""
    found: list[tuple[str, dict[str, Any]]] = []
    for block in shown.all_blocks:
        for element in block.get("elements", []) if block["type"] == "actions" else []:
            options = element["options"] if element["type"] == "overflow" else [element]
            found += [(one["text"]["text"], element) for one in options]
    return found


def _find_element(shown: Message, label: str) -> dict[str, Any]:
    for known, element in _list_elements(shown):
        if known == label:
            return element
    raise NotPossible(f"There is no button {label!r}, only {[known for known, _ in _list_elements(shown)]}")


def _read_form(view: View) -> OpenForm:
    """A modal with questions; what is wrong with an answer stands under it, by Slack or as a line of ours."""
    values, errors, last = {}, dict(view.errors), ""
    for block in view.blocks:
        if block["type"] == "input":
            last = block["block_id"]
            values[last] = _value_of(view, block)
        elif block["type"] == "context" and last and any(text.startswith(WARNING) for text in _texts(block)):
            errors[last] = "\n".join(_texts(block))
    return OpenForm(view.title, values, errors, str(view.body["submit"]["text"]))


def _value_of(view: View, block: dict[str, Any]) -> str:
    element = block["element"]
    state = view.values.get(block["block_id"], {}).get(element["action_id"])
    if state is None:
        chosen = element.get("initial_option") or next(iter(element.get("initial_options") or []), None)
        return str(chosen["value"]) if chosen else str(element.get("initial_value", ""))
    if "selected_options" in state:
        return ",".join(one["value"] for one in state["selected_options"] or [])
    if "selected_option" in state:
        return str((state["selected_option"] or {}).get("value", ""))
    return str(state.get("value") or "")
