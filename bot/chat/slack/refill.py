"""A form as it was sent, shown once more with what was filled in: where nothing could be kept, nobody types it twice."""

from collections.abc import Mapping
from typing import Any

from bot.chat.reply import Reply
from bot.chat.slack.blocks import render_reply
from bot.chat.slack.modals import View
from bot.chat.templates import Templates

KEPT = ("type", "callback_id", "title", "submit", "close", "private_metadata")
INITIAL = {
    "value": "initial_value",
    "selected_option": "initial_option",
    "selected_options": "initial_options",
}
"""Where an element begins, by the name of what it holds."""
NOTE = "why_again"


def refill(view: Mapping[str, Any], reply: Reply, words: Templates) -> View:
    """The modal that was sent with its answers in it, and above them why it is here again."""
    values = view["state"]["values"]
    note = {**render_reply(reply, words).blocks[0], "block_id": NOTE}
    blocks = [_refill(block, values) for block in view["blocks"] if block["block_id"] != NOTE]
    return {name: view[name] for name in KEPT} | {"blocks": [note, *blocks]}


def _refill(block: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    if block["type"] != "input":
        return dict(block)
    element = {name: value for name, value in block["element"].items() if name not in INITIAL.values()}
    state = values.get(block["block_id"], {}).get(element["action_id"], {})
    filled = {INITIAL[name]: value for name, value in state.items() if name in INITIAL and value}
    return {**block, "element": element | filled}
