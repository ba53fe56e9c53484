"""The page of the documentation that shows what Slack receives, made from the files beside this one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

HERE = Path(__file__).parent / "slack"
PAGE = Path(__file__).resolve().parents[3] / "docs/slack-messages.md"
BUILDER = "https://app.slack.com/block-kit-builder/#"
HEAD = """# What Slack receives

Every card, form and answer as Slack gets it. The files are in `tests/platforms/golden/slack/`; a test compares them
word for word with what is sent, and this page with them. *Open* shows one in Slack's own Block Kit Builder (you sign in
there), as it looks on a desktop and on a phone. How to change the words: [your own templates](operating.md).
"""
PARTS = (
    ("Incidents", ("incident-opened", "incident-worked-on", "incident-resolved", "incident-merged")),
    (
        "Announcements and updates",
        ("announcement-opened", "announcement-worked-on", "announcement-resolved", "update"),
    ),
    ("Alerts", ("alert-open", "alert-acknowledged", "alert-closed")),
    ("Pages", ("page-waiting", "page-acknowledged", "page-over", "page-direct", "page-test")),
    ("Home", ("home",)),
    ("Answers", ("reply-incidents", "reply-catchup", "reply-unknown")),
    (
        "Forms",
        (
            "form-incident-declare",
            "form-incident-update",
            "form-incident-resolve",
            "form-with-errors",
            "loading",
        ),
    ),
)


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
    blocks = sent["blocks"]
    surface = (
        {key: value for key, value in sent.items() if key != "color"}
        if "type" in sent
        else {"blocks": blocks}
    )
    link = BUILDER + quote(json.dumps(surface, ensure_ascii=False, separators=(",", ":")), safe="")
    yield f"**{name}** · [Open]({link})\n"
    if "type" not in sent:
        yield f"> Notification: {_quote(str(sent['text']).splitlines()[0])}\n"
    yield "```text"
    if "type" in sent and sent.get("title"):
        yield f"[ {sent['title']['text']} ]"
    for block in blocks:
        yield from _show_block(block)
    if sent.get("submit"):
        yield f"( {sent['close']['text']} ) ( {sent['submit']['text']} )"
    yield "```"


def _quote(text: str) -> str:
    return text.replace("<", "\\<")


def _show_block(block: dict[str, Any]) -> Iterator[str]:
    """One block in a few lines of plain text."""
    kind = block["type"]
    if kind == "divider":
        yield "─" * 20
    if kind in ("section", "header") and "text" in block:
        yield from block["text"]["text"].splitlines()
    for field in block.get("fields", ()):
        yield f"  {field['text']}"
    if kind == "context":
        yield "  ".join(str(one.get("text", "")) for one in block["elements"])
    if kind == "actions":
        yield "  ".join(_show_element(one) for one in block["elements"])
    if "accessory" in block:
        yield _show_element(block["accessory"])
    if kind == "input":
        optional = " (optional)" if block.get("optional") else ""
        yield f"{block['label']['text']}{optional}: {_show_element(block['element'])}"


def _show_element(element: dict[str, Any]) -> str:
    if element["type"] == "button":
        return f"[ {element['text']['text']} ]" + (" asks first" if "confirm" in element else "")
    if element["type"] == "overflow":
        return "[ ⋯ " + " · ".join(one["text"]["text"] for one in element["options"]) + " ]"
    if element["type"] in ("static_select", "external_select"):
        chosen = element.get("initial_option", {}).get("text", {}).get("text", "")
        return f"⌄ {chosen}".rstrip()
    if element["type"] == "checkboxes":
        return "☐ " + " ☐ ".join(one["text"]["text"] for one in element["options"])
    return str(element.get("initial_value", "")) or "_" * 12
