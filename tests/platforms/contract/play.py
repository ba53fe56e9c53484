"""What several tests of the contract begin with, and how they read the record: the API, as any program would."""

from typing import Any

from tests.platforms.contract.stage import NotPossible, Person, Seen, Stage


async def declare(stage: Stage, by: Person | None = None, line: str = "Checkout is slow priority:P2") -> str:
    """An incident that somebody declared; returns its room."""
    await stage.type(by or stage.owner, stage.lobby, f"/incident declare {line}")
    return await stage.room_of("INC-1")


async def card_of(stage: Stage, place: str) -> Seen:
    """The one pinned card of a room."""
    pinned = [message for message in await stage.messages(place) if message.pinned]
    assert len(pinned) == 1, pinned
    return pinned[0]


async def announcement_of(stage: Stage, ref: str = "INC-1") -> Seen:
    """The one announcement of an incident."""
    found = [one for one in await stage.messages(stage.announcements) if ref in one.title and not one.thread]
    assert len(found) == 1, found
    return found[0]


async def last_direct(stage: Stage, person: Person) -> Seen:
    directs = await stage.directs(person)
    if not directs:
        raise NotPossible(f"{person.name} got no direct message")
    return directs[-1]


async def read(stage: Stage, path: str) -> Any:
    """Ask the API."""
    headers = {"Authorization": f"Bearer {stage.key}"}
    async with stage.house.http.get(f"{stage.house.url}/api/v1/{path}", headers=headers) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def timeline(stage: Stage, kind: str = "message", ref: str = "INC-1") -> list[Any]:
    """The entries of one kind in an incident's timeline."""
    found = (await read(stage, f"incidents/{ref}/timeline?limit=200"))["items"]
    return [entry for entry in found if entry["kind"] == kind]


async def participants(stage: Stage, ref: str = "INC-1") -> set[str]:
    """Who takes part now."""
    rows = (await read(stage, f"incidents/{ref}"))["participants"]
    return {row["person"]["name"] for row in rows if row["left_at"] is None}
