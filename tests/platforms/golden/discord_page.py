"""The page of the documentation that shows what Discord receives, made from the files beside this one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "discord"
PAGE = Path(__file__).resolve().parents[3] / "docs/discord-messages.md"
HEAD = """# What Discord receives

Every card, form, question and answer as Discord gets it. The files are in `tests/platforms/golden/discord/`; a test compares
them word for word with what is sent, and this page with them. How to change the words: [your own templates](operating.md).
"""
PARTS = (
    ("Incidents", ("incident-opened", "incident-worked-on", "incident-resolved", "incident-merged")),
    (
        "Announcements and updates",
        ("announcement-opened", "announcement-worked-on", "announcement-resolved", "update"),
    ),
    ("Alerts", ("alert-open", "alert-acknowledged", "alert-closed")),
    ("Pages", ("page-waiting", "page-acknowledged", "page-over", "page-direct", "page-test")),
    ("Answers", ("reply-incidents", "reply-catchup", "reply-alert", "reply-unknown")),
    ("Questions before something is done", ("question-resolve", "question-close")),
    (
        "Forms",
        (
            "form-incident-declare",
            "form-incident-update",
            "form-incident-resolve",
            "form-with-errors",
            "form-again",
        ),
    ),
)
TEXT, LABEL, SELECT, BUTTON, LINK = 10, 18, 3, 2, 5


def build_page() -> str:
    """The whole page as Markdown."""
    lines = [HEAD]
    for title, names in PARTS:
        lines.append(f"## {title}\n")
        for name in names:
            lines += [*_show(name), ""]
    named = {name for _, names in PARTS for name in names}
    rest = sorted(path.stem for path in HERE.glob("*.json") if path.stem not in named)
    lines += ["## The others\n", "Kept in the same way: " + ", ".join(f"`{name}`" for name in rest) + ".", ""]
    return "\n".join(lines)


def _show(name: str) -> Iterator[str]:
    sent: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text())
    yield f"**{name}**\n"
    yield "```text"
    if "title" in sent:
        yield f"[ {sent['title']} ]"
    yield from filter(None, str(sent.get("content") or "").splitlines())
    for embed in sent.get("embeds", ()):
        yield from _show_embed(embed)
    for component in sent.get("components", ()):
        yield _show_component(component)
    yield "```"


def _show_embed(embed: dict[str, Any]) -> Iterator[str]:
    for text in (embed.get("title", ""), embed.get("description", "")):
        yield from (f"│ {line}".rstrip() for line in text.splitlines())
    for field in embed.get("fields", ()):
        yield f"│   {field['name']}: {field['value']}"


def _show_component(part: dict[str, Any]) -> str:
    """A row of buttons, a menu, or a question of a form, in one line of plain text."""
    if part["type"] == TEXT:
        return str(part["content"])
    if part["type"] == LABEL:
        about = f" ({part['description']})" if part.get("description") else ""
        return f"{part['label']}{about}: {_show_component(part['component'])}"
    if part["type"] == SELECT:
        chosen = [option["label"] for option in part["options"] if option.get("default")]
        listed = " · ".join(option["label"] for option in part["options"])
        return f"⌄ {chosen[0]}" if chosen else f"[ ⌄ {part.get('placeholder', '')} {listed} ]"
    if part["type"] == BUTTON:
        return f"[ {part['label']}{' ↗' if part['style'] == LINK else ''} ]"
    if "components" in part:
        return "  ".join(_show_component(one) for one in part["components"])
    return str(part.get("value", "")) or "_" * 12
