"""Personal rules as people write them, one on a line, and back. Pure.

    P1 P2 = phone, after 5m voice
    mon-fri 22:00-07:00 or sat-sun = email, after 10m phone
    always = slack email

Before the `=` stands when a rule holds: priorities, days and times, or `always`. After it: methods, and `after` how long
which others. Quiet hours are lines of days and times alone.
"""

import re
from typing import Any

from bot.errors import Invalid
from bot.oncall.week import DAYS
from storage.words import Priority

SPAN = re.compile(r"(?<!\d)([01]?\d|2[0-3]):([0-5]\d)\s*(?:-|–|to)\s*([01]?\d|2[0-3]):([0-5]\d)(?!\d)")
AFTER = re.compile(r"\bafter\s+(\d{1,6})\s*([smhd])\b")
METHOD = re.compile(r"[a-z0-9][a-z0-9._-]{0,59}")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
LONGEST_WAIT = 7 * 86_400
MOST_LINES = 20
Rule = dict[str, Any]
Window = dict[str, Any]


def parse_rules(text: str) -> list[Rule]:
    """The rules of these lines; raises Invalid with the line that is wrong."""
    return [_parse_rule(line) for line in _list_lines(text, "rules")]


def find_faults(rules: str, quiet: str) -> list[Invalid]:
    """All that is wrong with these lines of rules and of quiet hours, in their order."""
    found: list[Invalid] = []
    for text, parse in ((rules, parse_rules), (quiet, parse_quiet)):
        lines = [line for line in text.splitlines() if line.strip()]
        for piece in lines if len(lines) <= MOST_LINES else [text]:
            try:
                parse(piece)
            except Invalid as wrong:
                found.append(wrong)
    return found


def parse_quiet(text: str) -> list[Window]:
    """The windows of quiet hours of these lines; raises Invalid."""
    found: list[Window] = []
    for line in _list_lines(text, "quiet"):
        priorities, windows = _parse_when(line, line, "quiet")
        if priorities or not windows:
            raise Invalid("paging.bad_quiet", "quiet", line=line)
        found += windows
    return found


def spell_rules(rules: list[Rule]) -> str:
    """What `parse_rules` reads as these rules."""
    lines = []
    for rule in rules:
        when = " ".join([*rule.get("priorities", ()), spell_windows(rule.get("windows", []), " or ")]).strip()
        lines.append(f"{when or 'always'} = {_spell_steps(rule['steps'])}")
    return "\n".join(lines)


def spell_windows(windows: list[Window], between: str = "\n") -> str:
    return between.join(_spell_window(window) for window in windows)


def _list_lines(text: str, field: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_LINES:
        raise Invalid("paging.too_many_lines", field, count=MOST_LINES)
    return lines


def _parse_rule(line: str) -> Rule:
    when, mark, how = line.partition("=")
    if not mark:
        raise Invalid("paging.bad_rule", "rules", line=line)
    priorities, windows = _parse_when(when, line, "rules")
    return {"priorities": priorities, "windows": windows, "steps": _parse_steps(how, line)}


def _parse_when(text: str, line: str, field: str) -> tuple[list[str], list[Window]]:
    priorities: list[str] = []
    windows: list[Window] = []
    for part in re.split(r"\bor\b", text):
        more, found = _parse_part(part, line, field)
        priorities, windows = priorities + more, windows + found
    return list(dict.fromkeys(priorities)), windows


def _parse_part(text: str, line: str, field: str) -> tuple[list[str], list[Window]]:
    spans = [f"{int(a):02}:{b} {int(c):02}:{d}".split() for a, b, c, d in SPAN.findall(text)]
    priorities: list[str] = []
    days: list[str] = []
    for word in re.split(r"[\s,]+", SPAN.sub(" ", text).strip()):
        first, _, last = word.lower()[:16].partition("-")
        if word.upper() in list(Priority):
            priorities.append(word.upper())
        elif first[:3] in DAYS and (not last or last[:3] in DAYS):
            days += _list_days(first[:3], last[:3] or first[:3])
        elif word and word.lower() != "always":
            raise Invalid("paging.bad_when", field, word=word, line=line)
    if days and not spans:
        spans = [["00:00", "00:00"]]
    kept = [day for day in DAYS if day in days]
    return priorities, [{"days": kept, "from": start, "until": until} for start, until in spans]


def _list_days(first: str, last: str) -> list[str]:
    """`fri-mon` goes round the end of the week."""
    start, end = DAYS.index(first), DAYS.index(last)
    return [DAYS[number % 7] for number in range(start, (end if end >= start else end + 7) + 1)]


def _parse_steps(text: str, line: str) -> list[dict[str, Any]]:
    parts = AFTER.split(text.lower())
    given = [("0", "s", parts[0]), *zip(parts[1::3], parts[2::3], parts[3::3], strict=True)]
    steps = []
    for number, unit, names in given:
        by = [name for name in re.split(r"[\s,]+", names) if name]
        wrong = next((name for name in by if not METHOD.fullmatch(name) or name == "after"), None)
        wait = int(number) * SECONDS[unit]
        if wrong is not None or wait > LONGEST_WAIT or (not by and wait):
            raise Invalid("paging.bad_steps", "rules", line=line)
        if by:
            steps.append({"after": wait, "by": list(dict.fromkeys(by))})
    if not steps:
        raise Invalid("paging.bad_steps", "rules", line=line)
    return steps


def _spell_steps(steps: list[dict[str, Any]]) -> str:
    return ", ".join(
        " ".join([*([f"after {_spell_wait(step['after'])}"] if step["after"] else []), *step["by"]])
        for step in steps
    )


def _spell_wait(seconds: int) -> str:
    unit = next(unit for unit in ("h", "m", "s") if seconds % SECONDS[unit] == 0)
    return f"{seconds // SECONDS[unit]}{unit}"


def _spell_window(window: Window) -> str:
    days = window.get("days") or []
    start, until = window.get("from", "00:00"), window.get("until", "00:00")
    span = "" if days and start == until == "00:00" else f"{start}-{until}"
    numbers = [DAYS.index(day) for day in days]
    runs = len(days) > 2 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    shown = [f"{days[0]}-{days[-1]}"] if runs else list(days)
    return " ".join([*shown, *([span] if span else [])])
