"""A sender of Opsgenie, for tests: its key, the real Python client, and plain requests with that key."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import opsgenie_sdk

from bot.catalog.integrations import create_integration
from storage.models import Alert, Team
from tests.house import House

Told = tuple[int, dict[str, Any], Mapping[str, str]]


@dataclass
class Sender:
    """`key` is that of an integration of the source `opsgenie`."""

    house: House
    key: str
    prefix: str = "/v2"

    @property
    def client(self) -> opsgenie_sdk.AlertApi:
        """The vendor's own client, pointed here."""
        settings = opsgenie_sdk.Configuration()
        settings.host = self.house.url
        settings.api_key["Authorization"] = self.key
        settings.retry_count = 1
        settings.back_off = 0.01
        return opsgenie_sdk.AlertApi(opsgenie_sdk.ApiClient(configuration=settings))

    async def call(self, do: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """Run a method of the client, which waits for its answer, beside the house."""
        answer = await asyncio.to_thread(partial(do, *given, **named))
        await self.house.settle()
        return answer

    async def ask(
        self, method: str, path: str, body: Any = None, key: str | None = None, **query: str
    ) -> Told:
        """Status, body and headers of a plain request; what it started has settled."""
        headers = {"Authorization": f"GenieKey {self.key if key is None else key}"}
        content: dict[str, Any] = (
            {} if body is None else {"data": body} if isinstance(body, bytes) else {"json": body}
        )
        url = f"{self.house.url}{self.prefix}{path}"
        async with self.house.http.request(method, url, headers=headers, params=query, **content) as response:
            answer = response.status, await response.json(), response.headers
        await self.house.settle()
        return answer

    async def do(self, method: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        """Ask for something that is taken, and return what became of it."""
        status, answer, _ = await self.ask(method, path, body, **query)
        assert status == 202, answer
        status, told, _ = await self.ask("GET", f"/alerts/requests/{answer['requestId']}")
        assert status == 200, told
        data: dict[str, Any] = told["data"]
        return data

    async def alert(self) -> Alert:
        """The newest alert."""
        found: Alert = (await self.house.rows(Alert))[-1]
        return found


async def make_sender(house: House, name: str = "ops", team: Team | None = None) -> Sender:
    _, key = await house.parts.work.run(lambda unit: create_integration(unit, "opsgenie", name, team))
    return Sender(house, key)
