"""`update_due`: the promised time of the next status update has come."""

from bot.updates.updates import remind_of_update

TIMER = ("update_due", remind_of_update)
