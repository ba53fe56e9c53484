"""What happens in Slack without a word to us: messages, reactions, people who come and go, channels that change, the home
tab, links to the Room. Slack delivers again what is not acknowledged, so the acknowledgement waits for the work, as long
as Slack waits.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from weakref import WeakValueDictionary

from bot.chat.card import Card
from bot.chat.errands import Errands
from bot.chat.invocation import MessageAction, Moved, RoomChanged, Said
from bot.chat.platform import Inbound, Message
from bot.chat.reply import Reply
from bot.chat.slack.answers import Answers, Outcome
from bot.chat.slack.blocks import render_message
from bot.chat.slack.client import SlackClient
from bot.chat.slack.home import build_home
from bot.chat.slack.messages import Messages, is_of_app, read_moment
from bot.chat.slack.origins import Origin
from bot.chat.slack.visitors import PLATFORM, Visitors
from bot.errors import Rejected, Retry, Unavailable
from bot.flow.unit import Actor
from bot.logs import get_logger

log = get_logger(__name__)
Event = Mapping[str, Any]
HELD = 2.0
"""How long an acknowledgement waits for the work, in seconds; Slack waits three."""
KNOWN = 5.0
"""How long it is believed whether a channel is a room, in seconds."""
MOST = 2_000
PAUSES = (1.0, 3.0, 10.0, 30.0)
"""How long to wait after each attempt that the database or Slack could not take, in seconds."""
CHANGES = {"archive": "archived", "unarchive": "restored", "rename": "renamed", "deleted": "deleted"}
SAID = (None, "file_share", "thread_broadcast", "me_message")
"""Subtypes of messages that people write; all others are Slack's own."""
TONE = re.compile(r"::skin-tone-\d$")
ONCE = ("task",)
"""Actions that a message takes once, whoever reacts: doing them again would make a second thing."""


