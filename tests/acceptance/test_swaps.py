"""Shifts that are offered: the first who takes one has it, and until then whoever offered it is on call."""

import asyncio
from datetime import timedelta

import pytest

from bot.chat.card import Card
from bot.chat.markup import render_text
from storage.models import Swap, User
from storage.words import SwapState
from tests.acceptance.test_oncall import set_rotations, who
from tests.acceptance.test_shift_notices import list_told
from tests.house import START, House

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def begin(house: House) -> tuple[User, User, User]:
    """Kate, Sam and Ines take turns of a day, from 09:00 on; Kate has the one of 24 November, which begins in 30 hours."""
    people = [await house.add_person(name) for name in ("Kate", "Sam", "Ines")]
    kate, sam, ines = people
    await set_rotations(house, {"name": "Daily", "participants": [kate.id, ines.id, sam.id]})
    return kate, sam, ines


@pytest.fixture
async def people(house: House) -> tuple[User, User, User]:
    return await begin(house)


async def cards(house: House, user: User) -> list[str]:
    """The cards of offers that a person has, as they are now: title, fields, and what the buttons run."""
    found = []
    for one in await house.messages(f"direct-{user.id}"):
        if one.card:
            card = Card.unpack(one.card)
            fields = [f"{field.label}: {render_text(field.value)}" for field in card.fields]
            found.append("\n".join([card.title, *fields, *(button.command for button in card.buttons)]))
    return found


async def titles(house: House, user: User) -> list[str]:
    return [card.partition("\n")[0] for card in await cards(house, user)]


async def who_at(house: House, moment: str) -> str:
    return (await who(house, f"at:{moment}")).split(": ", 1)[1].split(" until")[0]


KATES = "2026-11-24T12:00+00:00"


async def test_the_first_who_takes_it_has_it_and_every_card_says_so(house: House, people) -> None:
    kate, sam, ines = people
    answer = await house.ask("/oncall swap next Dentist, until noon", kate)
    assert "Primary on-call, Tue 24 Nov 2026, 09:00 UTC until Wed 25 Nov 2026, 09:00 UTC" in answer
    assert "root, Sam, Ines are asked" in answer
    assert "/oncall withdraw-swap 1" in answer
    assert await titles(house, sam) == ["Kate looks for somebody · Primary on-call"]
    assert "Note: Dentist, until noon" in (await cards(house, sam))[0]
    assert "/oncall take-swap 1" in (await cards(house, sam))[0]
    assert await titles(house, kate) == ["You look for somebody · Primary on-call"]
    assert "/oncall withdraw-swap 1" in (await cards(house, kate))[0]
    assert await who_at(house, KATES) == "Kate"
    answer = await house.ask("/oncall take-swap 1", ines)
    assert answer.startswith("You have the shift of Kate in Primary on-call: Tue 24 Nov 2026, 09:00 UTC")
    assert await who_at(house, KATES) == "Ines (in a swap with Kate)"
    assert await who_at(house, "2026-11-25T12:00+00:00") == "Ines"
    assert await house.ask("/oncall take-swap 1", sam) == "Ines was first and has it. Thank you all the same."
    assert await house.ask("/oncall take-swap 1", ines) == "You have it already."
    for user in people:
        assert await titles(house, user) == ["Taken by Ines · Primary on-call"]
        assert "take-swap" not in (await cards(house, user))[0]
        assert "withdraw-swap" not in (await cards(house, user))[0]
    assert [text.split("**")[1] for text in await list_told(house, kate) if text] == [
        "Ines takes your shift in Primary on-call"
    ]
    await house.move_to(START + 30 * HOUR)
    assert "You are on call in Primary on-call" in (await list_told(house, ines))[-1]
    assert not any("You are on call" in text for text in await list_told(house, kate))


async def test_of_two_at_once_one_gets_it_and_the_other_is_told_so(house: House, people) -> None:
    kate, sam, ines = people
    for number in range(1, 4):
        await house.command(f"/oncall swap primary/2026-11-{21 + 3 * number}T10:00+00:00", kate)
        answers = await asyncio.gather(
            *(house.ask(f"/oncall take-swap {number}", one) for one in (sam, ines, sam, ines))
        )
        (row,) = await house.rows(Swap, Swap.id == number)
        winner, loser = (sam, ines) if row.taker_id == sam.id else (ines, sam)
        assert row.state is SwapState.TAKEN
        assert sorted(answers) == sorted(
            [
                next(one for one in answers if one.startswith("You have the shift of Kate")),
                "You have it already.",
                *[f"{winner.name} was first and has it. Thank you all the same."] * 2,
            ]
        )
        moment = f"2026-11-{21 + 3 * number}T12:00+00:00"
        assert await who_at(house, moment) == f"{winner.name} (in a swap with Kate)"
        assert loser.name not in await who_at(house, moment)


