"""Waiting signals, fitted to their columns, cut into turns within which their order does not matter. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.alerts.signal import DESCRIPTION_LIMIT, TITLE_LIMIT, Action, LinkTo, Signal, clip, fit_alias


@dataclass(frozen=True)
class Waiting:
    """A signal, the place of its delivery in the group and its own in the delivery, and what the integration's actions
    said about it."""

    place: int
    index: int
    integration_id: int
    signal: Signal
    trace: tuple[dict[str, Any], ...] = ()

    @property
    def key(self) -> tuple[int, str]:
        return self.integration_id, self.signal.alias


def split_turns(waiting: Sequence[Waiting]) -> list[list[Waiting]]:
    """Cut the waiting signals where one alias is both triggered and ended, so that within a turn the order of signals
    does not matter and statements can be set-based."""
    turns: list[list[Waiting]] = [[]]
    actions: dict[tuple[int, str], Action] = {}
    for one in waiting:
        one = replace(one, signal=fit(one.signal))
        if actions.get(one.key, one.signal.action) is not one.signal.action:
            turns.append([])
            actions = {}
        actions[one.key] = one.signal.action
        turns[-1].append(one)
    return turns


def fit(signal: Signal) -> Signal:
    return replace(
        signal,
        alias=fit_alias(clip(signal.alias, len(signal.alias))),
        title=clip(" ".join(signal.title.split()), TITLE_LIMIT),
        description=clip(signal.description, DESCRIPTION_LIMIT),
        source=clip(signal.source, 120),
        service=clip(signal.service, 200),
        team=clip(signal.team, 200),
        entity=clip(signal.entity, 512),
        tags=tuple(dict.fromkeys(clip(tag, 200) for tag in signal.tags[:100])),
        links=_fit_links(signal.links),
        images=_fit_links(signal.images),
        labels={clip(name, 200): clip(value, 2_000) for name, value in list(signal.labels.items())[:200]},
    )


def _fit_links(links: Sequence[LinkTo]) -> tuple[LinkTo, ...]:
    return tuple(LinkTo(clip(link.title, 200), clip(link.url, 8_000)) for link in links[:20])
