"""The kinds of argument of what keeps alerts quiet: which alerts, and for how long."""

from bot.alerts.maintenance import get_maintenance
from bot.alerts.matchers import Matcher, parse_matchers, spell_matchers
from bot.alerts.proposals import propose_matchers
from bot.alerts.silences import get_silence
from bot.alerts.windows import REPEATS
from bot.chat.arguments import Kind, Reading
from bot.chat.form import Choice
from bot.errors import Problem
from commands.kinds import ALERT, FUTURE, SERVICE, TEAM, TEXT
from storage.models import Maintenance, Silence
from storage.questions import silences as ask

CURLY = str.maketrans("“”„", '"""')
EVERYTHING = ("everything", "all", "*")
SPANS = (
    Choice("1h", "1 hour"),
    Choice("4h", "4 hours"),
    Choice("tomorrow 09:00", "Until tomorrow, 09:00"),
    Choice("1d", "1 day"),
    Choice("7d", "7 days"),
)


def _straighten(text: str) -> str:
    """A phone's quotation marks as those that matchers are written with, where there are no others."""
    return text if '"' in text else text.translate(CURLY)


async def _suggest_spans(_: Reading, prefix: str) -> list[Choice]:
    return list(SPANS)


async def _which(reading: Reading, text: str) -> tuple[Matcher, ...]:
    """Matchers as they are written, or the number of an alert: that very trouble."""
    if not text.strip().lstrip("#").isdecimal():
        return parse_matchers(_straighten(text), reading.name)
    alert = await ALERT.parse(reading, text)
    return (await propose_matchers(reading.unit, alert))[0]


async def _suggest_which(reading: Reading, prefix: str) -> list[Choice]:
    """For the number of an alert: that trouble only, and what it has in common with others."""
    named = prefix or reading.values.get(reading.name or "what", "")
    if not named.strip().lstrip("#").isdecimal():
        return await ALERT.suggest(reading, prefix) if prefix else []
    try:
        alert = await ALERT.parse(reading, named)
    except Problem:
        return []
    proposals = await propose_matchers(reading.unit, alert)
    others = [spell_matchers(matchers) for matchers in proposals[1:]]
    first = Choice(named, f"#{alert.id} {alert.title}")
    return [first, *(Choice(text, text) for text in others)]


async def _silence(reading: Reading, text: str) -> Silence:
    found = await get_silence(reading.unit, text)
    await reading.unit.lock(found)
    return found


async def _suggest_silences(reading: Reading, prefix: str) -> list[Choice]:
    found = await ask.list_silences(
        reading.unit.session, ended=False, now=reading.unit.now, limit=20, windows=False
    )
    return [Choice(str(one.id), f"{one.id} {one.comment or one.creator_name}"[:75]) for one in found]


async def _suggest_repeats(_: Reading, prefix: str) -> list[Choice]:
    return [Choice(word, word.capitalize()) for word in ("once", *REPEATS)]


async def _targets(reading: Reading, text: str) -> tuple[Matcher, ...]:
    return () if text.strip().lower() in EVERYTHING else parse_matchers(_straighten(text), reading.name)


async def _suggest_targets(reading: Reading, prefix: str) -> list[Choice]:
    found = [Choice("everything", "Everything")]
    for word, kind in (("service", SERVICE), ("team", TEAM)):
        choices = await kind.suggest(reading, prefix)
        found += [Choice(f"{word}={one.value}", f"{word.capitalize()} {one.label}") for one in choices]
    return found


async def _maintenance(reading: Reading, text: str) -> Maintenance:
    found = await get_maintenance(reading.unit, text)
    await reading.unit.lock(found)
    return found


async def _suggest_maintenances(reading: Reading, prefix: str) -> list[Choice]:
    found = await ask.list_maintenances(reading.unit.session, over=False, limit=20)
    return [Choice(str(one.id), f"{one.id} {one.name}"[:75]) for one in found]


TARGETS = Kind("suggest", _targets, _suggest_targets, example="service=web")
MAINTENANCE = Kind("suggest", _maintenance, _suggest_maintenances, example="2")
REPEAT = Kind("suggest", TEXT.parse, _suggest_repeats, example="weekly")
UNTIL = Kind("suggest", FUTURE.parse, _suggest_spans, example="4h", phrase=FUTURE.phrase)
WHICH = Kind("suggest", _which, _suggest_which, example="service=web")
SILENCE = Kind("suggest", _silence, _suggest_silences, example="4")
