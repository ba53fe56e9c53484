"""What a source of alerts or changes is: a name, a pure parser, and the lines that a user pastes at the sender."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit

import msgspec

from bot.alerts.payloads import read_text
from bot.alerts.signal import LinkTo, Signal
from bot.catalog.changes import ChangeReport
from bot.errors import Malformed

if TYPE_CHECKING:
    from bot.flow.unit import Work
    from handlers.webhooks.signing import Scheme

K = TypeVar("K")


@dataclass(frozen=True)
class Hook:
    """A request as parsers see it. `headers` can be asked for in any case; `settings` are the integration's own (a field
    mapping)."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    route: str = ""
    """What follows the key in the URL, where the source is `routed`."""

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in small letters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()


Parsed = Signal | ChangeReport
HOW_IT_SIGNS = """
Tell Tocsin where it finds the secret (until then the key in the URL is what lets the sender in), by one of
tocsin integration trust {sender} --secret-env VARIABLE
tocsin integration trust {sender} --secret-file PATH"""


class Guard(Protocol):
    """Asks elsewhere whether a sender may be let in."""

    async def let_in(self, hook: Hook, sender_id: int) -> bool:
        """Whether there is something to parse (False: it was stored before, or is a handshake); raises Problem."""

    async def note(self, hook: Hook, sender_id: int) -> None:
        """What it said is stored."""


@dataclass(frozen=True)
class Source:
    """`parse` is pure and raises Malformed or Invalid, with a sentence that names the fault, and nothing else; an empty list
    means that there is nothing to do about it (a test message, a state that is no trouble). `paste` is what to put at the
    sender, with `{url}` in it (and its `{scheme}`, `{site}` and `{path}`, `{root}`, `{key}`, the integration's `{sender}`
    and what `make_body` makes). `routed` lets senders put one more word behind the key."""

    name: str
    title: str
    parse: Callable[[Hook], Sequence[Parsed]]
    paste: str
    routed: bool = False
    posted: bool = True
    """Whether it comes by `POST /hooks/`; one that does not has a door of its own."""
    parse_at: Callable[[Hook, datetime], Sequence[Parsed]] | None = None
    """Reads a message again that came by such a door, as it was at that time: for trying rules."""
    scheme: Scheme | None = None
    """How it signs, if it can: asked before the body is parsed, when the integration has a secret."""
    make_guard: Callable[[Work], Guard] | None = None
    """Who is asked besides, for senders whose signature can't be checked without asking elsewhere."""
    address: str = "{root}/hooks/{name}/{key}"
    """Where the sender posts; an API that another product has, too, is at the address that its clients know."""
    make_body: Callable[[Mapping[str, Any]], str] | None = None
    """Writes a `{body}` to try an integration of these settings with."""

    def show(
        self,
        root: str,
        key: str,
        host: str = "",
        sender: str = "<name>",
        settings: Mapping[str, Any] | None = None,
    ) -> tuple[str, str]:
        """The address with this key in it, and what to paste at the sender. `root` is the URL of the installation,
        `host` the name of its mail server, `sender` the slug of the integration."""
        settings = settings or {}
        url = self.address.format(root=root, name=self.name, key=key, host=host)
        parts = urlsplit(url)
        values = {"scheme": parts.scheme, "site": parts.netloc, "path": parts.path, "sender": sender}
        values["body"] = self.make_body(settings) if self.make_body else ""
        paste = self.paste.format(url=url, root=root, key=key, host=host, **values)
        if self.scheme is not None and not (settings.get("secret_env") or settings.get("secret_file")):
            paste += HOW_IT_SIGNS.format(sender=sender)
        return url, paste


ESCAPE = re.compile(
    r"""\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(?P<half>u[dD][89a-fA-F][\da-fA-F]{2})"""
    r"""|u[\da-fA-F]{4}|["\\/bfnrt]|(?P<none>))"""
)
"""Every escape in a JSON text: half of a pair of surrogates, and a backslash that begins none, by name."""


def read_json(hook: Hook) -> Any:
    """The body as JSON; raises Malformed that says where the fault is."""
    if not hook.body.strip():
        raise Malformed("body.empty")
    return decode_json(hook.body, hook.headers.get("Content-Type", ""))


def decode_json(body: bytes, content_type: str = "") -> Any:
    """JSON, also when it is not quite JSON, since an alert is worth more than its form: templates let line breaks and
    backslashes into texts, programs cut emoji in halves, write NaN, begin with a byte order mark, or use another charset.
    Raises Malformed that says where the fault is."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        try:
            return json.loads(_mend(body, content_type), strict=False, parse_constant=str)
        except (ValueError, RecursionError):
            raise Malformed("body.not_json", reason=str(error)) from error


def _mend(body: bytes, content_type: str) -> str:
    text = read_text(body, content_type).strip("\ufeff\x00 \t\r\n")
    return ESCAPE.sub(
        lambda found: "\\ufffd" if found["half"] else "\\\\" if found["none"] is not None else found[0], text
    )


def read_object(hook: Hook) -> dict[str, Any]:
    """The body as a JSON object; raises Malformed."""
    body = read_json(hook)
    if not isinstance(body, dict):
        raise Malformed("body.not_object")
    return body


def text_of(value: Any) -> str:
    """A JSON value as a person would write it; null is empty."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def part_of(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A part of a body that is an object; one that is left out or null is empty. Raises Malformed for anything else."""
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed("field.not_object", name, name=name)
    return value


def extra_of(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A part without which a message can be understood: empty when it is no object, since an alert is worth more."""
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def need(body: Mapping[str, Any], name: str) -> str:
    """The text of a field without which the message can't be understood; raises Malformed. 0 is a value."""
    text = text_of(body.get(name)).strip()
    if not text:
        raise Malformed("field.missing", name, name=name, known=[])
    return text


def one_of(body: Mapping[str, Any], name: str, known: Mapping[str, K]) -> K:
    """What a word of the sender's means, in any case of letters; raises Malformed with the words that are known."""
    word = need(body, name).lower()
    if word not in known:
        raise Malformed("field.not_one_of", name, name=name, known=sorted(known))
    return known[word]


def as_is(text: str) -> str:
    """A text for `paste` whose braces are its own: a template of the sender's."""
    return text.replace("{", "{{").replace("}", "}}")


def time_of(value: Any) -> datetime | None:
    """An instant as senders write it: ISO 8601 in any of its forms (`2026-11-24 18:00:00 UTC`, too), or seconds or
    milliseconds since 1970. Without an offset it is UTC. None for anything else, and for what is not of this century."""
    try:
        if isinstance(value, int | float):
            seconds = value / 1000 if abs(value) > 1e11 else value
            found = datetime.fromtimestamp(seconds, UTC)
        else:
            text = str(value).strip().removesuffix("UTC").strip()
            found = datetime.fromisoformat(text.removesuffix("Z") if text.endswith(":00Z") else text)
            found = found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if 2000 <= found.year < 2100 else None


def link_to(*pairs: tuple[str, Any]) -> tuple[LinkTo, ...]:
    """Links for the (title, URL) pairs whose URL is one."""
    return tuple(
        LinkTo(title, text_of(url))
        for title, url in pairs
        if text_of(url).startswith(("http://", "https://"))
    )