async def test_a_part_of_a_shift_goes_and_the_rest_stays(house: House, people) -> None:
    kate, sam, _ = people
    assert "Tue 24 Nov 2026, 18:00 UTC until 22:00" in await house.ask(
        "/oncall swap next starts:18:00 until:22:00", kate
    )
    await house.command("/oncall take-swap 1", sam)
    assert await who_at(house, "2026-11-24T17:59+00:00") == "Kate"
    assert await who_at(house, "2026-11-24T18:00+00:00") == "Sam (in a swap with Kate)"
    assert await who_at(house, "2026-11-24T22:00+00:00") == "Kate"


async def test_an_exchange_moves_both_shifts_and_only_the_other_can_agree(house: House, people) -> None:
    kate, sam, ines = people
    answer = await house.ask("/oncall swap next exchange:@sam/2026-11-26T10:00+00:00", kate)
    assert (
        "Sam is asked, in exchange for Thu 26 Nov 2026, 09:00 UTC until Fri 27 Nov 2026, 09:00 UTC" in answer
    )
    assert await titles(house, ines) == []
    assert await titles(house, sam) == ["Kate offers you an exchange · Primary on-call"]
    assert "Only people" in await house.ask("/oncall take-swap 1", ines)
    assert "Kate has yours" in await house.ask("/oncall take-swap 1", sam)
    assert await who_at(house, KATES) == "Sam (in a swap with Kate)"
    assert await who_at(house, "2026-11-26T12:00+00:00") == "Kate (in a swap with Sam)"
    assert "You have theirs: Thu 26 Nov 2026" in (await list_told(house, kate))[-1]


@pytest.mark.parametrize("half", ["override-1", "override-2"])
async def test_an_exchange_is_cancelled_as_a_whole(house: House, people, half: str) -> None:
    kate, sam, _ = people
    await house.command("/oncall swap next exchange:@sam/2026-11-26T10:00+00:00", kate)
    await house.command("/oncall take-swap 1", sam)
    assert await house.ask(f"/oncall cancel {half}", kate) == f"{half} is cancelled."
    assert await who_at(house, KATES) == "Kate"
    assert await who_at(house, "2026-11-26T12:00+00:00") == "Sam"
    for one in (kate, sam):
        assert await titles(house, one) == ["Swap cancelled · Primary on-call"]
    assert "you are on call then, as before" in (await cards(house, kate))[0]
    told = (await list_told(house, sam))[-1]
    assert "Your swap with Kate in Primary on-call is cancelled**: Kate is on call again, Tue 24 Nov" in told
    assert "and you Thu 26 Nov 2026" in told
    assert not any("is cancelled" in text for text in await list_told(house, kate)), "who did it knows"
    assert "There is no" in await house.ask("/oncall cancel override-1", kate)


async def test_a_cancelled_swap_is_taken_by_nobody(house: House, people) -> None:
    kate, sam, ines = people
    await house.command("/oncall swap next", kate)
    await house.command("/oncall take-swap 1", sam)
    await house.command("/oncall cancel override-1", ines)
    assert await titles(house, sam) == ["Swap cancelled · Primary on-call"]
    for one in (kate, sam):
        assert "is cancelled" in (await list_told(house, one))[-1]
    assert await who_at(house, KATES) == "Kate"
    await house.command("/oncall swap next", kate)
    assert "looks for somebody" in (await titles(house, sam))[1], "it can be offered again"


async def test_it_is_asked_again_and_whoever_finds_nobody_stays_on_call(house: House, people) -> None:
    kate, sam, _ = people
    await house.command("/oncall swap next", kate)
    await house.move_to(START + 6 * HOUR - timedelta(seconds=1))
    assert len(await titles(house, sam)) == 1
    await house.move_to(START + 6 * HOUR)
    assert len(await titles(house, sam)) == 2
    assert "nobody has taken it yet" in (await cards(house, sam))[1]
    assert "nobody has taken it yet" in (await cards(house, kate))[1]
    await house.move_to(START + 26 * HOUR)
    assert len(await titles(house, sam)) == len(await titles(house, kate)) == 3
    await house.move_to(START + 30 * HOUR)
    assert await titles(house, sam) == ["Nobody took it · Primary on-call"] * 3
    assert any(
        text.startswith("**Nobody took your shift in Primary on-call: you stay on call**")
        for text in await list_told(house, kate)
    )
    assert await who(house) == "- Primary on-call: Kate until Wed 25 Nov 2026, 09:00 UTC, then Ines"
    assert await house.ask("/oncall take-swap 1", sam) == "The shift has begun: the offer is over."


