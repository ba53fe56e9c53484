"""`show_group`: a shift begins, or the server does; the schedule's user group gets whoever is on call now."""

from bot.oncall.groups import show_group

TIMER = ("show_group", show_group)
