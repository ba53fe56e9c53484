"""Lets senders in: key, signature, parser, durable commit. The same for the hooks and for the APIs of other products."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from aiohttp import web

from bot.access.outside import OutsideSecrets, wants_signature
from bot.alerts.intake import SenderChanged
from bot.alerts.payloads import Payload, keep_refused
from bot.alerts.queue import Sender
from bot.alerts.signal import Signal
from bot.alerts.storing import Receipt
from bot.catalog.changes import ChangeReport, record_changes
from bot.errors import Invalid, Malformed, Problem, Unauthenticated, Unavailable
from bot.flow.unit import Work
from bot.logs import get_logger
from handlers.parts import Parts
from handlers.webhooks.senders import Senders
from handlers.webhooks.source import Guard, Hook, Parsed, Source
from storage.models import Change

log = get_logger(__name__)


@dataclass(frozen=True)
class Taken:
    """What became of a request: a receipt for each signal, and each change as it is kept now."""

    receipts: Sequence[Receipt] = ()
    changes: Sequence[Change] = ()


class Reception:
    """Where requests of senders arrive."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.senders = Senders(parts.work)
        self.secrets = OutsideSecrets()
        self.guards: dict[str, Guard] = {}

    async def take(self, request: web.Request, source: Source, key: str, body: bytes) -> Taken:
        """Store durably what the sender says; raises Problem, and then nothing of it is kept."""
        sender = await self.senders.get(source.name, key)
        self.parts.intake.check_room(sender.id)
        payload = keep_payload(request, body)
        if source.make_guard is not None:
            return await self._take_guarded(request, source, source.make_guard, key, body)
        try:
            hook = read_hook(request, body, sender)
            self.check_signature(source, hook, sender)
            parsed = source.parse(hook)
            signals = [one for one in parsed if isinstance(one, Signal)]
            if signals and len(signals) == len(parsed):
                return Taken(await self.parts.intake.accept(sender.id, signals, payload, sender))
        except (SenderChanged, Malformed, Invalid, Unauthenticated):
            log.debug("webhook.asked_again", source=source.name, integration=sender.id)
        # No commit has looked whether what is remembered of the sender still holds: ask.
        sender = await self.senders.get(source.name, key, anew=True)
        hook = read_hook(request, body, sender)
        with told(source, sender):
            self.check_signature(source, hook, sender)
            parsed = await self._parse(source, hook, sender, payload)
        changes = [one for one in parsed if isinstance(one, ChangeReport)]
        kept: list[Change] = []
        if changes:
            kept = await self.parts.work.run(lambda unit: record_changes(unit, sender.id, changes))
        signals = [one for one in parsed if isinstance(one, Signal)]
        return Taken(await self.parts.intake.accept(sender.id, signals, payload), kept)

    async def _take_guarded(
        self, request: web.Request, source: Source, make: Callable[[Work], Guard], key: str, body: bytes
    ) -> Taken:
        sender = await self.senders.get(source.name, key, anew=True)
        hook = read_hook(request, body, sender)
        guard = self.guards.setdefault(source.name, make(self.parts.work))
        with told(source, sender):
            self.check_signature(source, hook, sender)
            if not await guard.let_in(hook, sender.id):
                return Taken()
            payload = keep_payload(request, body)
            parsed = await self._parse(source, hook, sender, payload)
        signals = [one for one in parsed if isinstance(one, Signal)]
        taken = Taken(await self.parts.intake.accept(sender.id, signals, payload))
        await guard.note(hook, sender.id)
        return taken

    async def _parse(self, source: Source, hook: Hook, sender: Sender, payload: Payload) -> Sequence[Parsed]:
        """What the message says; one that can't be read is kept."""
        try:
            return source.parse(hook)
        except (Malformed, Invalid) as problem:
            await keep_unread(self.parts, sender, payload, problem)
            raise

    def check_signature(self, source: Source, hook: Hook, sender: Sender) -> None:
        """Raises Unauthenticated when the integration has secrets and none of them signed this body; Unavailable when they
        can't be read. An integration without secrets is let in by its key alone."""
        if source.scheme is None or not wants_signature(sender.settings):
            return
        secrets = self.secrets.read(sender.settings)
        known = [secret for secret in secrets.values() if secret]
        if not known:
            raise Unavailable("signature.no_secret", names=sorted(secrets))
        if not any([source.scheme.holds(hook, secret) for secret in known]):  # noqa: C419 (each takes its time)
            raise Unauthenticated("signature.wrong", header=source.scheme.header)


async def keep_unread(parts: Parts, sender: Sender, payload: Payload, problem: Problem) -> None:
    """Keep a message that can't be read, now and then, for whoever sets the sender up."""
    samples, outcome, now = parts.intake.samples, "refused", parts.work.clock.now()
    if samples.wants(sender.id, outcome, now):
        samples.note(sender.id, outcome, now)
        with suppress(Unavailable):
            await parts.work.run(lambda unit: keep_refused(unit, sender.id, payload, problem.code))


def read_hook(request: web.Request, body: bytes, sender: Sender) -> Hook:
    route = request.match_info.get("route", "")
    return Hook(body, request.headers, request.query, sender.settings, route)


@contextmanager
def told(source: Source, sender: Sender) -> Iterator[None]:
    """A refusal is a line in the log."""
    try:
        yield
    except Problem as problem:
        log.warning("webhook.refused", source=source.name, integration=sender.id, problem=problem.code)
        raise


def keep_payload(request: web.Request, body: bytes) -> Payload:
    """What of a request is kept beside the alert that it opens."""
    return Payload(request.content_type, request.headers, request.query, body)
