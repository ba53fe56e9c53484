"""What a due timer does: one file per kind of timer, each with `TIMER = (kind, handler)`."""
