"""Looking for people on a chat platform before anybody pages them there, in small numbers and beside all other work."""

from bot.deliveries.delivery import ASK_AGAIN_AFTER, Delivery
from bot.errors import Rejected
from bot.flow.outbox import Job, Outcome
from bot.logs import get_logger
from storage.questions import access

log = get_logger(__name__)
AT_ONCE = 50
"""How many are looked up in an hour: platforms count what they are asked. Who is paged before that is looked up then."""


class Accounts:
    """Deliverer of `account.find`."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery

    async def find(self, job: Job) -> Outcome | None:
        """Each answer is kept at once, so that a second attempt goes on where the first one ended. A platform that may not
        be asked is not asked again until the next hour; the doctor says why."""
        platform = self.delivery.platform_of(job)
        before = self.delivery.work.clock.now() - ASK_AGAIN_AFTER
        people = await self.delivery.work.look(
            lambda unit: access.list_unmapped(unit.session, platform.name, before, AT_ONCE)
        )
        try:
            for user in people:
                await self.delivery.find_address(platform, user)
        except Rejected as rejected:
            log.warning("accounts.not_asked", platform=platform.name, reason=rejected.reason[:200])
            return None
        return None
