"""`hold_pages`: more pages wait for a platform that is away than were held at once."""

from bot.reactions.outages import hold_more

TIMER = ("hold_pages", hold_more)
