"""`prune_alerts`: closed alerts that are old go, a few at a time."""

from bot.alerts.pruning import prune

TIMER = ("prune_alerts", prune)
