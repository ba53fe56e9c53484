"""The user group of a schedule on a chat platform gets whoever is on call now."""

from bot.deliveries.delivery import Delivery, number_of
from bot.errors import Rejected
from bot.flow.outbox import Job, Outcome
from bot.flow.unit import Unit
from bot.logs import get_logger
from bot.oncall.answers import find_people_on_call
from bot.oncall.groups import fact_of
from storage.models import Fact, Schedule, User

log = get_logger(__name__)


class Groups:
    """Deliverer of `group.show`."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery

    async def show(self, job: Job) -> Outcome | None:
        """A group is never emptied: where nobody can be put into it, it stays as it was, and the doctor says why."""
        number = number_of(job.subject)
        platform = self.delivery.platform_of(job)
        schedule, people = await self.delivery.work.look(lambda unit: self._read(unit, number))
        if schedule is None or not schedule.active or not schedule.chat_group:
            return self._note(number, platform.name, "")
        addresses = [await self.delivery.find_address(platform, user) for user in people]
        found = tuple(dict.fromkeys(address for address in addresses if address is not None))
        if not found:
            return self._note(
                number, platform.name, "group.nobody_found" if people else "group.nobody_on_call"
            )
        try:
            await platform.set_group(schedule.chat_group, found)
        except Rejected as rejected:
            reason = rejected.reason
            await self.delivery.work.run(lambda unit: _keep(unit, number, platform.name, reason))
            raise
        return self._note(number, platform.name, "")

    async def _read(self, unit: Unit, number: int) -> tuple[Schedule | None, tuple[User, ...]]:
        schedule = await unit.session.get(Schedule, number)
        _, reasons = await find_people_on_call(unit, number, unit.now)
        return schedule, tuple(reason.user for reason in reasons)

    @staticmethod
    def _note(number: int, platform: str, reason: str) -> Outcome:
        if reason:
            log.warning("group.not_followed", schedule=number, platform=platform, reason=reason)
        return lambda unit: _keep(unit, number, platform, reason)


async def _keep(unit: Unit, number: int, platform: str, reason: str) -> None:
    """Note why the group does not follow; nothing, when it does."""
    name = fact_of(number, platform)
    fact = await unit.session.get(Fact, name)
    if fact is not None and not reason:
        await unit.session.delete(fact)
    elif fact is not None:
        fact.value = reason
    elif reason:
        unit.session.add(Fact(name=name, value=reason))
