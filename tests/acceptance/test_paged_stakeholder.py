"""Whoever is asked for by another person can answer that page, whatever else they may do."""

from storage.words import PageState
from tests.house import House


async def test_a_stakeholder_answers_a_page_of_their_own_and_no_other(sqlite_house: House) -> None:
    house = sqlite_house
    guest = await house.add_person("Guest", role="stakeholder")
    kate = await house.add_person("Kate")
    await house.command("/page kate Look at the queue", kate)
    await house.command("/page guest Call me please", kate)
    own, others = [page.id for page in await house.pages() if page.user_id == guest.id], 1
    assert (await house.command(f"/tocsin answer {others}", guest)).failed
    assert not (await house.command(f"/tocsin answer {own[0]}", guest)).failed
    states = {page.user_id: page.state for page in await house.pages()}
    assert states[guest.id] is PageState.ANSWERED
    assert states[kate.id] is not PageState.ANSWERED
