"""Whoever will be on call and has nothing that wakes them hears of it two weeks ahead, and so does the ops room; once."""

from datetime import timedelta

from bot.chat.markup import render_text
from bot.flow.unit import Unit
from bot.oncall.watch import watch_schedules
from storage.models import ContactMethod, User
from tests.acceptance.test_oncall import set_rotations
from tests.acceptance.test_shift_notices import list_told
from tests.house import START, House, open_house

MAIL = {"TOCSIN_SMTP_URL": "smtp://127.0.0.1:9?from=tocsin@example.org"}


async def begin(house: House) -> tuple[User, User]:
    """Kate, who has an address, and Sam, who has none, take turns of a week; Sam's begins in six days."""
    kate = await house.add_person("Kate", "kate@example.org")
    sam = await house.add_person("Sam")
    weekly = {"name": "Weekly", "length": 7, "starts": "2026-11-22T09:00", "participants": [kate.id, sam.id]}
    await set_rotations(house, weekly)
    await house.parts.work.run(watch_schedules)
    await house.settle()
    return kate, sam


async def list_cards(house: House) -> list[str]:
    cards = [one.card for one in await house.messages("ops") if one.card]
    return [render_text(card["body"]) for card in cards if card["title"].startswith("Nothing would wake")]


async def test_it_is_told_once_and_again_when_it_is_so_again(database_url: str) -> None:
    async with open_house(database_url, MAIL) as house:
        kate, sam = await begin(house)
        (card,) = await list_cards(house)
        assert "Sam, from Sun 29 Nov 2026, 09:00 UTC on" in card
        assert "Kate" not in card
        (told,) = await list_told(house, sam)
        assert told.startswith("**You are on call in Primary on-call** from Sun 29 Nov 2026")
        assert "/tocsin add-contact" in told
        assert await list_told(house, kate) == []
        await house.move_to(START + timedelta(days=8))
        assert len(await list_cards(house)) == 1

        for email in ("sam@example.org", ""):

            async def change(unit: Unit, email: str = email) -> None:
                (await unit.session.get_one(User, sam.id)).email = email

            await house.parts.work.run(change)
            await house.parts.work.run(watch_schedules)
            await house.settle()
        assert len(await list_cards(house)) == 2


async def test_nothing_is_said_where_nothing_else_is_set_up(sqlite_house: House) -> None:
    _, sam = await begin(sqlite_house)
    assert await list_cards(sqlite_house) == []
    assert await list_told(sqlite_house, sam) == []


async def test_it_is_told_when_somebody_puts_them_on_call(sqlite_url: str) -> None:
    async with open_house(sqlite_url, MAIL) as house:
        kate = await house.add_person("Kate", "kate@example.org")
        sam = await house.add_person("Sam")
        await set_rotations(house, {"name": "Daily", "participants": [kate.id]})
        await house.command("/oncall override @sam 3h starts:2026-12-01T09:00", kate)
        assert len(await list_cards(house)) == 1
        assert any("wakes nobody" in one for one in await list_told(house, sam))


async def test_whoever_loses_their_last_contact_method_hears_of_it_at_once(database_url: str) -> None:
    """Sam's week begins in six days, and the schedule was looked at a moment ago."""
    async with open_house(database_url, MAIL) as house:
        sam = await house.add_person("Sam")
        kate = await house.add_person("Kate", "kate@example.org")
        weekly = {
            "name": "Weekly",
            "length": 7,
            "starts": "2026-11-22T09:00",
            "participants": [kate.id, sam.id],
        }

        async def add(unit: Unit) -> None:
            values = {"kind": "webhook", "label": "phone", "address": "https://example.org/hook"}
            unit.session.add(
                ContactMethod(user_id=sam.id, verified_at=unit.now, created_at=unit.now, **values)
            )

        await house.parts.work.run(add)
        await set_rotations(house, weekly)
        await house.parts.work.run(watch_schedules)
        await house.settle()
        assert await list_cards(house) == []
        await house.command("/tocsin remove-contact phone", sam)
        (card,) = await list_cards(house)
        assert "Sam, from Sun 29 Nov 2026, 09:00 UTC on" in card
