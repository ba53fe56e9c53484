"""What is named like a secret in what senders send, and how it is taken out of what is kept. Only values go: a body stays
as readable as it was, and JSON stays JSON."""

import re
from collections.abc import Mapping
from typing import Any

import re2

HIDDEN = "(removed)"
SECRET = re.compile(
    r"auth|token|secret|password|passwd|cookie|api-?key|apikey|signature|credential|routing[_-]?key",
    re.IGNORECASE,
)
"""In names of headers and of what stands in addresses."""
MENTIONED = re2.compile(
    r"(?i)passw|secret|api[_-]?key|token|(?:routing|service|private|access)[_-]key|authorization|cookie|credential"
)
"""Looked for first: most bodies mention none of these."""
WORDS = (
    r"(?:password|passwd|secret|api[_-]?key|token|(?:routing|service|private|access)[_-]key"
    r"|authorization|cookie|credential)"
)
NAMED = rf"[\w.-]{{0,60}}{WORDS}[\w.-]{{0,60}}"
TEXT = r'"(?:[^"\\]|\\.)*"'
IN_BODY = re2.compile(
    rf"""(?is)(?P<name>(?:\\?["'])?{NAMED}(?:\\?["'])?\s*[:=]\s*)"""
    rf"""(?P<value>{TEXT}|(?P<list>\[\s*{TEXT}(?:\s*,\s*{TEXT})*\s*\])|\\"(?:[^"\\]|\\\\\\"|\\[^"])*\\"|(?:(?:bearer|basic|geniekey)\s+)?[^\s,;&"'{{}}\[\]\\]+)"""
    rf"""|(?P<first>\[\s*"{NAMED}"\s*,\s*){TEXT}"""
)
"""A name and its value: in JSON, in JSON that is a text in JSON, in forms and words; and pairs (`["Cookie", "..."]`)."""
WITH_PARTS = re2.compile(rf"""(?i){WORDS}s?(\\?)"\s*:\s*(\{{|\[\s*\\?["{{\[])""")
"""A name that ends with such a word, before an object or a list that holds more than numbers; in JSON, or (then there is a
backslash) in JSON that is a text in JSON. `secret_scanning_alert` and `token_usage` are no secrets."""
PARTS = {
    "": re.compile(
        r'(?s)(?P<opening>[{\[])|(?P<closing>[}\]])|(?P<value>"(?:[^"\\]|\\.)*+"?|[^\s,:{}\[\]"]++)(?P<is_name>\s*+:)?'
    ),
    "\\": re.compile(
        r"(?s)(?P<opening>[{\[])|(?P<closing>[}\]])|\\[nrt]"
        r'|(?P<value>\\"(?:[^"\\]|\\\\(?:\\.|[^"\\])|\\[^"\\])*+(?:\\")?|[^\s,:{}\[\]"\\]++)(?P<is_name>(?:\s|\\[nrt])*+:)?'
        r'|(?P<end>")'
    ),
}
"""What an object or a list is made of, for both. Nothing is read twice, and what is cut off ends with the body."""
PLAIN = ("null", "true", "false")
UNINTERESTING = {"host", "connection", "content-length", "accept-encoding", "accept"}


def keep_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers worth keeping; values of those that may hold a secret are removed."""
    return {
        name: HIDDEN if SECRET.search(name) else value[:500]
        for name, value in headers.items()
        if name.lower() not in UNINTERESTING
    }


def keep_query(query: Mapping[str, str]) -> dict[str, str]:
    return {name: HIDDEN if SECRET.search(name) else value[:500] for name, value in query.items()}


def hide_secrets(body: str) -> str:
    """A body without the values of fields that are named like a secret, and without those in the objects and lists there."""
    return str(IN_BODY.sub(_hide_value, _hide_all_parts(body))) if MENTIONED.search(body) else body


def _hide_value(found: Any) -> str:
    if found["first"]:
        return f'{found["first"]}"{HIDDEN}"'
    name, value = str(found["name"]), str(found["value"])
    if found["list"]:
        return f'{name}["{HIDDEN}"]'
    if value.lower() in PLAIN:
        return name + value
    is_field = name.rstrip(" \t\r\n:=").endswith('"')
    quote = '\\"' if value.startswith("\\") else '"' if value[0] == '"' or is_field else ""
    return f"{name}{quote}{HIDDEN}{quote}"


def _hide_all_parts(body: str) -> str:
    kept, done = [], 0
    for found in WITH_PARTS.finditer(body):
        start = found.start(2)
        if start >= done:
            kept.append(body[done:start])
            hidden, done = _hide_parts(body, start, found[1])
            kept.append(hidden)
    return "".join(kept) + body[done:]


def _hide_parts(body: str, start: int, escape: str) -> tuple[str, int]:
    """The object or list that begins at `start`, without its values but with its names; and where it ends."""
    kept, done, depth = [], start, 0
    for part in PARTS[escape].finditer(body, start):
        kind = part.lastgroup
        depth += (kind == "opening") - (kind == "closing")
        if kind == "value" and part["value"].lower() not in PLAIN:
            kept.append(f'{body[done : part.start()]}{escape}"{HIDDEN}{escape}"')
            done = part.end()
        elif depth == 0 or kind == "end":
            kept.append(body[done : part.end()])
            return "".join(kept), part.end()
    return "".join(kept) + body[done:], len(body)
