"""Somebody leaves in the middle of their work, or comes back: what nobody has in hand any more is told, and nothing of
Tocsin reaches who has left."""

from bot.chat.invocation import Visitor
from bot.chat.markup import render_text
from storage.models import ChatAccount, User
from tests.house import House


async def say_in(house: House, channel: str) -> list[str]:
    return [
        render_text(one.text) or str((one.card or {}).get("title")) for one in await house.messages(channel)
    ]


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
