"""The sentences about faults in a configuration file: what is wrong, and what would be right.

They are here and not in templates/, because an operator reads them in a terminal before anything else of Tocsin runs.
"""

import difflib
import re
from collections.abc import Collection, Mapping
from typing import Any

FILE_TOO_LARGE = "the file is larger than 1 MiB, which no configuration is"
NOT_UTF8 = "the file is not text in UTF-8; save it as UTF-8"
EMPTY_FILE = "the file says nothing; `tocsin config example` prints one to start from"
NOT_A_MAP = "the file must consist of keys like `users:` and `teams:`; `tocsin config example` prints one to start from"
TOO_DEEP = (
    "values are nested too deep here, or there are too many of them; `tocsin config example` shows the shape"
)
NO_SUCH_KEY = "a key must be plain text; a text that begins with `{{` needs quotation marks; `<<` is not read"
NO_OWNER = "nobody is an owner; give one person `role: owner`, who can then sign in and let in the others"
ONLY_GAPS = "nobody takes part; name at least one person, for example `[kate, sam]`"
STEPS_OUT_OF_ORDER = "this step comes before the one above it; write the steps in order of their time"
NEEDS_ITSELF = "a service can't need itself; remove it"
NOT_MAPPED = "only the sources `generic` and `email` have a mapping; remove it, or use one of these"
BAD_MAIL_RULE = (
    "must be a part of the mail (subject, body, from or to) and an expression, like `subject:^(FAIL|OK) (.+)`"
)
ROUTES_NOWHERE = "this rule decides nothing; give it a `team`, a `policy` or `nobody: yes`"
TEAM_WITHIN_TEAM = "a rule within a team can't choose another team; remove `team` or `of_team`"
TWO_KEYS = "the key comes from `key_env` or from `key_file`; remove one of them"
NEVER_HERE = (
    "a secret is never in this file; name an environment variable that holds it: `key_env: TOCSIN_KEY_...`"
)
BAD_DURATION = "must be a length of time with its unit, like `90s`, `5m`, `2h` or `1h30m`"
DURATION_TOO_LONG = "must be 30 days or less"
BAD_CLOCK = "must be a time of day, like `09:00`"
BAD_START = "must be a date and a time of day, like `2026-11-02T09:00`"
NO_SUCH_DAY = "there is no such day or time in the calendar; write one like `2026-11-02T09:00`"
YEAR_FAR_AWAY = "must be in a year from 2000 to 2100"
BAD_HANDLE = "must be 1 to 64 small letters, digits, `.`, `-` and `_`, with a letter or digit first and last"
HANDLE_TAKEN = "`nobody` means a gap in a rotation; choose another handle"
BAD_GROUP = "must be the handle of a user group, like `oncall-payments`"
BAD_EMAIL = "must be an e-mail address like `kate@example.org`"
EMAIL_AGAIN = "is the `email` of this person, which is used anyway"
BAD_LABEL = "must be small letters, digits, dots and dashes, at most 60"
STEP_TOO_LATE = "must be at most `7d`"
BAD_URL = "must be an address that begins with https:// or http://"
BAD_DAY = "must be a day, like `2027-06-30`"
NO_SUCH_DATE = "there is no such day in the calendar; write one like `2027-06-30`"
BAD_REPEAT = "must be daily, weekly, monthly or an RRULE (RFC 5545) like `FREQ=MONTHLY;BYDAY=1SU`; `until` says when it ends"
WINDOW_TOO_SHORT = "must be `1m` or more"
MAINTENANCE_OF_NOTHING = (
    "it is for nothing; give it `services`, `teams` or `integrations`, or say `everything: yes`"
)
EVERYTHING_AND_SOMETHING = "it is for everything or for what it names; remove one of them"
UNTIL_WITHOUT_REPEAT = (
    "it comes once, and ends after its `length`; remove `until`, or say how it comes again: `repeat: weekly`"
)
ACK_TIMEOUT_TOO_SHORT = "must be at least `5m`, so that whoever acknowledged can begin; `0s` is never"
RESET_WITHOUT_REPEAT = "nothing repeats here; say how often it does, for example `repeat: 2`, or remove it"
REPEAT_WITHOUT_UNTIL = "what repeats needs its last day, for example `until: 2027-06-30`"
UNTIL_BEFORE_START = "is before it begins; write a later day"
UNTIL_TOO_LATE = "must be at most two years after it begins; whoever needs it longer renews it then"
NEVER_BEGINS = "with this rule no window begins between `starts` and `until`"
MORE_THAN_A_LINE = "must be on one line"
CONTROL_CHARACTER = "contains a character that can't be shown; remove it"
BAD_RECIPIENT = (
    "must be `user:`, `team:` or `schedule:` and a name, like `schedule:primary` (in a step also `next:` or `previous:` of "
    "a schedule, `random:` or `admins:` of a team)"
)
BAD_PARTICIPANT = "must be a handle, `team:` and a slug like `team:payments`, or `nobody`"
ENDS_TOO_SOON = "it is over before it starts; write a time after `starts`"
UNTIL_DAY_OF_MANY = "goes with one day in `days`, on which the window begins"
BAD_ENVIRONMENT_NAME = (
    "must be the name of an environment variable, like `TOCSIN_KEY_PROMETHEUS` (not the key itself)"
)
BAD_TOPIC = (
    "must be the ARN of a topic, like `arn:aws:sns:eu-west-1:123456789012:alarms`; its name may end with `*`"
)
ONLY_SNS = "only the source `sns` has it; remove it"
KEY_TOO_WEAK = "the key must be 20 or more letters, digits, `-` and `_`; `openssl rand -hex 20` makes one"
NO_LABEL = "must name the label, like `labels.region`"
NO_VALUE = "`value` is missing: what to compare with, for example `value: P2`"
VALUE_UNUSED = "`is_empty` compares with nothing; remove the value"
LIST_UNUSED = "only `one_of` compares with a list; use it, or give one value"
COMMA_IN_LIST = "a value in a list can't contain a comma"
EXPRESSION_ENDS_EARLY = "it ends too early"
EXPRESSION_TOO_DEEP = "it is nested too deep"
WITHIN_WITHOUT_ALERTS = "says how soon so many alerts must come, so say how many, `alerts: 20`; or remove it"
NOT_A_PRIORITY = "a priority is P1, P2, P3, P4 or P5"
STATEMENT_IN_TITLE = "may contain `{{ field }}` and filters, but no statements, powers or ranges"

