"""How things move: the unit of work, the outbox and its delivery, the timers and their clock, live signals."""
