"""Watches over paging from beside it, so that a page can't vanish: it asks the database what should have happened and
did not, and tells the fallback contacts itself, by no queue and no timer of ours. While paging works it gives a sign of life
to whoever watches over Tocsin.
"""

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from prometheus_client import Gauge

from bot.channels import FallbackContact
from bot.chat.markup import render_text
from bot.chat.templates import Templates
from bot.errors import Rejected, Retry, Unavailable
from bot.flow.unit import Unit, Work
from bot.logs import get_logger
from bot.notify.notifier import Notice, Notifier
from bot.notify.outbound import Outbound
from storage.questions import leases
from storage.questions import watchdog as ask

log = get_logger(__name__)
LOOK_EVERY = 15.0
LOOK_WITHIN = 30.0
"""So long it waits for the database, in seconds."""
AGAIN_AFTER = timedelta(minutes=30)
"""The same trouble is told again after so long, while it lasts."""
SIGN_EVERY = 60.0
OVERDUE_AFTER = timedelta(minutes=1)
STUCK_AFTER = timedelta(minutes=3)
UNANSWERED_FOR = timedelta(minutes=1)
"""After its policy has given up."""
UNPAGED_AFTER = timedelta(minutes=5)
AWAY_AFTER = 60.0
BROKEN = ("overdue", "stuck", "database")
"""What means that paging itself does not work; the rest is about one trouble and the people for it."""
found_gauge = Gauge("tocsin_watchdog_findings", "What should have happened and did not", ["kind"])
looked = Gauge("tocsin_watchdog_looked_timestamp_seconds", "When the watchdog looked last")


@dataclass(frozen=True)
class Finding:
    """Something that should have happened. `about` tells those of a kind apart."""

    kind: str
    about: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"watchdog {self.kind} {self.about}".strip()[:40]


class Watchdog:
    """Looks every few seconds. `contacts` are told of what it finds; `sign_url` gets a sign of life."""

    def __init__(
        self,
        work: Work,
        templates: Templates,
        notifiers: Mapping[str, Notifier],
        contacts: Sequence[FallbackContact],
        sign_url: str = "",
        outbound: Outbound | None = None,
    ) -> None:
        self.work, self.templates, self.notifiers = work, templates, notifiers
        self.contacts, self.sign_url = contacts, sign_url
        self.outbound = outbound or Outbound()
        self.owner = secrets.token_hex(6)
        self.sign_problem = ""
        """Why the last sign of life was not taken; empty when it was."""
        self._told: dict[str, float] = {}
        self._away_since: float | None = None
        self._signed_at = float("-inf")
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("watchdog.failed")
            await asyncio.sleep(LOOK_EVERY)

    async def look(self) -> list[Finding]:
        """Look once, and tell what is new; what was found."""
        findings = await self._find()
        kinds = [one.kind for one in findings]
        for kind in ask.KINDS:
            found_gauge.labels(kind).set(kinds.count(kind))
        looked.set(time.time())
        now = time.monotonic()
        lasting = {one.key for one in findings}
        self._told = {key: at for key, at in self._told.items() if key in lasting}
        for finding in findings:
            told_at = self._told.get(finding.key)
            if told_at is None or now - told_at >= AGAIN_AFTER.total_seconds():
                self._told[finding.key] = now
                if await self._is_ours(finding):
                    await self._tell(finding)
        if not any(one.kind in BROKEN for one in findings):
            await self._give_sign(now)
        return findings

    async def _find(self) -> list[Finding]:
        try:
            async with asyncio.timeout(LOOK_WITHIN):
                findings = await self.work.run(self._ask)
        except (Unavailable, TimeoutError):
            now = time.monotonic()
            self._away_since = self._away_since or now
            seconds = now - self._away_since
            return [Finding("database", "", {"seconds": int(seconds)})] if seconds >= AWAY_AFTER else []
        self._away_since = None
        return findings

    async def _ask(self, unit: Unit) -> list[Finding]:
        """In a unit that writes: a database that only answers questions pages nobody."""
        session, now = unit.session, unit.now
        await leases.take(session, "watchdog", self.owner, LOOK_EVERY)
        found: list[Finding] = []
        count, oldest = await ask.count_overdue(session, now - OVERDUE_AFTER)
        if count and oldest is not None:
            found.append(
                Finding("overdue", "", {"count": count, "seconds": int((now - oldest).total_seconds())})
            )
        count, oldest = await ask.count_stuck(session, now - STUCK_AFTER)
        if count and oldest is not None:
            found.append(
                Finding("stuck", "", {"count": count, "seconds": int((now - oldest).total_seconds())})
            )
        for subject, title in await ask.list_unanswered(session, now - UNANSWERED_FOR):
            found.append(Finding("unanswered", subject, {"title": title}))
        for subject, title in await ask.list_unpaged(session, now - UNPAGED_AFTER):
            found.append(Finding("unpaged", subject, {"title": title}))
        return found

    async def _is_ours(self, finding: Finding) -> bool:
        """Whether no other replica told it lately. Twice is better than never: when nobody can be asked, it is."""
        try:
            async with asyncio.timeout(LOOK_WITHIN):
                return await self.work.run(
                    lambda unit: leases.take(
                        unit.session, finding.key, self.owner, AGAIN_AFTER.total_seconds() - LOOK_EVERY
                    )
                )
        except (Unavailable, TimeoutError):
            return True

    async def _tell(self, finding: Finding) -> None:
        log.error("watchdog.found", kind=finding.kind, about=finding.about, **finding.data)
        if not self.contacts:
            return
        words = render_text(
            self.templates.render_markup(
                "email/watchdog", kind=finding.kind, about=finding.about, d=finding.data
            )
        )
        subject, _, text = words.partition("\n")
        notice = Notice(
            subject, text.strip(), short=subject, spoken=subject, priority="P1", url=self.templates.public_url
        )
        await asyncio.gather(*(self._send(contact, notice, finding.key) for contact in self.contacts))

    async def _send(self, contact: FallbackContact, notice: Notice, key: str) -> None:
        notifier = self.notifiers.get(contact.kind)
        if notifier is None:
            log.error("watchdog.not_told", kind=contact.kind, reason="not set up")
            return
        for pause in (0.0, 2.0, 10.0):
            await asyncio.sleep(pause)
            try:
                await notifier.send(contact.address, notice, f"{key} {int(time.time())}")
            except Retry as retry:
                log.warning("watchdog.not_told_yet", kind=contact.kind, reason=retry.reason[:200])
            except Rejected as rejected:
                log.error("watchdog.not_told", kind=contact.kind, reason=rejected.reason[:200])
                return
            else:
                return
        log.error("watchdog.not_told", kind=contact.kind, reason="no answer")

    async def _give_sign(self, now: float) -> None:
        if not self.sign_url or now - self._signed_at < SIGN_EVERY - LOOK_EVERY / 2:
            return
        try:
            await self.outbound.post(self.sign_url, body=b"", trusted=True)
        except (Retry, Rejected) as problem:
            self.sign_problem = problem.reason
            log.warning("watchdog.no_sign_of_life", reason=problem.reason[:200])
        else:
            self.sign_problem, self._signed_at = "", now
