"""Waiting signals, cut into turns within which their order does not matter; and how they fit their columns. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from bot.alerts.signal import DESCRIPTION_LIMIT, TITLE_LIMIT, Action, LinkTo, Signal, clip, fit_alias


@dataclass
class Waiting:
    """A signal, the place of its delivery in the group and its own in the delivery, and what the integration's actions
    said about it."""

    place: int
    index: int
    integration_id: int
    signal: Signal
    trace: tuple[dict[str, Any], ...] = ()
    key: tuple[int, str] = field(init=False)
    """(integration, alias as it is stored)."""

    def __post_init__(self) -> None:
        self.key = (self.integration_id, fit_alias(clip(self.signal.alias, len(self.signal.alias))))


def split_turns(waiting: Sequence[Waiting]) -> list[list[Waiting]]:
    """Cut the waiting signals where one alias is both triggered and ended, so that within a turn the order of signals
    does not matter and statements can be set-based."""
    turns: list[list[Waiting]] = [[]]
    actions: dict[tuple[int, str], Action] = {}
    for one in waiting:
        action = one.signal.action
        if actions.setdefault(one.key, action) is not action:
            turns.append([])
            actions = {one.key: action}
        turns[-1].append(one)
    return turns


LIMITS = {"description": DESCRIPTION_LIMIT, "source": 120, "service": 200, "team": 200, "entity": 512}
"""Of texts; the title's lines are joined beside."""


def fit(signal: Signal) -> Signal:
    """A signal whose texts fit their columns: mostly itself."""
    new: dict[str, Any] = {
        name: clip(text, limit)
        for name, limit in LIMITS.items()
        if not _fits(text := getattr(signal, name), limit)
    }
    alias = fit_alias(clip(signal.alias, len(signal.alias)))
    title = clip(" ".join(signal.title.split()), TITLE_LIMIT)
    if alias != signal.alias or title != signal.title:
        new |= {"alias": alias, "title": title}
    if signal.tags:
        new["tags"] = tuple(dict.fromkeys(clip(tag, 200) for tag in signal.tags[:100]))
    labels = signal.labels
    if len(labels) > 200 or not (_all_fit(labels, 200) and _all_fit(labels.values(), 2_000)):
        new["labels"] = {clip(name, 200): clip(value, 2_000) for name, value in list(labels.items())[:200]}
    for name in ("links", "images"):
        links = getattr(signal, name)
        if len(links) > 20 or not all(_fits(one.title, 200) and _fits(one.url, 8_000) for one in links):
            new[name] = tuple(LinkTo(clip(one.title, 200), clip(one.url, 8_000)) for one in links[:20])
    return replace(signal, **new) if new else signal


def _all_fit(texts: Collection[str], limit: int) -> bool:
    return not texts or (max(map(len, texts)) <= limit and "\x00" not in "".join(texts))


def _fits(text: str, limit: int) -> bool:
    return len(text) <= limit and "\x00" not in text
