"""Mail, as it came (RFC 5322), for senders that can do nothing else. The mail server in `handlers/mail` gives it here; it
can be posted as a webhook body, too:

    From: monitor@example.org
    Subject: [PROBLEM] Disk is full on db1

    Only 2 % are left.

Rules of the integration read fields out of it by regular expressions (RE2): `<part>:<expression>`, where part is subject,
body, from or to, and the field is what the first group matches, or all of the match. `resolved` and `acknowledged` say when
it is so.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from bot.alerts.signal import DESCRIPTION_LIMIT, Action, Signal, read_priority
from bot.catalog.mail_rules import FIELDS, PARTS, NoPattern, NoRule, read_rule
from bot.errors import Invalid, Malformed
from handlers.mail.marks import read_subject
from handlers.mail.message import read_mail
from handlers.webhooks.source import Hook, Source
from storage.words import Priority

SEARCHED = 64 * 1024
"""How many characters of a body the rules look at."""


def read_rules(settings: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """The rules of an integration: part and compiled expression by field; raises Invalid."""
    rules = {}
    for name, text in dict(settings.get("mapping") or {}).items():
        try:
            if name not in FIELDS:
                raise NoRule(name)
            rules[name] = read_rule(str(text))
        except NoRule as error:
            raise Invalid("email.rule", name, name=name, fields=FIELDS, parts=PARTS) from error
        except NoPattern as error:
            raise Invalid("filter.pattern", name, reason=str(error)) from error
    return rules


def parse(hook: Hook) -> list[Signal]:
    mail = read_mail(hook.body)
    if mail.is_automatic_answer:
        return []
    rules = read_rules(hook.settings)
    texts = {
        "subject": mail.subject,
        "body": mail.text[:SEARCHED],
        "from": mail.sender,
        "to": mail.recipients,
    }
    found = {name: _search(texts[part], pattern) for name, (part, pattern) in rules.items()}
    subject = read_subject(mail.subject)
    first_line = next((line.strip() for line in mail.text.splitlines() if line.strip()), "")
    title = found.get("title") or subject.title or first_line
    if not title:
        raise Malformed("email.empty")
    action = subject.action
    if "resolved" in rules or found.get("acknowledged") is not None:
        is_seen = found.get("acknowledged") is not None
        action = Action.ACKNOWLEDGE if is_seen else Action.TRIGGER
    if found.get("resolved") is not None:
        action = Action.RESOLVE
    return [
        Signal(
            action=action,
            alias=found.get("alias") or subject.alias or make_alias(title),
            title=title,
            description=found.get("description") or mail.text[:DESCRIPTION_LIMIT].strip(),
            priority=read_priority(found.get("priority") or subject.severity, Priority.P3),
            source=found.get("source") or mail.sender,
            service=found.get("service") or "",
            team=found.get("team") or "",
            labels={"from": mail.sender}
            | ({"attachments": str(mail.attachments)} if mail.attachments else {}),
            raw={"subject": mail.subject, "from": mail.sender, "to": mail.recipients, "body": mail.text},
        )
    ]


def make_alias(title: str) -> str:
    """The alias of a mail without a rule for it: its subject in small letters; a digest where nothing can be read."""
    alias = " ".join(title.casefold().split())
    return alias or hashlib.sha256(title.encode(errors="replace")).hexdigest()


def _search(text: str, pattern: Any) -> str | None:
    """What the first group that took part matches, else the whole match; None without a match."""
    match = pattern.search(text)
    if match is None:
        return None
    return str(next((group for group in match.groups() if group), match.group())).strip()


SOURCE = Source(
    name="email",
    title="E-mail",
    parse=parse,
    paste="""Let your monitoring send mail to
  alerts+{key}@{host}
and let that mail reach Tocsin (TOCSIN_MAIL_LISTEN; see docs/alerts.md, "email").""",
    address="alerts+{key}@{host}",
)
