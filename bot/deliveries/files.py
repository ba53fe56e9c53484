"""Fetching the files of messages that the timeline keeps, from the platform on which they were posted.

A file that is too large, gone or refused stays as its name, with the reason; nobody is called for it.
"""

from datetime import timedelta

from bot.deliveries.delivery import Delivery, number_of
from bot.errors import Rejected, Retry
from bot.flow.outbox import Job, Outcome
from bot.flow.unit import Unit
from storage.models import Attachment, TimelineEntry
from storage.questions import files as ask

GIVE_UP_AFTER = timedelta(days=1)


class Files:
    """Deliverer of `entry.files`."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery

    async def fetch(self, job: Job) -> Outcome | None:
        """Each file is kept as soon as it is here, so that a second attempt goes on where the first one ended."""
        waiting = await self.delivery.work.look(
            lambda unit: ask.list_unfetched(unit.session, number_of(job.subject))
        )
        for attachment in waiting:
            content, error = await self._fetch_one(job, attachment)
            await self.delivery.work.run(
                lambda unit, number=attachment.id, content=content, error=error: _keep(  # type: ignore[misc]
                    unit, number, content, error
                )
            )
        return None

    async def _fetch_one(self, job: Job, attachment: Attachment) -> tuple[bytes | None, str]:
        """The content, or the reason why there is none."""
        limit = self.delivery.work.installation.file_limit
        if attachment.size > limit:
            return None, "file.too_large"
        try:
            return await self.delivery.platform_of(job).fetch_file(attachment.address, limit), ""
        except Rejected as rejected:
            return None, rejected.reason[:1000]
        except Retry as retry:
            if self.delivery.work.clock.now() - job.created_at > GIVE_UP_AFTER:
                return None, retry.reason[:1000]
            raise


async def _keep(unit: Unit, number: int, content: bytes | None, error: str) -> None:
    """Nothing is kept of a file whose message was deleted meanwhile."""
    attachment = await unit.session.get(Attachment, number, with_for_update=True)
    if attachment is None:
        return
    attachment.content, attachment.error = content, error
    attachment.size = attachment.size if content is None else len(content)
    entry = await unit.session.get_one(TimelineEntry, attachment.entry_id)
    unit.touch(f"incident:{entry.incident_id}")
