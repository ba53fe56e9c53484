"""What the subject of an alert's mail says: its state by the marks that monitors put there, and what remains without them.

The remainder is the same over the life of one trouble. Marks as they are sent: `[FIRING:1] x` and `[RESOLVED] x`
(Alertmanager), `[Alerting] x` and `[OK] x` (Grafana), `Problem: x` and `Resolved in 5m 3s: x` (Zabbix), `ALARM: "x" in EU
(Ireland)` and `OK: ...` (CloudWatch), `** PROBLEM Service Alert: web1/HTTP is CRITICAL **` and `** RECOVERY ... is OK **`
(Nagios), `Monitor is DOWN: x` and `Monitor is UP: x` (UptimeRobot), `DOWN alert: x is DOWN` and `UP alert: x is UP`
(Pingdom), `[Triggered on {host:a}] x` (Datadog).
"""

import re
from dataclasses import dataclass

from bot.alerts.signal import SEVERITIES, Action

OVER = (
    "resolved ok okay recovered recovery up closed normal cleared clear restored fixed back_to_normal back_up"
)
SEEN = "acknowledged acknowledgement acknowledgment acked"
TROUBLE = (
    "firing alerting alarm alert problem triggered re-triggered down critical crit warning warn unknown unreachable error "
    "failed failure emergency no_data nodata insufficient_data new open opened"
)
MEANINGS = {
    word.replace("_", " "): action
    for words, action in ((OVER, Action.RESOLVE), (SEEN, Action.ACKNOWLEDGE), (TROUBLE, Action.TRIGGER))
    for word in words.split()
}
WORD = "(?P<word>" + "|".join(sorted(map(re.escape, MEANINGS), key=len, reverse=True)) + ")"
REPLY = re.compile(r"^(?:re|fwd?|aw|wg|sv|vs|tr|antw|rv)(?:\[\d{1,3}\])?\s?:\s?", re.IGNORECASE)
PRIORITY = re.compile(r"\[?(P[1-5])(?:\]|\s?:|\s?[-–] )", re.IGNORECASE)
"""`[P1] x`, `P1: x`."""
STARS = re.compile(r"^\*{1,3}\s?|\s?\*{1,3}$")
MARKS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\[\s?{WORD}(?:\s?[:,x-]?\s?\d{{1,6}})?(?:,\s?\w{{1,12}}:\d{{1,6}})?\s?\]",  # [FIRING:1], [RESOLVED], [OK]
        rf"(?<=\[){WORD} on (?=\S)",  # [Triggered on {host:a}]
        rf"^{WORD}(?: in [0-9dhms ]{{1,20}}| alert)?\s?(?::| [-–] )\s?",  # Problem: x, Resolved in 5m: x, DOWN alert: x
        rf"^{WORD} (?=(?:service|host) alert\b)",  # PROBLEM Service Alert: ...
    )
)
STATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:is|are)(?: now| back)? {WORD}\b",  # Monitor is DOWN: x
        rf"\s?(?:(?: [-–:]|->|→) ?{WORD}|\({WORD.replace('?P<word>', '?P<other>')}\))$",  # x - OK, x (OK)
    )
)


@dataclass(frozen=True)
class Subject:
    """`title` is the subject without the marks before it, `alias` what is the same in every mail about this trouble,
    `words` the marks; the first says the state."""

    title: str
    alias: str
    words: tuple[str, ...] = ()

    @property
    def action(self) -> Action:
        return MEANINGS[self.words[0]] if self.words else Action.TRIGGER

    @property
    def severity(self) -> str:
        """The priority at the beginning of the title, or the mark that says how bad it is; empty where none does."""
        named = PRIORITY.match(self.title)
        return named[1] if named else next((word for word in self.words if word in SEVERITIES), "")


def read_subject(text: str) -> Subject:
    """What a subject says; one that is empty, or only marks, gives an empty alias."""
    text = " ".join(text.split())
    while shorter := REPLY.sub("", text, count=1):
        if shorter == text:
            break
        text = shorter
    words: list[str] = []
    title = _take(MARKS, STARS.sub("", text).strip(), words)
    rest = _take(STATES, title, words)
    return Subject(title or text, rest.strip(" -–:*.").casefold(), tuple(words))


def _take(patterns: tuple[re.Pattern[str], ...], text: str, words: list[str]) -> str:
    """The text without these marks, whose words are noted in the order of the patterns."""

    def note(found: re.Match[str]) -> str:
        words.append((found["word"] or found["other"]).casefold())
        return " "

    for pattern in patterns:
        text = " ".join(pattern.sub(note, text).split()).replace("[ ", "[")
    return text
