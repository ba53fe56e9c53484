"""Templates that users write in rules: `{{ field }}` with a few filters, and the string methods of Opsgenie.

They run in a sandbox, can't loop, and what they make can't outgrow its limit. A field that is not there is an error, and
never an empty text.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import re2
from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.errors import Invalid

SOURCE_LIMIT = 4_000
RESULT_LIMIT = 15_000
TEXT_LIMIT = 30_000
"""The longest text between two methods."""
FILTERS = (
    "capitalize",
    "default",
    "first",
    "int",
    "join",
    "last",
    "length",
    "lower",
    "replace",
    "title",
    "trim",
    "upper",
)
REGEX = re.compile(r"(\.\s*(?:extract|replaceAll|split)\(\s*)/((?:\\.|[^/\\\n])*)/")
"""`extract(/id=(\\d+)/)`: a regular expression between slashes, as Opsgenie writes it."""
NOT_IN_IT = re.compile(r"^'[\w.]+(?: object)?' has no attribute '([^']*)'$")
"""What Jinja says of a label, or a value of the sender's, that is not there."""
JAVA_DATE = (
    ("yyyy", "%Y"),
    ("MMM", "%b"),
    ("MM", "%m"),
    ("dd", "%d"),
    ("HH", "%H"),
    ("mm", "%M"),
    ("ss", "%S"),
    ("EEE", "%a"),
    ("z", "%Z"),
)
METHODS = (
    "contains",
    "endswith",
    "endsWith",
    "extract",
    "get",
    "length",
    "lower",
    "removeprefix",
    "removesuffix",
    "replace",
    "replaceAll",
    "split",
    "startswith",
    "startsWith",
    "strip",
    "substring",
    "substringAfter",
    "substringAfterLast",
    "substringBefore",
    "substringBeforeLast",
    "substringBetween",
    "title",
    "toDate",
    "toLowerCase",
    "toUpperCase",
    "trim",
    "upper",
)


class Text(str):
    """A field's text, with the methods that Opsgenie's templates have. Each gives a Text or raises ValueError."""

    __slots__ = ()

    def toLowerCase(self) -> "Text":  # noqa: N802 (these are the names that users write)
        return Text(self.lower())

    def toUpperCase(self) -> "Text":  # noqa: N802
        return Text(self.upper())

    def trim(self) -> "Text":
        return Text(self.strip())

    def length(self) -> int:
        return len(self)

    def contains(self, part: str) -> bool:
        return part in self

    def startsWith(self, part: str) -> bool:  # noqa: N802
        return self.startswith(part)

    def endsWith(self, part: str) -> bool:  # noqa: N802
        return self.endswith(part)

    def substring(self, start: int, end: int | None = None) -> "Text":
        return Text(self[max(0, start) : None if end is None else max(0, end)])

    def substringAfter(self, mark: str) -> "Text":  # noqa: N802
        return Text(self.partition(mark)[2])

    def substringAfterLast(self, mark: str) -> "Text":  # noqa: N802
        return Text(self.rpartition(mark)[2] if mark in self else "")

    def substringBefore(self, mark: str) -> "Text":  # noqa: N802
        return Text(self.partition(mark)[0])

    def substringBeforeLast(self, mark: str) -> "Text":  # noqa: N802
        return Text(self.rpartition(mark)[0] if mark in self else self)

    def substringBetween(self, start: str, end: str) -> "Text":  # noqa: N802
        _, found, rest = self.partition(start)
        inside, closed, _ = rest.partition(end)
        return Text(inside if found and closed else "")

    def replace(self, old: str, new: str, count: Any = -1, /) -> "Text":
        if (str.count(self, old) if old else len(self) + 1) * len(new) > TEXT_LIMIT:
            raise ValueError("the text would become too long")
        return Text(str.replace(self, old, new, int(count)))

    def replaceAll(self, pattern: str, new: str) -> "Text":  # noqa: N802
        if len(new) > 100:
            raise ValueError("the text would become too long")
        return Text(str(_compile(pattern).sub(new.replace("$", "\\"), self))[:TEXT_LIMIT])

    def extract(self, pattern: str, group: int | None = None) -> "Text":
        """What the first group of the expression finds (the whole, where it has none)."""
        found = _compile(pattern).search(self)
        if found is None:
            raise ValueError(f"{pattern!r} finds nothing")
        return Text(found.group((1 if found.re.groups else 0) if group is None else group) or "")

    def split(self, mark: str | None = None, *_: Any) -> "Texts":  # type: ignore[override]
        return Texts(Text(part) for part in str.split(self, mark or None))

    def toDate(self, form: str = "yyyy-MM-dd HH:mm:ss z", zone: str = "UTC") -> "Text":  # noqa: N802
        """An ISO time, or seconds or milliseconds since 1970, in a form of Java's (`yyyy-MM-dd HH:mm`)."""
        try:
            number = float(self)
            at = datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
        except ValueError:
            at = datetime.fromisoformat(self.strip())
        except (OverflowError, OSError) as error:
            raise ValueError("this is no time") from error
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        for java, ours in JAVA_DATE:
            form = form.replace(java, ours)
        try:
            return Text(at.astimezone(ZoneInfo(zone)).strftime(form))
        except (ZoneInfoNotFoundError, OverflowError) as error:
            raise ValueError(f"there is no time zone {zone!r}") from error


