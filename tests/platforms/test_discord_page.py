"""The page of the documentation that shows what Discord receives is what Discord receives."""

import os

from tests.platforms.golden.discord_page import PAGE, build_page


def test_the_page_shows_what_is_sent() -> None:
    page = build_page()
    if os.environ.get("TOCSIN_WRITE_GOLDEN"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page, "TOCSIN_WRITE_GOLDEN=1 writes it anew"
