"""What is cleared away once an hour: sessions and links that are over."""

from bot.flow.unit import Work
from storage.questions import access


async def keep_house(work: Work) -> None:
    await work.run(lambda unit: access.forget_expired(unit.session, unit.now))
