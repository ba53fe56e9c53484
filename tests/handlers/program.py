"""A program with a key, for tests of the JSON API: it asks over real HTTP."""

import io
from dataclasses import dataclass
from typing import Any

from tests.house import House

Answer = tuple[int, Any]


@dataclass
class Program:
    """A program with a key."""

    house: House
    key: str

    async def ask(self, path: str, **headers: str) -> Any:
        """The answer to a GET that must succeed: JSON, or text when it is something else."""
        url = f"{self.house.url}/api/v1{path}"
        async with self.house.http.get(url, headers={**self.authorization, **headers}) as response:
            assert response.status == 200, await response.text()
            return (
                await response.json()
                if response.content_type == "application/json"
                else await response.text()
            )

    async def try_to(self, method: str, path: str, body: Any = None) -> Answer:
        """Status and JSON of any request; what it started has settled."""
        content = (
            {"data": body} if isinstance(body, io.BytesIO) else {"json": body} if body is not None else {}
        )
        url = f"{self.house.url}/api/v1{path}"
        async with self.house.http.request(method, url, headers=self.authorization, **content) as response:
            answer = response.status, await response.json(content_type=None)
        await self.house.settle()
        return answer

    async def run(self, text: str, **more: Any) -> Any:
        status, answer = await self.try_to(
            "POST", "/commands", {"text": text, "as": self.house.owner.handle, **more}
        )
        assert status == 200, answer
        return answer

    async def declare(self, title: str, **more: Any) -> str:
        status, answer = await self.try_to("POST", "/incidents", {"title": title, **more})
        assert status == 201, answer
        return str(answer["ref"])

    @property
    def authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}
