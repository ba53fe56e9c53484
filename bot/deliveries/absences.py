"""Reading the calendars in which people keep their absences."""

import asyncio
import hashlib
from datetime import timedelta

from bot.deliveries.delivery import Delivery, number_of
from bot.errors import Rejected, Retry
from bot.flow.outbox import Job, Outcome
from bot.flow.unit import Unit
from bot.oncall.absence_file import read_absences
from bot.oncall.absences import AHEAD, Reading, keep_failure, keep_reading
from storage.models import AbsenceCalendar, User

LARGEST = 2 * 1024 * 1024
UNDERSTOOD_FOR = timedelta(days=1)
"""After so long it is worked out again although it has not changed, as more days have come near."""


class Absences:
    """The deliverer of `absences.read`. One that can't be read is tried again in an hour, and holds up no other."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery

    async def read(self, job: Job) -> Outcome | None:
        number = number_of(job.subject)

        async def look(unit: Unit) -> tuple[AbsenceCalendar, str] | None:
            row = await unit.session.get(AbsenceCalendar, number)
            user = await unit.session.get(User, row.user_id) if row is not None else None
            return (row, user.zone) if row is not None and user is not None and user.active else None

        found = await self.delivery.work.look(look)
        if found is None:
            return None
        row, zone = found
        try:
            reading = await self._fetch(row, zone)
        except (Retry, Rejected) as problem:
            reason = problem.reason
            return lambda unit: keep_failure(unit, number, row.url, reason)
        return lambda unit: keep_reading(unit, number, reading)

    async def _fetch(self, row: AbsenceCalendar, zone: str) -> Reading:
        now = self.delivery.work.clock.now()
        is_fresh = row.understood_at is not None and now - row.understood_at < UNDERSTOOD_FOR
        is_known = is_fresh and row.zone == zone
        known = {"etag": row.etag, "last_modified": row.last_modified} if is_known else {}
        content = await self.delivery.outbound.get(row.url, limit=LARGEST, **known)
        digest = hashlib.sha256(content.body).hexdigest()
        if is_known and (not content.changed or digest == row.digest):
            return Reading(row.url, zone, etag=content.etag, last_modified=content.last_modified)
        # Beside the loop: the library takes a while to load, and seconds for the largest that is read.
        absences = await asyncio.to_thread(read_absences, content.body, zone, now, now + AHEAD)
        return Reading(
            row.url,
            zone,
            absences.times,
            absences.passed_over,
            content.etag,
            content.last_modified,
            digest,
        )
