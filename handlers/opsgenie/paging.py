"""Pages of lists: which stretch is asked for, and the links to the others. Pure."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bot.errors import Invalid
from handlers.opsgenie.door import Call

DEFAULT = 20
MOST = 100
FURTHEST = 20_000
"""As in Opsgenie: who wants more narrows the query."""


@dataclass(frozen=True)
class Stretch:
    offset: int
    limit: int


def read_number(call: Call, name: str, default: int, least: int, most: int) -> int:
    text = call.query(name)
    if not text:
        return default
    if not text.isascii() or not text.isdecimal() or not least <= int(text[:12]) <= most:
        raise Invalid("field.wrong", name, name=name, reason=f"it should be a number from {least} to {most}")
    return int(text)


def read_word(call: Call, name: str, words: tuple[str, ...]) -> str:
    """One of some words; the first is meant where none is given."""
    word = call.query(name) or words[0]
    if word not in words:
        raise Invalid("field.not_one_of", name, name=name, known=list(words))
    return word


def read_stretch(call: Call) -> Stretch:
    limit = read_number(call, "limit", DEFAULT, 1, MOST)
    return Stretch(read_number(call, "offset", 0, 0, FURTHEST - limit), limit)


def build_paging(call: Call, stretch: Stretch, total: int) -> dict[str, str]:
    """Links to the first, last, next and previous page, where there are such."""
    last = max(0, (total - 1) // stretch.limit * stretch.limit)
    offsets = {"first": 0, "last": last}
    if stretch.offset + stretch.limit < total:
        offsets["next"] = stretch.offset + stretch.limit
    if stretch.offset > 0:
        offsets["prev"] = max(0, stretch.offset - stretch.limit)
    return {name: link(call, limit=stretch.limit, offset=offset) for name, offset in offsets.items()}


def link(call: Call, **changed: Any) -> str:
    """The address of this request with other parameters."""
    query = {**call.request.query, **{name: str(value) for name, value in changed.items()}}
    return f"{call.parts.settings.public_url}{call.request.path}?{urlencode(query)}"


def paging_headers(paging: dict[str, str]) -> dict[str, str]:
    return {f"X-Paging-{name.capitalize()}": url for name, url in paging.items()}
