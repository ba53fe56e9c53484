"""`swap`: a shift that is offered is asked for again, or begins; or others are on call than were."""

from bot.oncall.swaps import tend_swap

TIMER = ("swap", tend_swap)