async def test_whoever_offered_it_takes_it_back(house: House, people) -> None:
    kate, sam, _ = people
    await house.command("/oncall swap next", kate)
    assert "admin" in await house.ask("/oncall withdraw-swap 1", sam)
    assert "you stay on call in Primary on-call" in await house.ask("/oncall withdraw-swap 1", kate)
    assert await titles(house, sam) == ["Withdrawn · Primary on-call"]
    assert "taken back" in await house.ask("/oncall take-swap 1", sam)
    await house.move_to(START + 27 * HOUR)
    assert len(await titles(house, sam)) == 1, "nobody is asked again"
    await house.command("/oncall swap next", kate)
    assert "looks for somebody" in (await titles(house, sam))[1]


async def test_what_speaks_against_it_is_said_before(house: House, people) -> None:
    kate, sam, _ = people
    await house.command("/oncall off until:2026-11-24T12:00+00:00 starts:2026-11-24T10:00+00:00", sam)
    await house.command("/oncall swap next", kate)
    assert "time off, Tue 24 Nov 2026, 10:00 UTC until 12:00" in (await cards(house, sam))[0]
    reply = await house.command("/oncall take-swap 1", sam)
    assert "Nothing is done yet" in reply.text
    assert reply.card is not None
    assert reply.card.buttons[0].command == "/oncall take-swap 1 anyway:yes"
    assert await who_at(house, KATES) == "Kate"
    await house.command(reply.card.buttons[0].command, sam)
    assert await who_at(house, "2026-11-24T11:00+00:00") == "Sam (in a swap with Kate)"


async def test_an_offer_ends_when_the_shift_is_somebody_elses(house: House, people) -> None:
    kate, sam, _ = people
    await house.command("/oncall swap next", kate)
    await house.command(
        "/oncall override @sam until:2026-11-24T12:00+00:00 starts:2026-11-24T10:00+00:00", house.owner
    )
    assert await titles(house, sam) == ["Not wanted any more · Primary on-call"]
    assert any("Your offer in Primary on-call has ended" in text for text in await list_told(house, kate))
    assert "Nobody is wanted any more" in await house.ask("/oncall take-swap 1", sam)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/oncall swap 2026-11-23T10:00+00:00", "There is no such shift"),
        ("/oncall swap next starts:09:00 until:2026-11-26T09:00+00:00", "That is not in the shift"),
        ("/oncall swap next starts:12:00 until:11:00", "That ends before it begins"),
        ("/oncall swap next until:09:00 starts:2026-11-25T09:00+00:00", "That ends before it begins"),
        ("/oncall swap next exchange:@kate", "There is no such shift"),
        ("/oncall swap next exchange:@nobody", "nobody"),
        ("/oncall take-swap 7", "There is no offer 7"),
    ],
)
async def test_what_can_not_be_offered_is_told(sqlite_house: House, line: str, said: str) -> None:
    kate, _, _ = await begin(sqlite_house)
    assert said in await sqlite_house.ask(line, kate)
    assert await sqlite_house.rows(Swap) == []


async def test_a_shift_far_ahead_is_offered_to_its_own_end(house: House) -> None:
    kate, sam = await house.add_person("Kate"), await house.add_person("Sam")
    weekly = {"name": "Weekly", "kind": "weekly", "starts": "2026-11-23T09:00"}
    await set_rotations(house, {**weekly, "participants": [kate.id, sam.id]})
    answer = await house.ask("/oncall swap 2027-01-18T12:00", kate)
    assert "Mon 18 Jan 2027, 09:00 UTC until Mon 25 Jan 2027, 09:00 UTC" in answer
    further = await house.ask("/oncall swap 2027-02-16T12:00", kate)
    assert further == "A shift can be offered when it begins in the next 60 days. That is further ahead."


async def test_who_is_always_on_call_says_until_when(house: House) -> None:
    kate = await house.add_person("Kate")
    await set_rotations(house, {"name": "Always", "participants": [kate.id]})
    answer = await house.ask("/oncall swap 2026-11-24T12:00", kate)
    assert answer.startswith("No end of that shift is planned. Say until when")
    answer = await house.ask(
        "/oncall swap 2026-11-24T12:00 starts:2026-11-24T12:00 until:2026-11-25T09:00", kate
    )
    assert "Tue 24 Nov 2026, 12:00 UTC until Wed 25 Nov 2026, 09:00 UTC" in answer
