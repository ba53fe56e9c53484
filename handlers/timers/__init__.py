"""What a due timer does: one file per kind of timer, each with `TIMER = (kind, handler)` and, where many fall due
together, `PREPARE = (kind, what reads for all of them)`."""
