"""`lane_away`: a platform or a channel has been away for so long that something follows from it."""

from bot.reactions.outages import look_at_lane

TIMER = ("lane_away", look_at_lane)
