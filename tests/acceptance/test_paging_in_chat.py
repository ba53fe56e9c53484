"""How one is paged, seen and set in chat: by the same words as on the Room's page, and with the same faults."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.catalog.apply import apply_config
from bot.catalog.file import read_config
from storage.models import AuditEntry, User
from tests.acceptance.test_notification_rules import chat, reachable, server, states  # noqa: F401 (fixtures)
from tests.house import START, House
from tests.platforms.test_room_pages import open_browser

RULES = "P1 P2 = chat, after 5m email; mon-fri 00:00-08:00 or sat sun = email; always = chat email"
URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P2", "service": "web"}


async def paging_of(house: House) -> dict[str, Any]:
    (owner,) = await house.rows(User, User.id == house.owner.id)
    return dict(owner.paging)


async def test_rules_from_chat_are_those_of_the_page(reachable: House) -> None:  # noqa: F811
    house = reachable
    answer = await house.ask(f"/tocsin paging-rules {RULES}")
    assert "P1 P2 = chat, after 5m email" in answer
    assert "A P1 now: in the Room, in Chat, by e-mail after 5 min" in answer
    assert "A P3 now: in the Room, by e-mail." in answer
    kept = await paging_of(house)
    browser = await open_browser(house)
    _, page = await browser.get("/me/paging")
    assert RULES.replace("; ", "\n") in page
    await browser.post("/me/paging", rules=RULES.replace("; ", "\n"), quiet="")
    assert await paging_of(house) == kept, "the page keeps the very same"
    await browser.http.close()
    await house.send(URGENT)
    assert await states(house) == {"room": "sent", "chat": "sent", "email": "waiting"}
    await house.command("/tocsin paging-rules none")
    assert await paging_of(house) == {}
    assert [row.what for row in await house.rows(AuditEntry)].count("user.paging_changed") == 3


async def test_quiet_hours_from_chat_keep_the_rules_and_what_was_said_of_a_p1(reachable: House) -> None:  # noqa: F811
    house = reachable
    await house.command("/tocsin paging-rules always = chat email")
    answer = await house.ask("/tocsin quiet-hours 22:00-07:00; sat-sun p1:yes")
    assert answer.startswith("Kept. Quiet hours: 22:00-07:00; sat sun, by your clocks. What rings waits")
    assert "also of a P1" in answer
    assert "A P1 now: in the Room, in Chat after 4 h 00 min, when quiet hours end, by e-mail." in answer
    assert "but not" not in await house.ask("/tocsin quiet-hours 22:00-07:00")
    assert "but not of a P1" in await house.ask("/tocsin quiet-hours 22:00-07:00 p1:no")
    kept = await paging_of(house)
    assert kept["quiet"]["windows"] == [{"days": [], "from": "22:00", "until": "07:00"}]
    assert kept["rules"][0]["steps"] == [{"after": 0, "by": ["chat", "email"]}]
    await house.send(URGENT)
    assert await states(house) == {"room": "sent", "chat": "waiting", "email": "sent"}
    await house.move_to(START + timedelta(hours=4))
    assert (await states(house))["chat"] == "sent"
    assert "No quiet hours." in await house.ask("/tocsin quiet-hours none")
    assert list(await paging_of(house)) == ["rules"]


async def test_how_one_is_paged_is_shown(reachable: House) -> None:  # noqa: F811
    house = reachable
    answer = await house.ask("/tocsin paging")
    assert "You are paged in the Room and by e-mail and in Chat" in answer
    assert "No rule: everything is used at once" in answer
    assert "No quiet hours" in answer
    assert "alone" not in answer
    assert "/me/paging" in answer
    kate = house.people["Kate"]
    answer = await house.ask("/tocsin paging", kate)
    assert answer.startswith("Pages reach you in the Room alone, which wakes nobody.")
    answer = await house.ask("/tocsin paging-rules always = email", kate)
    assert "What does not work for you now: email" in answer
    assert "Your rules name what does not work for you now: email" in await house.ask("/tocsin paging", kate)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("paging-rules P1 = chat; nonsense", "“nonsense” can't be read. Write when, ="),
        ("paging-rules P1 = chat; P9 = chat", "“P9” in “P9 = chat” says nothing about when"),
        ("paging-rules P1 = chat; P2 = after 5m", "What stands after the = of “P2 = after 5m” can't be read"),
        (
            "paging-rules P1 = chat; P2 = pigeon",
            "Rule 2 names pigeon, and there is no such method; there are",
        ),
        ("quiet-hours 22:00-07:00; P1", "“P1” can't be read as quiet hours"),
        ("quiet-hours 22:00-07:00; never", "“never” in “never” says nothing about when"),
        ("quiet-hours 25:00-07:00", "“25:00-07:00” in “25:00-07:00” says nothing about when"),
    ],
)
async def test_what_can_t_be_read_is_told_with_its_line(sqlite_house: House, command: str, told: str) -> None:
    answer = await sqlite_house.ask(f"/tocsin {command.replace('chat', 'room')}")
    assert told.replace("chat", "room") in answer
    assert await paging_of(sqlite_house) == {}


async def test_the_form_takes_lines(sqlite_house: House) -> None:
    house = sqlite_house
    asked = await house.command("/tocsin paging-rules")
    assert asked.form is not None
    assert asked.form.fields[0].kind == "lines"
    await house.command("/tocsin paging-rules", rules="P1 = room\nalways = room")
    assert len((await paging_of(house))["rules"]) == 2
    wrong = await house.command("/tocsin paging-rules", rules="P1 = room\nnonsense")
    assert wrong.form is not None
    assert "nonsense" in wrong.form.fields[0].error


async def test_what_the_file_says_is_changed_there_alone(sqlite_house: House, tmp_path: Path) -> None:
    house = sqlite_house
    path = tmp_path / "tocsin.yaml"
    path.write_text("users: {kate: {name: Kate, role: owner, rules: [{steps: [{by: room}]}]}}\n")
    await house.parts.work.run(lambda unit: apply_config(unit, read_config(path, {})))
    (kate,) = await house.rows(User, User.handle == "kate")
    for command in ("paging-rules none", "quiet-hours 22:00-07:00"):
        answer = await house.ask(f"/tocsin {command}", kate)
        assert "How Kate is paged is in the configuration file: change it there." in answer
    assert "The configuration file says so" in await house.ask("/tocsin paging", kate)
    assert (await house.rows(User, User.handle == "kate"))[0].paging == kate.paging