LIMITS = {
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "too_short": "must not be empty",
    "too_long": "must have at most {max_length} entries",
}
WANTED = {
    "string": "text",
    "int": "a whole number",
    "bool": "`yes` or `no`",
    "list": "a list, like `[a, b]`",
    "dict": "keys with values, like `name: Payments`",
    "model": "keys with values, like `name: Payments`",
}
"""By the first word of pydantic's error type."""


def tell_limits(kind: str, context: Mapping[str, Any], value: object) -> str:
    """The sentence for one of pydantic's own errors about a value."""
    if kind in LIMITS:
        return LIMITS[kind].format(**context)
    return f"must be {WANTED.get(kind.partition('_')[0], 'something else')}, and is {spell(value)}"


def tell_missing(name: str, description: str, example: str) -> str:
    return f"`{name}` is missing: {description}, for example `{name}: {example}`"


def tell_unknown_key(name: str, known: Collection[str]) -> str:
    return f"there is no key {spell(name)} here; {suggest(name, known)}"


def tell_field(name: str, known: Collection[str]) -> str:
    """For conditions, where most people forget that a label is written with `labels.`."""
    first, _, rest = name.partition(".")
    if first.lower() in ("label", "tag", "detail", "details", "annotation") and rest:
        return f"there is no field {spell(name)}; a label is written {spell(f'labels.{rest}')}"
    if not rest and not _find_nearest(name, known):
        return f"{tell_unknown('field', name, known)}; a label is written {spell(f'labels.{name}')}"
    return tell_unknown("field", name, known)


SIGNS = {
    **dict.fromkeys(("=", "==", "eq", "is"), "`equals`"),
    **dict.fromkeys(
        ("!=", "not_equals", "not_equal", "ne", "is_not", "differs"), "`equals`, and `not: yes` beside it"
    ),
    **dict.fromkeys(("not_contains", "does_not_contain"), "`contains`, and `not: yes` beside it"),
    **dict.fromkeys(("not_matches", "!~"), "`matches`, and `not: yes` beside it"),
    **dict.fromkeys(("not_in", "none_of"), "`one_of`, and `not: yes` beside it"),
    **dict.fromkeys(("=~", "~", "regex", "regexp", "re", "like"), "`matches`"),
    **dict.fromkeys(("in", "any_of"), "`one_of`"),
    **dict.fromkeys((">", "gt"), "`greater_than`"),
    **dict.fromkeys(("<", "lt"), "`less_than`"),
    **dict.fromkeys((">=", "gte"), "`at_least`"),
    **dict.fromkeys(("<=", "lte"), "`at_most`"),
    "exists": "`is_empty`, and `not: yes` beside it",
    "not_empty": "`is_empty`, and `not: yes` beside it",
}
"""Operations by the names that other programs give them."""


