"""The kinds of value in a configuration file: how each is read from text, and what is said when it can't be.

Used by `bot.catalog.shapes` only. A reference (`Known`) is checked against the names that the file itself has, which
come in pydantic's context together with the environment.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, TypeVar
from unicodedata import category
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

from bot.catalog import reasons
from bot.catalog.holidays import read_place
from bot.errors import Invalid
from bot.notify.addresses import is_email

GAP = "nobody"
HANDLE = re.compile(r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?")
LONGEST_DURATION = 30 * 86_400
GROUP = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
PART = re.compile(r"(\d{1,8})\s*([smhd])\s*")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
START = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}")
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True)
class World:
    """What values are checked against: the names that the file has, by kind of thing (`user`, `team`, ...), the folder
    that it is in, and the environment."""

    names: Mapping[str, frozenset[str]]
    folder: Path
    environment: Mapping[str, str]
    off: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Names of what was there: people who have left, things that are switched off."""

    def check(self, what: str, name: str) -> None:
        """Raises where nothing is called so, or no longer."""
        if name not in self.names[what]:
            if name in self.off.get(what, ()):
                raise wrong(reasons.tell_switched_off(what, name))
            raise wrong(reasons.tell_reference(what, name, self.names[what]))


PICKS = {"next": "schedule", "previous": "schedule", "random": "team", "admins": "team"}
"""Who of a schedule or team, where a step says `next:payments`."""


@dataclass(frozen=True)
class Recipient:
    """Whom a step pages: `kind` is user, team or schedule, `name` its handle or slug; `pick` says who of them, when it is
    not everybody of a team or whoever is on call."""

    kind: str
    name: str
    pick: str = ""


def wrong(reason: str) -> PydanticCustomError:
    """A fault with its sentence, for validators to raise."""
    return PydanticCustomError("reason", "{reason}", {"reason": reason})


def read_line(text: str) -> str:
    """Text on one line that can be shown."""
    if "\n" in text:
        raise wrong(reasons.MORE_THAN_A_LINE)
    return _read_prose(text)


def _read_prose(text: str) -> str:
    if any(category(sign) in ("Cc", "Cs") and sign not in "\n\t" for sign in text):
        raise wrong(reasons.CONTROL_CHARACTER)
    return text


def _limit(longest: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=longest)


def is_handle(text: str) -> bool:
    """Whether this can be a handle or a slug."""
    return HANDLE.fullmatch(text) is not None


def _read_email(text: str) -> str:
    if not is_email(text):
        raise wrong(reasons.BAD_EMAIL)
    return text


def _read_url(text: str) -> str:
    if not text.startswith(("https://", "http://")) or re.search(r"\s", text):
        raise wrong(reasons.BAD_URL)
    return text


@cache
def _list_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _read_zone(text: str) -> str:
    if text not in _list_zones():
        raise wrong(reasons.tell_zone(text, _list_zones()))
    return text


def _read_holidays(text: str) -> str:
    """A place, or empty for `none`."""
    try:
        return read_place(text)
    except Invalid as error:
        raise wrong(reasons.tell_place(text, error.data["known"])) from error


def _read_group(text: str) -> str:
    """The handle of a user group, as chat shows it or without the @."""
    handle = text.removeprefix("@").lower()
    if not GROUP.fullmatch(handle):
        raise wrong(reasons.BAD_GROUP)
    return handle


def read_duration(value: object) -> object:
    """`90s`, `5m`, `1h30m` as seconds; a number stays what it is (the default of a shape)."""
    if not isinstance(value, str) or value == "0":
        return 0 if value == "0" else value
    text = value.strip().lower()[:40]
    if text.isdecimal():
        raise wrong(reasons.tell_no_unit(text[:12]))
    if not re.fullmatch(f"({PART.pattern})+", text):
        raise wrong(reasons.BAD_DURATION)
    seconds = sum(int(number) * SECONDS[unit] for number, unit in PART.findall(text))
    if seconds > LONGEST_DURATION:
        raise wrong(reasons.DURATION_TOO_LONG)
    return seconds


def _read_every(seconds: int) -> int:
    if seconds < 30:
        raise wrong(reasons.HEARTBEAT_TOO_FAST)
    return seconds


