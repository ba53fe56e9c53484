"""Templates of the operator's own: they are used, and where one fails ours is, so that no page is lost."""

from pathlib import Path

from storage.models import BoardMessage
from storage.words import PageState
from tests.house import House, open_house

URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1", "service": "web"}


def write(folder: Path, name: str, text: str) -> dict[str, str]:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return {"TOCSIN_TEMPLATES_DIR": str(folder)}


async def read_direct(house: House) -> str:
    """The cards of what was sent to people in the Room."""
    return "\n".join(str(message.card["title"]) for message in await house.rows(BoardMessage) if message.card)


async def test_a_card_of_ones_own_is_used(sqlite_url: str, tmp_path: Path) -> None:
    mine = write(tmp_path / "t", "cards/page.md.jinja", "# Wake up: {{ subject.title }}\n")
    async with open_house(sqlite_url, mine) as house:
        await house.send(URGENT)
        assert "Wake up: Checkout returns errors" in await read_direct(house)


async def test_a_card_that_fails_is_ours(sqlite_url: str, tmp_path: Path) -> None:
    mine = write(tmp_path / "t", "cards/page.md.jinja", "# {{ subject.no_such_thing.at_all }}\n")
    async with open_house(sqlite_url, mine) as house:
        await house.send(URGENT)
        assert [page.state for page in await house.pages()] == [PageState.SENT]
        assert "P1 · Checkout returns errors" in await read_direct(house)


async def test_words_that_lack_a_macro_of_this_release_lose_nothing(sqlite_url: str, tmp_path: Path) -> None:
    """The operator copied a file of an older release."""
    mine = write(tmp_path / "t", "words.md.jinja", "{% macro old(d) %}{% endmacro %}\n")
    async with open_house(sqlite_url, mine) as house:
        await house.send(URGENT)
        assert [page.state for page in await house.pages()] == [PageState.SENT]
        assert "Paged" in await house.ask("/incident timeline INC-1")
