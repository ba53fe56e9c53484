"""`still_on_it`: somebody acknowledged, and nothing was heard since for the time of the policy."""

from bot.paging.still import ask_still_on_it

TIMER = ("still_on_it", ask_still_on_it)