def tell_operation(name: str, known: Collection[str]) -> str:
    meant = SIGNS.get(name.strip().lower().replace(" ", "_").replace("-", "_"))
    return (
        f"there is no operation {spell(name)}; write {meant}"
        if meant
        else tell_unknown("operation", name, known)
    )


def tell_no_number(operation: str) -> str:
    return f"`{operation}` compares numbers, and priorities like `P2`; write one, or use another operation"


def tell_unknown(what: str, name: str, known: Collection[str]) -> str:
    return f"there is no {what} {spell(name)}; {suggest(name, known)}"


HEARTBEAT_TOO_FAST = "a heartbeat pings at most every `30s`; write that or more"


def tell_bad_address(kind: str, example: str) -> str:
    return f"can't be an address for {kind}; one looks like `{example}`"


def tell_lack(kind: str, lack: str) -> str:
    """Why nothing can go to an address, by the reason that the channel would give."""
    code, _, detail = lack.partition(" ")
    if code == "ntfy.no_server":
        return "is a topic without a server; write `https://ntfy.sh/...`, or set TOCSIN_NTFY_URL to your own server"
    if code == "contact.no_secret" and kind == "gotify":
        return (
            "has no token; name the environment variable that holds it: `secret_env: TOCSIN_KEY_...`, or set "
            "TOCSIN_GOTIFY_URL to this server and TOCSIN_GOTIFY_TOKEN"
        )
    if code == "contact.no_secret":
        return (
            "has no secret to sign with; name the environment variable that holds it: `secret_env: TOCSIN_KEY_...`, or "
            "set TOCSIN_WEBHOOK_SECRET"
        )
    return (
        f"leads to {spell(detail)}, which is not on the internet; allow its network with TOCSIN_REACH_INSIDE"
    )


def tell_label_taken(label: str) -> str:
    return f"the name {spell(label)} means something else in a rule, or another contact has it; give it a `label` of its own"


def tell_switched_off(what: str, name: str) -> str:
    """A name of who has left, or of what is off."""
    if what == "user":
        return f"{spell(name)} has left; name somebody else, or bring them back with `/tocsin reactivate @{name}`"
    return f"the {what} {spell(name)} is switched off; name another, or switch it on again"


def tell_reference(what: str, name: str, known: Collection[str]) -> str:
    """A name that nothing in the file has."""
    section = f"{what.replace(' ', '_')}s" if what != "policy" else "policies"
    hint = suggest(name, known) if known else f"there is nothing in `{section}:`"
    return f"there is no {what} {spell(name)} in `{section}:`; {hint}"


def tell_choice(name: object, known: Collection[str]) -> str:
    first, dash, last = str(name).partition("-")
    if dash and first in known and last in known:
        order = list(known)
        each = order[order.index(first) : order.index(last) + 1] or [first, last]
        return f"must be one of {', '.join(known)}, and is {spell(name)}; write each of them: `{', '.join(each)}`"
    near = f"; {suggest(name, known)}" if isinstance(name, str) and _find_nearest(name, known) else ""
    return f"must be one of {', '.join(known)}, and is {spell(name)}{near}"


def tell_zone(name: str, known: Collection[str]) -> str:
    near = _find_nearest(name, known)
    hint = f"did you mean `{near}`?" if near else "write one like `Europe/Paris`"
    return f"there is no time zone {spell(name)}; {hint}"


def tell_place(text: str, parts: Collection[str]) -> str:
    """`parts` are those of the country, if that is known."""
    if parts:
        return f"there is no such part of the country as {spell(text)}; known are {', '.join(parts)}"
    return f"no public holidays are known for {spell(text)}; write a country or a part of one like `DE-BE`, or `none`"


def tell_email_twice(other: str) -> str:
    return f"is the address of `{other}` too; each person needs their own"


def tell_no_unit(text: str) -> str:
    return f"a length of time needs its unit: write `{text}s` for seconds or `{text}m` for minutes"


def tell_twice(line: int) -> str:
    return f"is written a second time; the first is on line {line}: remove one of them"


def tell_named_twice(name: str) -> str:
    return f"{spell(name)} is named a second time; remove one"


def tell_no_variable(name: str) -> str:
    return (
        f"the environment variable {name} is not set; put the key into it (`openssl rand -hex 20` makes one)"
    )