class Texts(list[Text]):
    """What `split` gives; `get(0)` is its first part."""

    def get(self, index: int) -> Text:
        return self[index]

    def length(self) -> int:
        return len(self)


@lru_cache(maxsize=500)
def _compile(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(f"{pattern!r} is no regular expression") from error


class RuleSandbox(ImmutableSandboxedEnvironment):
    """What a template in a rule may do: read fields, and call a few methods and filters whose result can't outgrow its
    input by much. No arithmetic, so that no small template makes a large text."""

    intercepted_binops = frozenset({"*", "**", "%", "//"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        raise SecurityError(f"the operator {operator} is not allowed here")

    def is_safe_callable(self, obj: Any) -> bool:
        return getattr(obj, "__name__", "") in METHODS


SANDBOX = RuleSandbox(undefined=StrictUndefined, loader=None, cache_size=0)
SANDBOX.filters = {
    **{name: SANDBOX.filters[name] for name in FILTERS},
    "replace": lambda text, old, new: Text(text).replace(str(old), str(new)),
}
SANDBOX.globals.clear()


@lru_cache(maxsize=1_000)
def _read(source: str) -> Template:
    """The template; raises TemplateError."""
    return SANDBOX.from_string(_quote(source))


def _quote(source: str) -> str:
    """Expressions between slashes become texts."""

    def quote(found: re.Match[str]) -> str:
        return found[1] + json.dumps(found[2].replace("\\/", "/"))

    return REGEX.sub(quote, source)


def list_calls(source: str) -> tuple[list[str], list[str]]:
    """The methods and the filters that a template uses; none of what is no template."""
    try:
        tree = SANDBOX.parse(_quote(source))
    except TemplateError:
        return [], []
    called = [call.node.attr for call in tree.find_all(nodes.Call) if isinstance(call.node, nodes.Getattr)]
    return called, [found.name for found in tree.find_all(nodes.Filter)]


def render_user_template(
    source: str, values: Mapping[str, Any], field: str = "template", limit: int = RESULT_LIMIT
) -> str:
    """Render a template that a user wrote in a rule: sandboxed, strict, at most 4,000 characters long, cut at `limit`.

    Raises Invalid when it names an unknown field or is no template.
    """
    if len(source) > SOURCE_LIMIT:
        raise Invalid("template.too_long", field, limit=SOURCE_LIMIT)
    if "{%" in source or "**" in source or "range(" in source:
        raise Invalid("template.expressions_only", field)
    if "{" not in source:
        return source[:limit]
    try:
        return _read(source).render(values)[:limit]
    except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, RecursionError) as error:
        raise Invalid(
            "template.wrong", field, reason=NOT_IN_IT.sub(r"there is no `\1` in it", str(error))
        ) from error
