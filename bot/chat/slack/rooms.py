"""Channels of Slack: making one under a free name, finding the standing ones, links, invitations, archiving."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.chat.clip import clip
from bot.chat.platform import Bookmark, NewRoom, NotInvited, Place
from bot.chat.slack import limits
from bot.chat.slack.client import SlackClient
from bot.chat.slack.errors import code_of
from bot.errors import Lost, Rejected
from bot.logs import get_logger

log = get_logger(__name__)
SUFFIXES = 20
"""So many names are tried: `inc-7-disk`, `inc-7-disk-2` and so on."""
CLOCKS_DIFFER = timedelta(minutes=5)
PAGE = 200
PEOPLE_AT_ONCE = 30
RESTRICTED = frozenset({"user_is_restricted", "user_is_ultra_restricted", "ura_max_channels", "cant_invite"})
GONE = frozenset({"user_not_found", "user_disabled", "users_not_found", "user_is_bot", "not_in_team"})
COME_ALREADY = frozenset({"already_in_channel", "cant_invite_self"})


class SlackRooms:
    """What can be done with channels."""

    def __init__(self, client: SlackClient) -> None:
        self.client = client
        self._standing: dict[str, str] = {}

    async def open(self, room: NewRoom) -> Place:
        """Make the channel, or find the one that an attempt before has made; its topic and purpose are set, where Slack lets
        us: a room without them is better than none."""
        channel = await self._create(room)
        number = str(channel["id"])
        for method, name, value in (
            ("conversations.setTopic", "topic", room.topic),
            ("conversations.setPurpose", "purpose", room.purpose),
        ):
            if value and channel.get(name, {}).get("value") != value:
                change: dict[str, Any] = {name: clip(value, limits.TOPIC)}
                try:
                    await self.client.call_inside(method, number, channel=number, **change)
                except Lost:
                    raise
                except Rejected as refused:
                    log.warning("slack.not_described", reason=refused.reason)
        return Place(number, str(channel["name"]), await self._url(number))

    async def _create(self, room: NewRoom) -> dict[str, Any]:
        for suffix in range(1, SUFFIXES + 1):
            name = _name(room.name, suffix)
            try:
                answer = await self.client.call("conversations.create", name=name, is_private=room.private)
            except Rejected as refused:
                if code_of(refused) != "name_taken":
                    raise
                if suffix == 1 and (own := await self._find_own(room)) is not None:
                    return own
            else:
                return dict(answer["channel"])
        raise Rejected("slack.name_taken conversations.create")

    async def _find_own(self, room: NewRoom) -> dict[str, Any] | None:
        """The channel that we made for this room, in an attempt whose answer was lost: ours, of this name, and not older
        than the incident."""
        me = (await self.client.whoami()).get("user_id")
        wanted = {_name(room.name, suffix) for suffix in range(1, SUFFIXES + 1)}
        kind = "private_channel" if room.private else "public_channel"
        async for channel in self._pages("users.conversations", types=kind, exclude_archived=True):
            made = datetime.fromtimestamp(float(channel.get("created", 0)), UTC)
            if (
                channel["name"] in wanted
                and channel.get("creator") == me
                and made >= room.since - CLOCKS_DIFFER
            ):
                return dict(channel)
        return None

    async def find_standing(self, name: str) -> str:
        """A channel by its name or id; it is made when there is none, and joined when it is public."""
        if name not in self._standing:
            self._standing[name] = await self._find_or_make(name)
        return self._standing[name]

    def forget_standing(self, channel: str) -> None:
        """It is gone: look for it anew."""
        self._standing = {name: known for name, known in self._standing.items() if known != channel}

    async def _find_or_make(self, name: str) -> str:
        if name[:1] in "CG" and name.isalnum() and name.isupper():
            await self.client.call("conversations.join", channel=name)
            return name
        try:
            return str((await self.client.call("conversations.create", name=name))["channel"]["id"])
        except Rejected as refused:
            if code_of(refused) != "name_taken":
                raise
        kinds = "public_channel,private_channel"
        async for channel in self._pages("conversations.list", types=kinds, exclude_archived=True):
            if channel["name"] == name:
                if not channel.get("is_member") and not channel.get("is_private"):
                    await self.client.call("conversations.join", channel=channel["id"])
                return str(channel["id"])
        raise Rejected(f"slack.standing_hidden {name}")

    async def _pages(self, method: str, **arguments: Any) -> Any:
        cursor = ""
        while True:
            answer = await self.client.call(method, limit=PAGE, cursor=cursor or None, **arguments)
            for channel in answer.get("channels", []):
                yield channel
            cursor = answer.get("response_metadata", {}).get("next_cursor", "")
            if not cursor:
                return

    async def rename(self, channel: str, name: str) -> str:
        """Under the first free name; a workspace where bots may not rename keeps the old one."""
        for suffix in range(1, SUFFIXES + 1):
            try:
                answer = await self.client.call_inside(
                    "conversations.rename", channel, channel=channel, name=_name(name, suffix)
                )
            except Rejected as refused:
                if code_of(refused) != "name_taken":
                    raise
            else:
                return str(answer["channel"]["name"])
        raise Rejected("slack.name_taken conversations.rename")

    async def set_links(self, channel: str, links: tuple[Bookmark, ...]) -> None:
        """Our own bookmarks; those that people have added stay."""

        async def change(method: str, **about: Any) -> None:
            await self.client.call_inside(method, channel, channel_id=channel, **about)

        me = (await self.client.whoami()).get("user_id")
        there = (await self.client.call("bookmarks.list", channel_id=channel)).get("bookmarks", [])
        ours = {mark["title"]: mark for mark in there if mark.get("last_updated_by_user_id") == me}
        for wanted in links:
            title = clip(wanted.title, limits.BOOKMARK_TITLE)
            mark = ours.pop(title, None)
            if mark is None:
                await change("bookmarks.add", type="link", title=title, link=wanted.url)
            elif mark.get("link") != wanted.url:
                await change("bookmarks.edit", bookmark_id=mark["id"], title=title, link=wanted.url)
        for mark in ours.values():
            await change("bookmarks.remove", bookmark_id=mark["id"])

    async def invite(self, channel: str, people: tuple[str, ...]) -> tuple[NotInvited, ...]:
        """Invite in few calls; where one of several can't come, each is asked for by themselves."""
        refused: list[NotInvited] = []
        for start in range(0, len(people), PEOPLE_AT_ONCE):
            group = people[start : start + PEOPLE_AT_ONCE]
            if await self._invite(channel, group) is not None:
                for person in group:
                    reason = await self._invite(channel, (person,))
                    if reason:
                        refused.append(NotInvited(person, reason))
        return tuple(refused)

    async def _invite(self, channel: str, people: tuple[str, ...]) -> str | None:
        """None when all came; the code of the reason when somebody can't, empty when they are there already."""
        try:
            await self.client.call_inside(
                "conversations.invite", channel, channel=channel, users=",".join(people)
            )
        except Lost:
            raise
        except Rejected as failure:
            error = code_of(failure)
            if error in COME_ALREADY:
                return ""
            return "guest" if error in RESTRICTED else "gone" if error in GONE else "refused"
        return None

    async def archive(self, channel: str) -> None:
        try:
            await self.client.call_inside("conversations.archive", channel, channel=channel)
        except Rejected as failure:
            if code_of(failure) not in ("already_archived", "is_archived"):
                raise

    async def restore(self, channel: str) -> None:
        """Open an archived channel again and be in it. Slack lets no bot do that (a documented fault), so it takes the
        token of a person; without one the channel counts as lost."""
        token = self.client.settings.user_token
        try:
            await self.client.call("conversations.unarchive", token=token, channel=channel)
        except Rejected as failure:
            if code_of(failure) != "not_archived":
                raise Lost(f"slack.cant_unarchive {code_of(failure)}") from failure
        if token:
            me = str((await self.client.whoami()).get("user_id", ""))
            try:
                await self.client.call("conversations.invite", token=token, channel=channel, users=me)
            except Rejected as failure:
                if code_of(failure) not in COME_ALREADY:
                    raise

    async def _url(self, channel: str) -> str:
        home = str((await self.client.whoami()).get("url", "https://slack.com/"))
        return f"{home.rstrip('/')}/archives/{channel}"


def _name(name: str, suffix: int) -> str:
    if suffix == 1:
        return name[: limits.CHANNEL_NAME].strip("-_")
    return f"{name[: limits.CHANNEL_NAME - 3].strip('-_')}-{suffix}"