def tell_no_secret(name: str) -> str:
    return f"the environment variable {name} is not set; put the secret into it"


def tell_can_not_sign(source: str) -> str:
    return f"senders of the source {spell(source)} do not sign; remove it"


def tell_no_file(path: str, problem: str) -> str:
    return f"the file {spell(path)} can't be read: {problem}"


def tell_key_twice(other: str) -> str:
    return f"is the same key as that of `{other}`; each integration needs its own"


def tell_rule_twice(section: str) -> str:
    return f"a rule in `{section}:` has this name too; each rule needs its own"


def tell_nobody(names: Collection[str]) -> str:
    return f"nobody would be paged: {', '.join(names)} has no members"


def tell_no_policy(team: str, what: str) -> str:
    return f"the team `{team}` has no `policy`, so nobody would be paged for this {what}; give the team one"


def tell_needs_policy(owned: Collection[str]) -> str:
    return f"{', '.join(owned)} would page nobody without one"


def tell_pattern(problem: str) -> str:
    hint = "; RE2 looks neither ahead nor behind, so use a second condition with `not: yes`"
    looks = any(sign in problem for sign in ("(?!", "(?=", "(?<"))
    return f"is not a regular expression: {problem}{hint if looks else ''}"


def tell_expression(problem: str) -> str:
    return f"is not a JMESPath expression: {problem} (jmespath.org explains them)"


def tell_title(problem: str, known: Collection[str]) -> str:
    """What is wrong with a title's template; `problem` is Jinja's."""
    if problem.endswith("is undefined") and problem.startswith("'"):
        name = problem.split("'")[1]
        near = _find_nearest(name, known)
        hint = (
            f"did you mean `{near}`?"
            if near
            else f"known are {', '.join(known)}, and labels like `labels.{name}`"
        )
        return f"there is no field `{name}`; {hint}"
    return f"is not a template: {problem.rstrip('.')}"


UNQUOTED = re.compile(
    r"^(?P<before>\s*(?:(?:- )+(?![\w.-]+: )|(?:- )*[\w.-]+: )\s*)"
    r"(?P<text>(?=[^'\"|>#\s])(?!\[?\s*\{(?!\{)).*(?:\{\{|: |\]).*)$"
)
"""A value that needs quotation marks and has none: `title: {{ title }} on x`, `title: a: b`, `title: [a] b`."""


def tell_yaml(problem: str | None, context: str | None, line: str = "") -> str:
    """`line` is the line at fault, as it was written."""
    found = UNQUOTED.match(line)
    if found and '"' not in found["text"]:
        right = found["before"].strip() + f' "{found["text"].strip()}"'
        return f"a text with `{{{{`, `: ` or brackets in it needs quotation marks; write {spell(right)}"
    if problem and "'\\t'" in problem:
        return "a line begins with a tab; indent with spaces"
    said = ", ".join(part for part in (context, problem) if part)
    return f"this is not YAML: {said}" if said else "this is not YAML"


def tell_character(character: object) -> str:
    code = character if isinstance(character, int) else ord(str(character)[:1] or "\0")
    return f"the character U+{code:04X} can't be in a file of text; remove it"


def tell_tag(tag: str) -> str:
    return f"tags like {spell(tag)} have no meaning here; write the plain value"


def suggest(name: object, known: Collection[str]) -> str:
    """The nearest known name, or all of them when none is near."""
    near = _find_nearest(str(name), known)
    if near:
        return f"did you mean `{near}`?"
    shown = sorted(known)[:12]
    return (
        f"known are {', '.join(shown)}{', ...' if len(known) > len(shown) else ''}"
        if shown
        else "there are none"
    )


def spell(value: object) -> str:
    """A value as it can be shown in a sentence: short, on one line, printable."""
    if isinstance(value, str):
        shown = value if len(value) <= 60 else value[:57] + "..."
        return f"`{_make_printable(shown)}`" if shown else "empty"
    return {dict: "keys with values", list: "a list", type(None): "empty"}.get(type(value), f"`{value}`")


def spell_place(place: Collection[str | int]) -> str:
    """`policies.primary.steps[1].page[0]`."""
    said = ""
    for part in place:
        said += f"[{part}]" if isinstance(part, int) else f".{_make_printable(part[:64])}"
    return said.lstrip(".") or "file"


def _make_printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def _find_nearest(name: str, known: Collection[str]) -> str | None:
    exact = {one.lower(): one for one in known}
    found = difflib.get_close_matches(name[:64].lower(), exact, 1, 0.6)
    return exact[found[0]] if found else None
