"""The card of a shift that is offered: with each person who may take it, and edited when somebody did."""

from bot.chat.card import Card
from bot.chat.platform import Message
from bot.deliveries.delivery import Delivery, number_of, once_of
from bot.deliveries.posts import digest_of
from bot.errors import Rejected
from bot.flow.outbox import Job, Outcome
from bot.flow.unit import Unit
from bot.oncall.clashes import find_clashes
from storage.models import Schedule, Swap, SwapCopy, User
from storage.words import SwapState


class Swaps:
    """The deliverer of `swap.show`."""

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery

    async def show(self, job: Job) -> Outcome | None:
        """Post it, or edit it when it looks different. What is settled before it was posted is not posted any more."""
        copy, swap, user, card = await self.delivery.work.look(
            lambda unit: self._read(unit, number_of(job.subject))
        )
        digest = digest_of(card)
        if digest == copy.shown or (copy.address is None and swap.state is not SwapState.OPEN):
            return None
        platform, message = self.delivery.platform_of(job), Message(card=card, summary=card.title)
        address = copy.address
        if address is not None:
            await platform.edit_direct(address, message)
        else:
            person = await self.delivery.find_address(platform, user)
            if person is None:
                raise Rejected(f"{user.handle} is not on {platform.name}")
            address = await platform.post_direct(person, message, once_of(job))

        async def shown(unit: Unit) -> None:
            fresh = await unit.session.get_one(SwapCopy, copy.id)
            fresh.address, fresh.shown = address, digest
            if (await unit.session.get_one(Swap, swap.id)).state is not swap.state:
                unit.put(job.stream, job.kind, job.subject, coalesce=True)

        return shown

    async def _read(self, unit: Unit, number: int) -> tuple[SwapCopy, Swap, User, Card]:
        copy = await unit.session.get_one(SwapCopy, number)
        swap = await unit.session.get_one(Swap, copy.swap_id)
        user = await unit.session.get_one(User, copy.user_id)
        is_open, is_own = swap.state is SwapState.OPEN, user.id == swap.user_id
        clashes = []
        if is_open and not is_own:
            clashes = await find_clashes(unit, user, swap.starts_at, swap.ends_at)
        taker = await unit.session.get(User, swap.taker_id) if swap.taker_id is not None else None
        other = await unit.session.get(User, swap.other_id) if swap.other_id is not None else None
        card = self.delivery.templates.render_card(
            "swap",
            swap=swap,
            schedule=await unit.session.get_one(Schedule, swap.schedule_id),
            giver=await unit.session.get_one(User, swap.user_id),
            taker=taker,
            other=other,
            is_own=is_own,
            is_open=is_open,
            is_taker=taker is not None and taker.id == user.id,
            round=copy.round,
            clashes=clashes,
            zone=user.zone,
        )
        return copy, swap, user, card
