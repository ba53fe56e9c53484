"""Somebody leaves in the middle of their work, or comes back: what nobody has in hand any more is told, and nothing of
Tocsin reaches who has left."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from bot.access.people import get_user
from bot.chat.invocation import Invocation, Visitor
from bot.chat.markup import render_text
from bot.errors import Forbidden
from bot.flow.unit import Actor, Unit
from bot.oncall.leaving import deactivate
from storage.models import ChatAccount, RoleHolder, User, WebSession
from storage.words import UserRole
from tests.acceptance.test_people import find
from tests.acceptance.test_rules import WORLD, set_up
from tests.house import House
from tests.platforms.test_room_pages import open_browser


async def say_in(house: House, channel: str) -> list[str]:
    return [
        render_text(one.text) or str((one.card or {}).get("title")) for one in await house.messages(channel)
    ]


async def test_the_room_of_an_incident_is_told_that_its_commander_has_left(house: House) -> None:
    kate = await house.add_person("Kate")
    await house.ask("/incident declare Shop is slow", kate)
    await house.ask("/incident declare Door is stuck", kate)
    for ref in ("INC-1", "INC-2"):
        await house.ask("/incident role commander @kate", incident=ref)
        await house.ask("/incident role scribe @root", incident=ref)
    await house.ask("/incident ack", kate, "INC-1")
    await house.ask("/incident resolve", kate, "INC-2")
    answer = await house.ask("/tocsin deactivate @kate")
    assert "Was on INC-1, which nobody else has acknowledged" in answer
    assert "commander nobody yet" in await house.ask("/incident show INC-1")
    assert "role_left" in await house.timeline(1)
    assert any("Nobody commands" in one for one in await say_in(house, "incident-1"))
    holders = await house.rows(RoleHolder)
    assert [(one.incident_id, one.role, one.user_id) for one in holders if one.user_id == kate.id] == [
        (2, "commander", kate.id)  # it is over, and keeps who led it
    ]
    assert len(holders) == 3
    await house.ask("/tocsin reactivate @kate")
    assert "Kate is now commander" in await house.ask("/incident role commander @kate", incident="INC-1")


async def test_who_acknowledged_an_alert_and_left_is_told_to_the_admin(house: House) -> None:
    kate = await house.add_person("Kate")
    await house.send({"title": "Disk is full", "alias": "disk", "priority": "P4"})
    await house.ask("/alert ack 1", kate)
    assert "Was on alert 1, which nobody else" in await house.ask("/tocsin deactivate @kate")
    await house.ask("/tocsin reactivate @kate")
    await house.ask("/alert close 1")
    assert "Was on" not in await house.ask("/tocsin deactivate @kate")


async def test_who_has_left_gets_no_update_of_what_they_followed(house: House) -> None:
    kate = await house.add_person("Kate")
    await house.ask("/incident declare Keys were stolen private:yes", kate)
    await house.ask("/incident follow", kate, "INC-1")
    await house.ask("/tocsin deactivate @kate")
    before = await say_in(house, f"direct-{kate.id}")
    await house.ask("/incident update The vault is being changed", incident="INC-1")
    assert await say_in(house, f"direct-{kate.id}") == before
    await house.ask("/tocsin reactivate @kate")
    await house.ask("/incident update All is well", incident="INC-1")
    assert len(await say_in(house, f"direct-{kate.id}")) == len(before) + 1


async def test_nobody_writes_to_who_has_left(house: House) -> None:
    kate = await house.add_person("Kate")
    await house.ask("/incident declare Shop is slow", kate)
    await house.ask("/incident role commander @kate", incident="INC-1")
    await house.ask("/incident update Looking next:10m", kate, "INC-1")
    await house.ask("/tocsin deactivate @kate")
    before = await say_in(house, f"direct-{kate.id}")
    await house.at("01:00:00")
    assert await say_in(house, f"direct-{kate.id}") == before


async def test_a_second_account_with_the_address_of_who_left_does_nothing_either(house: House) -> None:
    await house.add_person("Kate", "kate@example.org")
    meet = house.parts.inbound.meet
    first = await meet(Visitor("slack", "U1", "Kate", email="kate@example.org"))
    assert first is not None
    assert first.user_id is not None
    await house.ask("/tocsin deactivate @kate")
    again = await meet(Visitor("slack", "U2", "Kate", email="kate@example.org"))
    assert again is not None
    assert again.user_id is None
    for address in ("U1", "U2"):
        known = await meet(Visitor("slack", address, "Kate", email="kate@example.org"))
        assert known is not None
        assert known.user_id is None
    assert len(await house.rows(User, User.name == "Kate")) == 1
    assert [one.address for one in await house.rows(ChatAccount, ChatAccount.platform == "slack")] == ["U1"]


async def test_what_can_be_filled_in_is_not_told_to_who_has_left(house: House) -> None:
    await house.add_person("Kate")
    asked = Invocation("/page", Actor("Root", house.owner.id, "slack"), "slack")
    assert await house.parts.inbound.suggest(asked, "who", "")
    assert await house.parts.inbound.refresh_form(asked) is not None
    asked = Invocation("/page", Actor("Gone", None, "slack"), "slack")
    assert await house.parts.inbound.suggest(asked, "who", "") == []
    with pytest.raises(Forbidden, match=r"account\.inactive"):
        await house.parts.inbound.refresh_form(asked)


async def test_nobody_takes_the_address_of_somebody_else(house: House) -> None:
    await house.add_person("Kate", "kate@example.org")
    sam = await house.add_person("Sam", "sam@example.org")
    answer = await house.ask("/tocsin add-person Kate Lin email:Kate@example.org")
    assert "Kate (@kate) has the e-mail address Kate@example.org already" in answer
    browser = await open_browser(house, sam)
    fields = {"name": "Sam", "zone": "UTC", "email": "KATE@example.org"}
    async with browser.http.post(house.url + "/me", data=fields) as response:
        assert response.status == 422
        assert "has the e-mail address KATE@example.org already" in await response.text()
    async with browser.http.post(house.url + "/me", data={**fields, "email": "SAM@example.org"}) as response:
        assert response.status == 200
    await browser.http.close()
    assert (await find(house, "sam")).email == "SAM@example.org"


async def test_who_was_taken_out_of_the_file_and_put_back_signs_in_anew(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path)
    sam = await find(house, "sam")
    browser = await open_browser(house, sam)
    link = await house.sign_in_url(sam)
    without: dict[str, Any] = {"kate": WORLD["users"]["kate"], "dana": WORLD["users"]["dana"]}
    policies = {**WORLD["policies"], "night": {"name": "Night", "steps": [{"page": ["user:dana"]}]}}
    await set_up(house, tmp_path, users=without, policies=policies)
    assert not await house.rows(WebSession, WebSession.user_id == sam.id)
    await set_up(house, tmp_path)
    assert (await browser.get("/me"))[0] == 303
    async with ClientSession() as http, http.post(link, allow_redirects=False) as response:
        assert response.status == 401
    await browser.http.close()


async def test_who_was_taken_out_of_the_file_can_be_brought_back_by_hand(
    house: House, tmp_path: Path
) -> None:
    await set_up(house, tmp_path)
    kate = await find(house, "kate")
    without: dict[str, Any] = {"kate": WORLD["users"]["kate"], "dana": WORLD["users"]["dana"]}
    policies = {**WORLD["policies"], "night": {"name": "Night", "steps": [{"page": ["user:dana"]}]}}
    await set_up(house, tmp_path, users=without, policies=policies)
    for handle in ("sam", "root"):
        assert "is here again" in await house.ask(f"/tocsin reactivate @{handle}", kate)
    await set_up(house, tmp_path, users=without, policies=policies)
    assert (await find(house, "sam")).active
    assert (await find(house, "root")).active
    assert "can no longer sign in" in await house.ask("/tocsin deactivate @sam", kate)


async def test_linking_does_not_take_the_last_owner_away(house: House) -> None:
    met = await house.parts.inbound.meet(Visitor("slack", "U7", "Olga"))
    assert met is not None
    olga = await find(house, "olga")
    await house.ask("/tocsin role @olga owner")
    await house.ask("/tocsin role @root responder", olga)
    code = (await house.ask("/tocsin link")).split("/tocsin link ")[1].split()[0].strip("`.")
    answer = await house.ask(f"/tocsin link {code} yes", olga)
    assert "is the last owner" in answer
    assert (await find(house, "olga")).role is UserRole.OWNER


async def test_an_account_that_does_several_things_at_once_is_one_new_person(house: House) -> None:
    async def act(visitor: Visitor, later: float) -> int | None:
        await asyncio.sleep(later)
        met = await house.parts.inbound.meet(visitor)
        return met.user_id if met is not None else None

    for number in range(12):
        zed = Visitor("slack", f"Z{number}", "Zed", email=f"zed-{number}@example.org")
        assert len(set(await asyncio.gather(*[act(zed, step * 0.002) for step in range(12)]))) == 1
    assert len(await house.rows(User, User.origin == "slack")) == 12


async def test_who_leaves_while_somebody_is_merged_into_them_takes_nobody_along(house: House) -> None:
    """On SQLite one waits for the other."""
    for name in ("Ada", "Sam"):
        await house.add_person(name)
    is_off, may_end = asyncio.Event(), asyncio.Event()

    async def leave(unit: Unit) -> None:
        await deactivate(unit, await get_user(unit, "ada"), UserRole.OWNER)
        await unit.session.flush()
        is_off.set()
        await may_end.wait()

    leaving = asyncio.create_task(house.parts.work.run(leave))
    await is_off.wait()
    merging = asyncio.create_task(house.ask("/tocsin merge @sam @ada"))
    await asyncio.sleep(0.3)
    may_end.set()
    await leaving
    assert "There is nobody called ada" in await merging
    assert (await find(house, "sam")).active