class Events:
    """The events of one workspace."""

    def __init__(
        self,
        client: SlackClient,
        inbound: Inbound,
        visitors: Visitors,
        messages: Messages,
        answers: Answers,
        errands: Errands,
    ) -> None:
        self.client = client
        self.inbound = inbound
        self.visitors = visitors
        self.messages = messages
        self.answers = answers
        self.errands = errands
        self.actions = dict(client.settings.reactions)
        self._rooms: dict[str, tuple[bool, float]] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._takers: dict[str, Callable[[Event, Mapping[str, Any]], Awaitable[None]]] = {
            "message": self._take_message,
            "reaction_added": self._take_reaction,
            "member_joined_channel": self._take_move,
            "member_left_channel": self._take_move,
            "app_home_opened": self._take_home,
            "link_shared": self._take_link,
            "user_change": self._take_user,
            "tokens_revoked": self._take_revocation,
            "app_uninstalled": self._take_revocation,
            **{f"{kind}_{change}": self._take_change for kind in ("channel", "group") for change in CHANGES},
        }

    async def take(self, body: Mapping[str, Any]) -> None:
        """Something happened. Returns when it is dealt with, or when Slack should not wait any longer."""
        event = body["event"]
        taker = self._takers.get(str(event["type"]))
        if taker is not None:
            task = self.errands.start_once(str(body["event_id"]), lambda: self._run(taker, event, body))
            await asyncio.wait({task}, timeout=HELD)

    async def _run(
        self,
        taker: Callable[[Event, Mapping[str, Any]], Awaitable[None]],
        event: Event,
        body: Mapping[str, Any],
    ) -> None:
        """What happens in one channel is taken in one by one, in its order; a database that is away is waited for."""
        channel = event.get("channel") or (event.get("item") or {}).get("channel") or event.get("user")
        lock = self._turns.setdefault(str(channel), asyncio.Lock())
        async with lock:
            for pause in PAUSES:
                try:
                    await taker(event, body)
                    return
                except (Retry, Unavailable) as failure:
                    log.warning("slack.event_held_up", event_type=event["type"], reason=str(failure))
                except Rejected as failure:
                    log.warning("slack.event_failed", event_type=event["type"], reason=failure.reason)
                    return
                await asyncio.sleep(pause)
            log.error("slack.event_lost", event_type=event["type"])

    # messages and reactions

    async def _take_message(self, event: Event, body: Mapping[str, Any]) -> None:
        subtype, channel = event.get("subtype"), str(event["channel"])
        if subtype == "message_changed":
            await self._follow_edit(channel, event)
        elif subtype == "message_deleted":
            await self._follow_deletion(channel, event.get("previous_message") or {"ts": event["deleted_ts"]})
        elif subtype in SAID and not is_of_app(event) and await self._is_room(channel):
            actor = await self.visitors.meet(str(event.get("user", "")))
            if actor is not None:
                await self.inbound.said(await self.messages.read_said(channel, event, actor))

    async def _follow_edit(self, channel: str, event: Event) -> None:
        """New words of a message. Slack also sends one when only its links are shown, and when a thread loses its head."""
        now, before = event["message"], event.get("previous_message") or {}
        if now.get("subtype") == "tombstone":
            await self._follow_deletion(channel, now)
        elif now.get("text") != before.get("text") and not is_of_app(now):
            actor = await self._find_actor(now)
            await self.inbound.edited(await self.messages.read_said(channel, now, actor))

    async def _follow_deletion(self, channel: str, message: Event) -> None:
        number = str(message["ts"])
        actor = await self._find_actor(message)
        await self.inbound.deleted(Said(PLATFORM, channel, number, actor, "", read_moment(number)))

    async def _find_actor(self, message: Event) -> Actor:
        """Somebody who is known already: nobody becomes a person here by mending a typing error somewhere."""
        address = str(message.get("user", ""))
        return await self.visitors.find(address) or Actor(address or "Slack", platform=PLATFORM)

    async def _take_reaction(self, event: Event, body: Mapping[str, Any]) -> None:
        item, action = event["item"], self.actions.get(TONE.sub("", str(event["reaction"])))
        if action is None or item.get("type") != "message" or not await self._is_room(str(item["channel"])):
            return
        channel, number = str(item["channel"]), str(item["ts"])
        key = f"{action}:{channel}:{number}" if action in ONCE else str(body["event_id"])
        threads: list[str] = []

        async def work() -> Outcome:
            actor = await self.visitors.meet(str(event["user"]))
            message = await self.messages.find(channel, number) if actor is not None else None
            if actor is None or message is None:  # an app reacts, or the message is gone again
                return Outcome(Reply(repeated=True))
            said = await self.messages.read(channel, message)
            threads.append(said.thread)
            return Outcome(
                await self.inbound.acted(MessageAction(action, said, actor, arrival=f"slack:{key}"))
            )

        outcome = await self.answers.run(work())
        thread = threads[0] if threads else ""
        await self.answers.tell(Origin(str(event["user"]), key, channel, thread), outcome.reply)

    # people and channels

    async def _take_move(self, event: Event, body: Mapping[str, Any]) -> None:
        channel, address = str(event["channel"]), str(event["user"])
        own = own_user(body)
        if own in (address, event.get("inviter")) or not await self._is_room(channel):
            return  # whom the bot brings in was invited, and has not come by themselves
        actor = await self.visitors.meet(address)
        if actor is not None:
            joined = event["type"] == "member_joined_channel"
            await self.inbound.moved(Moved(PLATFORM, channel, actor, joined))

    async def _take_change(self, event: Event, body: Mapping[str, Any]) -> None:
        about = event["channel"]
        channel, name = (about["id"], about["name"]) if isinstance(about, dict) else (str(about), "")
        if not await self._is_room(channel):
            return
        actor = await self._find_actor({"user": event.get("user") or event.get("actor_id") or ""})
        change = CHANGES[str(event["type"]).partition("_")[2]]
        await self.inbound.room_changed(RoomChanged(PLATFORM, channel, change, actor, name))
        self._rooms.pop(channel, None)

    async def _is_room(self, channel: str) -> bool:
        """Whether a channel is an incident's room: believed for a moment, since a busy workspace has many others."""
        known = self._rooms.get(channel)
        if known is not None and time.monotonic() - known[1] < KNOWN:
            return known[0]
        is_room = await self.inbound.is_room(PLATFORM, channel)
        if len(self._rooms) >= MOST:
            self._rooms.clear()
        self._rooms[channel] = is_room, time.monotonic()
        return is_room

    async def _take_user(self, event: Event, body: Mapping[str, Any]) -> None:
        await self.visitors.follow(event["user"])

    async def _take_revocation(self, event: Event, body: Mapping[str, Any]) -> None:
        bots = event.get("tokens", {}).get("bot", [])
        if event["type"] == "app_uninstalled" or bots:
            self.client.revoked = f"slack.{event['type']}"
            self.client.doubt(self.client.settings.bot_token)
            log.error("slack.revoked", event_type=event["type"])

    # what is shown to people

    async def _take_home(self, event: Event, body: Mapping[str, Any]) -> None:
        if event.get("tab") == "home":
            await self.show_home(str(event["user"]))

    async def show_home(self, address: str) -> None:
        """Put what a person wants to see first on their home tab; or why it can't be seen."""
        cards: list[Card] = []

        async def work() -> Outcome:
            actor = await self.visitors.meet(address)
            if actor is None:
                return Outcome(self.answers.refuse("not_a_person"))
            cards.extend(await self.inbound.show_home(actor))
            return Outcome(Reply())

        reply = (await self.answers.run(work())).reply
        shown = [Card(title="", body=reply.text)] if reply.failed else cards
        view = build_home(shown, self.answers.templates)
        try:
            await self.client.call("views.publish", user_id=address, view=view)
        except (Retry, Rejected) as failure:
            log.warning("slack.home_not_shown", reason=failure.reason)

    async def _take_link(self, event: Event, body: Mapping[str, Any]) -> None:
        unfurls: dict[str, Any] = {}
        for shared in event.get("links", []):
            card = await self.inbound.preview(str(shared["url"]))
            if card is not None:
                shown = render_message(Message(card=card), self.answers.templates)
                unfurls[str(shared["url"])] = {"color": shown.color, "blocks": shown.blocks}
        if not unfurls:
            return
        if event.get("source") == "composer":  # it is not posted yet, so it has no number
            where = {"unfurl_id": event["unfurl_id"], "source": event["source"]}
        else:
            where = {"channel": event["channel"], "ts": event["message_ts"]}
        await self.client.call("chat.unfurl", unfurls=unfurls, **where)


def own_user(body: Mapping[str, Any]) -> str:
    """The bot itself, as the envelope of an event names it."""
    return str(
        next((one.get("user_id") for one in body.get("authorizations") or [] if one.get("is_bot")), "")
    )
