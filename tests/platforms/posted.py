"""Forms of the Room's pages as a browser without scripts has them: what they would post as they stand."""

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from tests.platforms.test_room_pages import Browser

Fields = list[tuple[str, str]]


@dataclass
class Form:
    """`fields` in the order of the page, without its buttons; of those, `buttons` have the values of `do` by their name."""

    action: str
    fields: Fields = field(default_factory=list)
    buttons: dict[str, str] = field(default_factory=dict)

    def set(self, name: str, value: str, index: int = 0) -> None:
        """Write into a field; `index` is among those of this name."""
        places = [number for number, one in enumerate(self.fields) if one[0] == name]
        assert len(places) > index, (name, [one[0] for one in self.fields])
        self.fields[places[index]] = (name, value)

    def get(self, name: str) -> list[str]:
        return [value for one, value in self.fields if one == name]


def find_form(page: str, style: str) -> Form:
    """The form with this class."""
    reader = _Reader(style)
    reader.feed(page)
    assert reader.found is not None
    return reader.found


async def press(browser: Browser, form: Form, what: str) -> tuple[int, str]:
    """Press the button with this `do`: the status, and where it leads or what the page says."""
    url = browser.house.url + form.action
    fields = [*form.fields, ("do", what)]
    async with browser.http.post(url, data=fields, allow_redirects=False) as response:
        answer = response.headers.get("Location") or await response.text()
    await browser.house.settle()
    return response.status, answer


def read(page: str) -> str:
    """What a page says, without its tags."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page))).strip()


class _Reader(HTMLParser):
    def __init__(self, style: str) -> None:
        super().__init__()
        self.style = style
        self.found: Form | None = None
        self.is_inside = False
        self.select = ""
        self.first: str | None = None
        self.chosen: str | None = None
        self.button = ""

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in given}
        if tag == "form" and self.style in said.get("class", "").split():
            self.found, self.is_inside = Form(said["action"]), True
        if not self.is_inside or self.found is None:
            return
        if tag == "select":
            self.select, self.first, self.chosen = said["name"], None, None
        elif tag == "option" and self.select:
            self.first = said.get("value", "") if self.first is None else self.first
            self.chosen = said.get("value", "") if "selected" in said else self.chosen
        elif tag == "input" and (said.get("type") not in ("checkbox", "radio") or "checked" in said):
            self.found.fields.append((said["name"], said.get("value", "")))
        elif tag == "button" and said.get("name") == "do" and "disabled" not in said:
            self.button = said["value"]
            self.found.buttons[said.get("aria-label", "")] = self.button

    def handle_data(self, data: str) -> None:
        if self.button and self.found is not None:
            self.found.buttons.setdefault(data.strip(), self.button)
            self.button = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False
        if tag == "select" and self.select and self.found is not None:
            self.found.fields.append(
                (self.select, self.chosen if self.chosen is not None else self.first or "")
            )
            self.select = ""
