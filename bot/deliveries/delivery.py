"""What every deliverer has at hand: the platforms and channels that are on, the templates, and a look at current state."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from bot.access.accounts import keep_address
from bot.alerts.intake import Intake
from bot.chat.platform import Once, Person, Platform
from bot.chat.templates import Templates
from bot.deliveries.hearing import listen_to
from bot.errors import Rejected, Retry
from bot.flow.looks import Looks, nothing_ahead
from bot.flow.outbox import Job
from bot.flow.unit import Work
from bot.incidents.view import IncidentView, build_incident_view
from bot.notify.notifier import Notifier
from bot.notify.outbound import Outbound
from storage.models import User
from storage.questions import access

ASK_AGAIN_AFTER = timedelta(hours=1)
"""How long it is believed that a person is not on a platform."""


@dataclass(frozen=True)
class Delivery:
    work: Work
    templates: Templates
    platforms: Mapping[str, Platform]
    notifiers: Mapping[str, Notifier]
    intake: Intake
    outbound: Outbound

    def platform_of(self, job: Job) -> Platform:
        """The platform that a stream (`INC-7@room`) leads to."""
        name = job.lane
        if name in self.platforms:
            return listen_to(self.platforms[name])
        if name in self.work.installation.platforms:
            raise Retry(f"platform.not_started {name}")
        raise Rejected(f"the platform {name} is not set up")

    async def find_address(self, platform: Platform, user: User) -> str | None:
        """Where a person is on a platform: the account that is known, or else whom the platform knows by their e-mail
        address, which is remembered. None when they are not there."""
        if platform.name == "room":
            return await platform.find_person(Person(user.id, user.email))
        known = await self.work.look(
            lambda unit: access.find_account_of(unit.session, platform.name, user.id)
        )
        fresh = known is not None and self.work.clock.now() - known.checked_at < ASK_AGAIN_AFTER
        if known is not None and (known.address is not None or fresh):
            return known.address
        address = await platform.find_person(Person(user.id, user.email))
        return await self.work.run(lambda unit: keep_address(unit, platform.name, user.id, address))

    async def view(self, incident_id: int) -> IncidentView:
        """The incident as it is now. What is shown of it in several places at once is read once."""
        return await self._views.look(incident_id)

    @cached_property
    def _views(self) -> Looks[int, IncidentView]:
        return Looks(self.work, nothing_ahead, lambda unit, number: build_incident_view(unit.session, number))

    def incident_url(self, ref: str) -> str:
        return f"{self.work.installation.public_url}/{ref}"


def once_of(job: Job, key: str = "") -> Once:
    """What makes this job's post repeatable: its own key, or that of the thing which it makes once and for all."""
    return Once(key or job.key, job.again)


def number_of(subject: str) -> int:
    """The id in `incident:7`."""
    return int(subject.rpartition(":")[2])
