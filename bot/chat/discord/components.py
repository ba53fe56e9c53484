"""Buttons and menus as Discord's components, and back: what was pressed or chosen.

Everything that has to be known stands in the `custom_id`, so it works after a restart: `run:` and a command line, `ask:` and
one that asks once before it runs, `form:` and what the form of a refused command is kept by. Discord gives a `custom_id` 100
characters: a longer line can't be carried and is left out, and the card says that there is more in the Room.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot.chat.card import Button
from bot.chat.clip import clip, rows_of
from bot.chat.discord import limits
from bot.chat.discord.markdown import clean_address
from bot.chat.templates import Templates
from bot.chat.words import say

Json = dict[str, Any]
ROW, BUTTON, SELECT = 1, 2, 3
STYLES = {"primary": 1, "": 2, "danger": 4}
LINK = 5
RUN, QUESTION, FORM, MENU = "run:", "ask:", "form:", "menu:"
ASK = "?"
"""Stands before the command line of a menu's option that asks once before it runs."""


@dataclass(frozen=True)
class Press:
    """What somebody pressed or chose: a command line, whether it asks once before it runs, and what it is called; or the
    token of a form to open again."""

    line: str = ""
    asks: bool = False
    label: str = ""
    token: str = ""


def build_components(buttons: Sequence[Button], words: Templates) -> list[Json]:
    """Rows of buttons, the menus last."""
    usable = _list_usable(buttons)
    menus = _group(usable)
    in_menus = [button for group in menus for button in group]
    singles = [button for button in usable if button not in in_menus]
    rows = rows_of(singles, limits.BUTTONS_OF_ROW)[: limits.ROWS - len(menus)]
    built = [build_row(row) for row in rows]
    return built + [_build_menu(group, number, words) for number, group in enumerate(menus, 1)]


def is_complete(buttons: Sequence[Button]) -> bool:
    """Whether Discord can carry all of these."""
    usable = _list_usable(buttons)
    menus = _group(usable)
    singles = len(usable) - sum(map(len, menus))
    most = (limits.ROWS - len(menus)) * limits.BUTTONS_OF_ROW
    return singles <= most and {button.command for button in buttons} == {button.command for button in usable}


def build_row(buttons: Sequence[Button]) -> Json:
    """At most five buttons side by side."""
    return {"type": ROW, "components": [_build_button(button) for button in buttons]}


def _build_button(button: Button) -> Json:
    """One button: it opens an address, runs a line, or asks before it does."""
    built: Json = {"type": BUTTON, "label": _label(button.label, limits.BUTTON_LABEL)}
    if button.is_link:
        return built | {"style": LINK, "url": clean_address(button.command)}
    prefix = QUESTION if button.confirm else RUN
    return built | {"style": STYLES.get(button.style, STYLES[""]), "custom_id": prefix + button.command}


def build_retry(token: str, words: Templates) -> list[Json]:
    """The button that opens a refused form again."""
    button = {
        "type": BUTTON,
        "style": STYLES["primary"],
        "label": say(words, "try_again"),
        "custom_id": FORM + token,
    }
    return [{"type": ROW, "components": [button]}]


def read_press(data: Mapping[str, Any], components: Sequence[Mapping[str, Any]] = ()) -> Press | None:
    """What an interaction with a component means; `components` are those of its message, where labels are looked up. None
    when it is none of ours."""
    name = str(data.get("custom_id", ""))
    if name.startswith(MENU):
        chosen = next(iter(data.get("values") or ()), "")
        if not chosen:
            return None
        return Press(chosen.removeprefix(ASK), chosen.startswith(ASK), _find_label(components, name, chosen))
    if name.startswith(FORM):
        return Press(token=name.removeprefix(FORM))
    if name.startswith((RUN, QUESTION)):
        line = name.partition(":")[2]
        return Press(line, name.startswith(QUESTION), _find_label(components, name, ""))
    return None


def _list_usable(buttons: Sequence[Button]) -> list[Button]:
    """What Discord can carry: each line once, and none that is too long."""
    usable: dict[str, Button] = {}
    for button in buttons:
        if _fits(button):
            usable.setdefault(button.command, button)
    return list(usable.values())


def _fits(button: Button) -> bool:
    if button.is_link:
        return len(clean_address(button.command)) <= limits.BUTTON_URL and _has_host(button.command)
    return len(button.command.strip()) > 0 and len(RUN + button.command) <= limits.CUSTOM_ID


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _group(buttons: Sequence[Button]) -> list[Sequence[Button]]:
    """The menus. A menu of one reads better as a button."""
    fitting = [button for button in buttons if button.menu and not button.is_link]
    return [group for group in rows_of(fitting, limits.SELECT_OPTIONS) if len(group) > 1][: limits.ROWS - 1]


def _build_menu(buttons: Sequence[Button], number: int, words: Templates) -> Json:
    options = [
        {
            "label": _label(button.label, limits.OPTION_LABEL),
            "value": f"{ASK}{button.command}" if button.confirm else button.command,
        }
        for button in buttons
    ]
    menu = {
        "type": SELECT,
        "custom_id": f"{MENU}{number}",
        "placeholder": say(words, "more_actions"),
        "options": options,
    }
    return {"type": ROW, "components": [menu]}


def _label(text: str, limit: int) -> str:
    """Never empty, which Discord refuses."""
    return clip(" ".join(text.split()), limit) or "–"


def _find_label(components: Sequence[Mapping[str, Any]], name: str, value: str) -> str:
    for part in _walk(components):
        if part.get("custom_id") == name:
            found = (
                part
                if not value
                else next((o for o in part.get("options", ()) if o.get("value") == value), {})
            )
            return str(found.get("label") or "")
    return ""


def _walk(components: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for part in components:
        yield part
        yield from _walk(part.get("components") or ())
