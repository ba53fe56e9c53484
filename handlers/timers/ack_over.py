"""`ack_over`: whoever was asked whether they are still on it has not answered."""

from bot.paging.still import end_acknowledgement

TIMER = ("ack_over", end_acknowledgement)
