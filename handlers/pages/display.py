"""What page templates may call beyond Jinja's own: instants for machines and for people, links in what people write."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from bot.access.roles import has_role
from bot.chat.markup import render_html, render_inline_html
from bot.chat.registry import Registry
from bot.chat.templates import Templates, spell_clock, spell_local
from storage.models import User

FOUND = re.compile(
    r"(?P<code>`[^`\n]+`)"
    r"|(?P<url>https?://[^\s<>\"'`]*[^\s<>\"'`.,;:!?)\]])"
    r"|(?<![\w/-])(?P<incident>INC-\d{1,9})(?!\w)"
    r"|(?<![\w@./-])@(?P<person>[a-z0-9][a-z0-9._-]*[a-z0-9]|[a-z0-9])",
    re.IGNORECASE,
)


def offer(templates: Templates, registry: Registry) -> None:
    """Add these filters and tests to the templates of pages."""
    here = f'href="{templates.public_url}/'

    def render_rich(markup: str) -> Markup:
        """Markup as cleaned HTML, its links to this installation as paths: people may have come by another address."""
        return Markup(render_html(markup).replace(here, 'href="/'))  # noqa: S704

    def render_rich_line(markup: str) -> Markup:
        return Markup(render_inline_html(markup).replace(here, 'href="/'))  # noqa: S704

    def is_runnable_by(line: str, user: User) -> bool:
        """Whether somebody's role lets them run a command line. Links are for everybody."""
        command, _ = registry.find(line)
        return command is None or has_role(user, command.needs)

    templates.add_html_test("runnable_by", is_runnable_by)
    filters: dict[str, Callable[..., Any]] = {
        "rich": render_rich,
        "rich_line": render_rich_line,
        "iso": spell_iso,
        "exact": spell_exact,
        "said": render_saying,
    }
    for name, function in filters.items():
        templates.add_html_filter(name, function)


def spell_iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def spell_exact(at: datetime, zone: str) -> str:
    """Local time in full and UTC: `Mon 23 Nov 2026, 14:05 CET · 13:05 UTC`."""
    local = spell_local(at, zone)
    return local if local.endswith(" UTC") else f"{local} · {spell_clock(at)} UTC"


def render_saying(text: str) -> Markup:
    """A person's words as HTML: nothing of them is markup but links, `code`, @people and INC-1."""
    parts, end = [], 0
    for match in FOUND.finditer(text):
        parts.append(escape(text[end : match.start()]))
        parts.append(_render_match(match))
        end = match.end()
    parts.append(escape(text[end:]))
    return Markup("").join(parts)


def _render_match(match: re.Match[str]) -> Markup:
    if match["code"]:
        return Markup("<code>{}</code>").format(match["code"][1:-1])
    if match["url"]:
        link = Markup('<a href="{0}" rel="noopener noreferrer nofollow" target="_blank">{0}</a>')
        return link.format(match["url"])
    if match["incident"]:
        return Markup('<a href="/{0}">{0}</a>').format(match["incident"].upper())
    return Markup('<strong class="mention">@{}</strong>').format(match["person"])
