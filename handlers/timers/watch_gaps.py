"""`watch_gaps`: a week has passed, exceptions have changed, or the server starts; gaps that come are told."""

from bot.oncall.watch import watch_gaps

TIMER = ("watch_gaps", watch_gaps)
