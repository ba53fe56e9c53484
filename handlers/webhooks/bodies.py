"""Reads bodies that are not always JSON: forms, multipart forms and queries become the same flat fields. For the parsers of
sources whose sender lets people choose; pure, and bounded by the body that the door let in and by FIELDS.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from bot.errors import Malformed
from handlers.webhooks.source import Hook, read_object, text_of

FIELDS = 200
"""Fields that a form may have; templates have a few dozen."""
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


def read_fields(hook: Hook) -> dict[str, Any]:
    """The fields of a JSON object, a form, a multipart form or, where the body is empty, the query. A body that looks like
    JSON is read as JSON whatever the sender calls it, and so is the only field of a form. Raises Malformed."""
    if not hook.body.strip():
        if hook.query:
            return dict(hook.query)
        raise Malformed("body.empty")
    if hook.content_type == MULTIPART:
        return _open(_read_multipart(hook))
    if hook.content_type == FORM and hook.body.lstrip()[:1] not in (b"{", b"["):
        return _open(_read_form(hook.body))
    return read_object(hook)


def _open(fields: list[tuple[str, str]]) -> dict[str, Any]:
    """The fields; where there is one and JSON is in it, what that holds."""
    if len(fields) == 1 and fields[0][1].lstrip()[:1] in ("{", "["):
        return read_object(Hook(fields[0][1].encode(errors="replace")))
    return dict(fields)


def fill(fields: Mapping[str, Any], blank: re.Pattern[str]) -> dict[str, Any]:
    """The fields without empty texts and placeholders that the sender had nothing for; `blank` matches such a text."""
    return {name: value for name, value in fields.items() if not _is_blank(value, blank)}


def _is_blank(value: Any, blank: re.Pattern[str]) -> bool:
    return isinstance(value, str) and (not value.strip() or blank.fullmatch(value.strip()) is not None)


def split_tags(value: Any) -> tuple[str, ...]:
    """Tags as senders write them: a list, or one text with commas."""
    found = value if isinstance(value, list) else text_of(value).split(",")
    return tuple(tag for tag in (text_of(one).strip() for one in found[:FIELDS]) if tag)


def label_tags(tags: tuple[str, ...]) -> dict[str, str]:
    """The tags of the shape `name:value`, as labels."""
    pairs = (tag.partition(":") for tag in tags)
    return {name.strip(): rest.strip() for name, _, rest in pairs if name.strip() and rest.strip()}


def _read_form(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=FIELDS)
    except ValueError as error:
        raise Malformed("body.not_form", reason=str(error)) from error


def _read_multipart(hook: Hook) -> list[tuple[str, str]]:
    """The parts that have a name, each as text."""
    _, options = parse_options_header(hook.headers.get("Content-Type", "").encode(errors="replace"))
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= 70:  # RFC 2046, 5.1.1
        raise Malformed("body.not_form", reason="the Content-Type has no boundary")
    parts = _Parts()
    try:
        parser = MultipartParser(boundary, parts.callbacks(), max_size=len(hook.body))
        parser.write(hook.body)
        parser.finalize()
    except FormParserError as error:
        raise Malformed("body.not_form", reason=str(error)) from error
    if not parts.found:
        raise Malformed("body.not_form", reason="it has no parts")
    return parts.found


class _Parts:
    """Collects the parts of one body from what the parser calls out."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []
        self._header, self._value, self._data = b"", b"", bytearray()
        self._name = ""

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._add_header,
            "on_header_value": self._add_value,
            "on_header_end": self._end_header,
            "on_part_data": self._add_data,
            "on_part_end": self._end,
        }

    def _begin(self) -> None:
        if len(self.found) >= FIELDS:
            raise FormParserError(f"it has more than {FIELDS} fields")
        self._name, self._data = "", bytearray()

    def _add_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._header.strip().lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            self._name = options.get(b"name", b"").decode(errors="replace")
        self._header, self._value = b"", b""

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        self._data += data[start:end]

    def _end(self) -> None:
        if self._name:
            self.found.append((self._name, self._data.decode(errors="replace")))
