"""What handlers are given by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from bot.access.keys import KeyUses
from bot.alerts.intake import Intake
from bot.chat.platform import Inbound, Platform
from bot.chat.registry import Registry
from bot.chat.starting import Starter
from bot.chat.templates import Templates
from bot.config import Settings
from bot.flow.others import Others
from bot.flow.outbox import Outbox
from bot.flow.timers import Timers
from bot.flow.unit import Work
from bot.notify.notifier import Notifier
from bot.paging.watchdog import Watchdog


@dataclass(frozen=True)
class Parts:
    """The built house."""

    settings: Settings
    work: Work
    templates: Templates
    registry: Registry
    inbound: Inbound
    intake: Intake
    outbox: Outbox
    timers: Timers
    platforms: dict[str, Platform]
    starter: Starter
    notifiers: dict[str, Notifier]
    others: Others | None
    """The other replicas, where there can be some."""
    watchdog: Watchdog
    key_uses: KeyUses


ListRoutes = Callable[[Parts], list[web.RouteDef]]
"""What each module of routes offers as `list_routes`."""
