"""Texts as people and senders write them, and worse: for tests that hold whatever is written."""

from hypothesis import settings
from hypothesis import strategies as st

from bot.chat.templates import Templates

WORDS = Templates(None, "https://tocsin.example.org")
SOUP = (
    *"*_~`<>&|[](){}#!@:.\\ \n-1",
    "<!everyone>",
    "<@U1|kate>",
    "@here",
    "&amp;",
    "```",
    "```\n",
    "\n\n",
    "> ",
    "- ",
    "1. ",
    "**",
    "[label](https://example.org/a?b=c&d|e)",
    "https://example.org/_x_",
    "| a | b |\n|---|---|\n| 1 | 2 |\n",
    "word",
    "🔥",
    "👩‍🚒",
    "é",
    "x" * 700,
)
soup = st.lists(st.sampled_from(SOUP), max_size=40).map("".join)
texts = st.one_of(
    soup, st.text(max_size=60), st.sampled_from(["", " ", "a" * 3_001, "ab " * 1_500, "🔥" * 3_001])
)
quick = settings(max_examples=60)
