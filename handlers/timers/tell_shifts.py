"""`tell_shifts`: a shift begins, ends or comes; whoever has it is told."""

from bot.oncall.notices import tell_shifts

TIMER = ("tell_shifts", tell_shifts)
