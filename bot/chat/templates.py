"""The Jinja environment. Every word a person reads comes through here; an operator's folder is searched first.

`*.md.jinja` gives neutral markup (values are escaped as markup), `*.html.jinja` gives HTML (values are escaped as HTML).
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from types import CodeType
from typing import Any, ClassVar, TypeVar
from zoneinfo import ZoneInfo

from jinja2 import BaseLoader, BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from bot.chat.card import Card, parse_card
from bot.chat.markup import Rich, escape, escape_lines, render_html, render_inline_html, render_text
from bot.errors import Problem
from bot.logs import get_logger

log = get_logger(__name__)
T = TypeVar("T")

HERE = Path(__file__).resolve().parents[2] / "templates"


def spell_duration(seconds: float | timedelta) -> str:
    """A length of time as people say it: `45 s`, `12 min`, `2 h 05 min`, `3 d 4 h`."""
    total = int(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)
    if total < 0:
        return f"-{spell_duration(-total)}"
    minutes, rest = divmod(total, 60)
    hours, minutes_left = divmod(minutes, 60)
    days, hours_left = divmod(hours, 24)
    if days:
        return f"{days} d {hours_left} h"
    if hours:
        return f"{hours} h {minutes_left:02} min"
    if minutes:
        return f"{minutes} min"
    return f"{rest} s"


class _Compiled(BytecodeCache):
    """Remembers, as long as the process lives, what templates of these words were compiled to. `kind` is whatever else the
    compiled code depends on."""

    codes: ClassVar[dict[tuple[object, str, str], CodeType]] = {}

    def __init__(self, *kind: object) -> None:
        self.kind = kind

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.codes.get((self.kind, bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self.codes[self.kind, bucket.key, bucket.checksum] = bucket.code


class Templates:
    """Renders the templates of this installation."""

    def __init__(self, folder: Path | None = None, public_url: str = "") -> None:
        self._folder = folder
        self.public_url = public_url
        loader = FileSystemLoader([str(path) for path in (folder, HERE) if path is not None])
        self.markup = self._environment("markup", loader)
        self.markup.finalize = _finalize
        self.html = self._environment("html", loader, autoescape=True)
        self.plain = self._environment("plain", loader)
        self._ours = Templates(None, public_url) if folder is not None else None
        """What is used where a template of the operator's folder fails."""

    def _environment(self, kind: str, loader: BaseLoader, autoescape: bool = False) -> Environment:
        environment = Environment(
            loader=loader,
            bytecode_cache=_Compiled(kind, self._folder),
            undefined=StrictUndefined,
            autoescape=autoescape,  # noqa: S701 - markup templates escape by rules of their own
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            auto_reload=False,
        )
        environment.globals["public_url"] = Rich(self.public_url)
        environment.globals["explain_step"] = self.explain_step
        environment.filters.update(
            {
                "duration": spell_duration,
                "local": spell_local,
                "clock": spell_clock,
                "when": spell_when,
                "lines": escape_lines,
                "prose": Rich,
                "reason": self.explain_reason,
                "plain": render_text,
                "html": lambda markup: Markup(render_html(markup)),  # noqa: S704 - sanitised there
                "inline": lambda markup: Markup(render_inline_html(markup)),  # noqa: S704 - sanitised there
            }
        )
        return environment

    def use_globals(self, **values: Any) -> None:
        """Offer values or functions to every template."""
        self.markup.globals.update(values)
        self.html.globals.update(values)
        if self._ours is not None:
            self._ours.use_globals(**values)

    def add_html_filter(self, name: str, function: Callable[..., Any]) -> None:
        self.html.filters[name] = function
        if self._ours is not None:
            self._ours.add_html_filter(name, function)

    def add_html_test(self, name: str, function: Callable[..., bool]) -> None:
        self.html.tests[name] = function
        if self._ours is not None:
            self._ours.add_html_test(name, function)

    def _render(self, name: str, render: "Callable[[Templates], T]") -> T:
        """A template that the operator wrote and that fails must not keep a page from anybody: ours is used instead, and
        the log says so."""
        try:
            return render(self)
        except Exception:
            if self._ours is None:
                raise
            log.exception("template.failed", name=name, folder=str(self._folder))
            return render(self._ours)

    def render_markup(self, name: str, /, **values: Any) -> Rich:
        """Render `templates/<name>.md.jinja` to neutral markup."""
        path = f"{name}.md.jinja"
        return self._render(path, lambda own: Rich(own.markup.get_template(path).render(**values).strip()))

    def render_plain(self, name: str, /, **values: Any) -> str:
        """Render `templates/<name>.txt.jinja`: plain text for a terminal, nothing escaped."""
        path = f"{name}.txt.jinja"
        return self._render(path, lambda own: own.plain.get_template(path).render(**values))

    def render_card(self, name: str, /, **values: Any) -> Card:
        """Render `templates/cards/<name>.md.jinja` to a card."""
        return self._render(name, lambda own: parse_card(own.render_markup(f"cards/{name}", **values)))

    @staticmethod
    def read_card(markup: str) -> Card:
        """A rendered card template as a card."""
        return parse_card(markup)

    def render_html(self, name: str, /, **values: Any) -> str:
        """Render `templates/<name>.html.jinja` to HTML."""
        path = f"{name}.html.jinja"
        return self._render(path, lambda own: own.html.get_template(path).render(**values))

    def render_sentence(self, book: str, name: str, /, **values: Any) -> Rich:
        """Render the macro `name` of `templates/<book>.md.jinja`, a book of sentences; it gets the values as `d`."""
        return self._render(book, lambda own: own.find_sentence(book, name, values))

    def find_sentence(self, book: str, name: str, values: Mapping[str, Any]) -> Rich:
        module = self.markup.get_template(f"{book}.md.jinja").module
        macro = getattr(module, name.replace(".", "_").replace("-", "_"), None)
        if macro is None and self._ours is not None:
            return self._ours.find_sentence(book, name, values)
        if macro is None:
            return Rich(escape(name.replace("_", " ").replace(".", " ")))
        return Rich(str(macro(values)).strip())

    def explain(self, problem: Problem) -> str:
        """The sentence that a person reads about a problem, in markup."""
        return self.render_sentence("errors/sentences", problem.code, **problem.data)

    def explain_step(self, step: Mapping[str, Any], zone: str = "UTC") -> Rich:
        """The sentence for a line of an alert's trace, {"stage": ..., "reason": ...}; `until` is told by the clocks of
        `zone`."""
        values = dict(step)
        with suppress(ValueError):  # a trace that was written otherwise
            values["until"] = spell_local(datetime.fromisoformat(str(step.get("until"))), zone)
        return self.render_sentence("trace", f"{step['stage']}.{step['reason']}", **values)

    def explain_reason(self, reason: str) -> Rich:
        """Why something could not be delivered, in words: a reason that begins with a code has its sentence in
        `templates/errors/reasons`, or that of its source (`slack`); any other stands for itself."""
        code, _, detail = reason.partition(" ")
        book = self.markup.get_template("errors/reasons.md.jinja").module
        source, dot, name = code.partition(".")
        macro = getattr(book, f"{source}_{name}", getattr(book, source, None)) if dot else None
        values = {"code": name, "detail": detail}
        return Rich(str(macro(values)).strip()) if macro is not None else Rich(escape(reason))


def _finalize(value: Any) -> Any:
    if value is None:
        return ""
    return value if isinstance(value, Rich) else escape(value)


def spell_local(at: datetime, zone: str = "UTC") -> str:
    """An instant as a person in `zone` reads it: `Mon 23 Nov 2026, 14:05 CET`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"


def spell_clock(at: datetime, zone: str = "UTC") -> str:
    """The clock time of an instant in `zone`: `14:05`."""
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def spell_when(at: datetime, zone: str, now: datetime) -> str:
    """The clock time, with the day when it is not today: `14:05`, `Sun 22 Nov 14:05`."""
    local, today = spell_local(at, zone), spell_local(now, zone)
    clock = spell_clock(at, zone)
    day = local.partition(",")[0]
    if day == today.partition(",")[0]:
        return clock
    return f"{day.rpartition(' ')[0] if day[-4:] == today.partition(',')[0][-4:] else day} {clock}"
