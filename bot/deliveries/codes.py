"""Sending the code by which a person shows that a contact method is theirs."""

from bot.chat.markup import render_text
from bot.deliveries.delivery import Delivery, number_of
from bot.deliveries.hearing import noting
from bot.errors import Rejected
from bot.flow.outbox import Job, Outcome
from bot.notify.notifier import Notice
from storage.models import ContactMethod


class Codes:
    """The deliverer of `contact.code`."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery

    async def send(self, job: Job) -> Outcome | None:
        """A code that is too old, or that another one has replaced, is not sent."""
        number = number_of(job.subject)
        contact = await self.delivery.work.look(lambda unit: unit.session.get(ContactMethod, number))
        if contact is None or not contact.active or contact.verified_at is not None:
            return None
        if contact.code_until is None or contact.code_until <= self.delivery.work.clock.now():
            return None
        notifier = self.delivery.notifiers.get(contact.kind)
        if notifier is None:
            raise Rejected("contact.not_set_up")
        code = str(job.payload["code"])
        words = render_text(self.delivery.templates.render_markup("email/code", code=code))
        subject, _, text = words.partition("\n")
        spoken = render_text(self.delivery.templates.render_markup("email/spoken_code", code=code)).strip()
        options = dict(contact.options)
        notice = Notice(subject, text.strip(), short=subject, spoken=spoken, code=code, options=options)
        await noting(notifier.send)(contact.address, notice, job.key)
        return None
