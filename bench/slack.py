"""Slack, connected by Socket Mode. What is measured there is in `bench/chat.py`."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from bench.chat import EMAIL, Chat, Post, measure_chat
from bench.programs import Served
from bench.report import Table
from bench.run import Options
from tests.platforms.slack import SlackServer

TO_ONE = ("D", "U")
"""How the ids of conversations with one person, and of people, begin."""


def measure(options: Options) -> list[Table]:
    return measure_chat("Slack", open_slack, options)


@asynccontextmanager
async def open_slack() -> AsyncIterator[Chat]:
    async with SlackServer() as slack:
        yield Slack(slack)


class Slack:
    def __init__(self, slack: SlackServer) -> None:
        self.slack = slack
        slack.add_user("owner", email="owner@example.org")
        self.kate = slack.add_user("kate", email=EMAIL)
        self.general = slack.add_channel("general", members=[self.kate], with_bot=True)

    def settings(self) -> dict[str, str]:
        return {
            "TOCSIN_SLACK_BOT_TOKEN": self.slack.bot_token,
            "TOCSIN_SLACK_APP_TOKEN": self.slack.app_token,
            "TOCSIN_SLACK_API_URL": self.slack.api_url,
        }

    async def wait_connected(self) -> None:
        while not self.slack.sockets:  # noqa: ASYNC110 (nothing tells of it)
            await asyncio.sleep(0.02)

    async def link(self, served: Served) -> None:
        """Slack tells e-mail addresses: whoever acts there is the person who has the same."""

    async def command(self, path: str, **options: str) -> float | None:
        name, _, rest = path.partition(" ")
        words = " ".join((rest, *options.values()))
        delivery = await self.slack.command(self.kate, self.general, f"/{name}", words)
        return delivery.ack_seconds if delivery.ok else None

    def count_answers(self) -> int:
        return len(self.slack.ephemerals_of(self.kate))

    def count_calls(self) -> int:
        return len(self.slack.calls)

    def count_edits(self) -> int:
        return self.slack.count("chat.update")

    def list_posts(self, since: int) -> Iterator[Post]:
        for call in self.slack.calls[since:]:
            if call.method == "chat.postMessage" and call.ok:
                is_direct = str(call.args["channel"]).startswith(TO_ONE)
                yield Post(str(call.args.get("text", "")), call.at, is_direct)