def _read_start(text: str) -> str:
    if not START.fullmatch(text):
        raise wrong(reasons.BAD_START)
    try:
        start = datetime.strptime(text.replace(" ", "T"), "%Y-%m-%dT%H:%M")  # noqa: DTZ007 (a wall-clock time)
    except ValueError as error:
        raise wrong(reasons.NO_SUCH_DAY) from error
    if not 2000 <= start.year <= 2100:
        raise wrong(reasons.YEAR_FAR_AWAY)
    return start.isoformat(timespec="minutes")


def one_of(kind: type[E]) -> Any:
    """Marks a field that takes one of these words."""

    def read(value: object) -> E:
        known = [member.value for member in kind]
        if not isinstance(value, str) or value not in known:
            raise wrong(reasons.tell_choice(value, known))
        return kind(value)

    return BeforeValidator(read)


def known(what: str) -> Any:
    """Marks a field that names a thing of the file."""

    def read(name: str, info: ValidationInfo) -> str:
        world_of(info).check(what, name)
        return name

    return AfterValidator(read)


def world_of(info: ValidationInfo) -> World:
    """What this value is checked against."""
    assert isinstance(info.context, World)
    return info.context


def _read_participants(participants: list[Recipient | None]) -> list[Recipient | None]:
    if participants and not any(participants):
        raise wrong(reasons.ONLY_GAPS)
    return participants


def _read_participant(value: object, info: ValidationInfo) -> object:
    """A person by handle, or a team; None is a gap."""
    if value is None or value == GAP:
        return None
    if isinstance(value, str) and ":" not in value:
        value = f"user:{value}"
    return _read_to(value, info, ("user", "team"), reasons.BAD_PARTICIPANT)


def _read_recipient(value: object, info: ValidationInfo) -> Recipient:
    return _read_to(value, info, ("user", "team", "schedule", *PICKS))


def _read_responder(value: object, info: ValidationInfo) -> Recipient:
    return _read_to(value, info, ("user", "team", "schedule", "policy"))


def _read_clock(text: str) -> str:
    """A time of day, `9:00` or `09:00`."""
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text.strip())
    if found is None:
        raise wrong(reasons.BAD_CLOCK)
    return f"{int(found[1]):02}:{found[2]}"


def _read_to(
    value: object, info: ValidationInfo, kinds: tuple[str, ...], problem: str = reasons.BAD_RECIPIENT
) -> Recipient:
    if isinstance(value, dict) and len(value) == 1:
        kind, name = next(iter(value.items()))
    elif isinstance(value, str):
        kind, _, name = value.partition(":")
        kind, name = kind.strip(), name.strip()
    else:
        raise wrong(problem)
    if kind not in kinds or not isinstance(name, str) or not name:
        raise wrong(problem)
    of, pick = (PICKS[kind], kind) if kind in PICKS else (kind, "")
    world_of(info).check(of, name)
    return Recipient(of, name, pick)


Name = Annotated[str, _limit(120), AfterValidator(read_line)]
Prose = Annotated[str, _limit(4000), AfterValidator(_read_prose)]
Line = Annotated[str, _limit(500), AfterValidator(read_line)]
Email = Annotated[str, _limit(254), AfterValidator(read_line), AfterValidator(_read_email)]
Url = Annotated[str, _limit(2000), AfterValidator(read_line), AfterValidator(_read_url)]
Zone = Annotated[str, AfterValidator(_read_zone)]
Holidays = Annotated[str, _limit(80), AfterValidator(read_line), AfterValidator(_read_holidays)]
Group = Annotated[str, _limit(80), AfterValidator(read_line), AfterValidator(_read_group)]
Duration = Annotated[int, BeforeValidator(read_duration)]
Every = Annotated[int, BeforeValidator(read_duration), AfterValidator(_read_every)]
Start = Annotated[str, AfterValidator(_read_start)]
UserName = Annotated[str, known("user")]
TeamName = Annotated[str, known("team")]
ServiceName = Annotated[str, known("service")]
PolicyName = Annotated[str, known("policy")]
IntegrationName = Annotated[str, known("integration")]
Clock = Annotated[str, AfterValidator(_read_clock)]
Participants = Annotated[
    list[Annotated[Recipient | None, BeforeValidator(_read_participant)]],
    Field(min_length=1, max_length=500),
    AfterValidator(_read_participants),
]
To = Annotated[Recipient, BeforeValidator(_read_recipient)]
ToResponder = Annotated[Recipient, BeforeValidator(_read_responder)]
