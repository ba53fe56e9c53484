"""Gives the silence of a heartbeat to the intake, and its return: an alert like any other."""

from bot.alerts.intake import SenderChanged
from bot.alerts.signal import Action, Signal
from bot.deliveries.delivery import Delivery, number_of
from bot.errors import Rejected
from bot.flow.outbox import Job
from bot.flow.unit import Unit
from storage.models import Heartbeat, Service, Team
from storage.words import HeartbeatStatus


class Heartbeats:
    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery

    async def tell(self, job: Job) -> None:
        """Open or close its alert, as its state says now; one that is gone has none. A second time is a repeat."""

        async def build(unit: Unit) -> Signal:
            heartbeat = await unit.session.get(Heartbeat, number_of(job.subject))
            is_late = heartbeat is not None and heartbeat.active and heartbeat.status is HeartbeatStatus.LATE
            alias = f"heartbeat:{job.payload['slug']}"
            if heartbeat is None or not is_late:
                return Signal(Action.RESOLVE, alias)
            return await self._build_alert(unit, heartbeat, alias)

        signal = await self.delivery.work.look(build)
        try:
            await self.delivery.intake.accept(int(job.payload["integration"]), [signal])
        except SenderChanged as gone:
            raise Rejected("the integration is gone") from gone

    async def _build_alert(self, unit: Unit, heartbeat: Heartbeat, alias: str) -> Signal:
        team = await unit.session.get(Team, heartbeat.team_id) if heartbeat.team_id else None
        service = await unit.session.get(Service, heartbeat.service_id) if heartbeat.service_id else None
        words = self.delivery.templates
        return Signal(
            Action.TRIGGER,
            alias,
            title=heartbeat.message or words.render_plain("alerts/heartbeat_title", heartbeat=heartbeat),
            description=words.render_plain("alerts/heartbeat_description", heartbeat=heartbeat),
            priority=heartbeat.priority,
            source=heartbeat.name,
            entity=heartbeat.name,
            service=service.slug if service else "",
            team=team.slug if team else "",
            tags=tuple(str(tag) for tag in heartbeat.tags),
        )
