"""`read_absences`: an hour has passed; a person's calendar of absences is read again."""

from bot.oncall.absences import read_on_time

TIMER = ("read_absences", read_on_time)
