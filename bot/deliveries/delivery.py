"""What every deliverer has at hand: the platforms and channels that are on, the templates, and a look at current state."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.chat.platform import Platform
from bot.chat.templates import Templates
from bot.errors import Rejected
from bot.flow.outbox import Job
from bot.flow.unit import Work
from bot.incidents.view import IncidentView, build_incident_view
from bot.notify.notifier import Notifier


@dataclass(frozen=True)
class Delivery:
    work: Work
    templates: Templates
    platforms: Mapping[str, Platform]
    notifiers: Mapping[str, Notifier]

    def platform_of(self, job: Job) -> Platform:
        """The platform that a stream (`INC-7@room`) leads to."""
        name = job.stream.rpartition("@")[2]
        if name not in self.platforms:
            raise Rejected(f"the platform {name} is not set up")
        return self.platforms[name]

    async def view(self, incident_id: int) -> IncidentView:
        """The incident as it is now."""
        return await self.work.look(lambda unit: build_incident_view(unit.session, incident_id))

    def incident_url(self, ref: str) -> str:
        return f"{self.work.installation.public_url}/{ref}"


def number_of(subject: str) -> int:
    """The id in `incident:7`."""
    return int(subject.rpartition(":")[2])
