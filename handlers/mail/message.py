"""What a mail says, whatever its bytes are: subject, sender, text, how many attachments. Pure, and never fails.

Headers are read by the modern policy of the standard library; where that stumbles over what is written, by the letter. The
structure is read by the older policy, which takes everything.
"""

import html
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, Message

import re2

LONGEST_TEXT = 256 * 1024
MOST_PARTS = 200
FAULTS = (
    MessageError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    RecursionError,
    AssertionError,
    NameError,
)
"""What the modern policy raises at headers that are none."""
LINE_ENDS = re2.compile(r"(?i)<br\s*/?>|</(?:p|div|tr|li|h[1-6]|table|ul|ol|pre|blockquote)\s*>")
DROPPED = re2.compile(r"(?is)<(?:head|script|style|title)\b.*?</(?:head|script|style|title)\s*>|<!--.*?-->")
"""What is no words, with what is in it."""
TAG = re2.compile(r"<[A-Za-z/!?][^<>]*>")
MULTIPART = re2.compile(rb"(?i)multipart/")
MOST_NESTED = 50
"""So often may a mail say that it has parts: the parser's time grows with the square of how deep they are nested."""
MANY_LINES = re2.compile(r"\n\s*\n\s*\n+")


@dataclass(frozen=True)
class Mail:
    """`sender` is the address in From; `message_id` is empty when there is none."""

    subject: str
    sender: str
    recipients: str
    text: str
    attachments: int
    message_id: str
    is_automatic_answer: bool


def read_mail(content: bytes) -> Mail:
    """Read a mail (RFC 5322 and MIME). A charset that lies, a part that is cut off, a header that is none: what can be read
    is read."""
    content = _cut_nested(content)
    modern: EmailMessage = message_from_bytes(content, policy=policy.default)
    plain = message_from_bytes(content, policy=policy.compat32)
    text, attachments = _read_body(plain)
    return Mail(
        subject=_header(modern, plain, "Subject"),
        sender=_address(_header(modern, plain, "From")),
        recipients=_header(modern, plain, "To"),
        text=text,
        attachments=attachments,
        message_id=_header(modern, plain, "Message-ID")[:200],
        is_automatic_answer=_is_automatic_answer(modern, plain),
    )


def _cut_nested(content: bytes) -> bytes:
    for number, found in enumerate(MULTIPART.finditer(content)):
        if number == MOST_NESTED:
            return content[: found.start()]
    return content


def _header(modern: EmailMessage, plain: Message, name: str) -> str:
    try:
        value = str(modern.get(name, ""))
    except FAULTS:
        value = next((str(text) for key, text in plain.raw_items() if key.lower() == name.lower()), "")
    return " ".join(_clean(value).split())


def _clean(text: str) -> str:
    """Text that can be kept: bytes that were no ASCII are UTF-8, where that is possible."""
    if not any("\ud800" <= sign <= "\udfff" for sign in text):
        return text
    kept = ("\ufffd" if "\ud800" <= sign < "\udc80" or "\udcff" < sign <= "\udfff" else sign for sign in text)
    return "".join(kept).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _address(sender: str) -> str:
    """`Monitor <m@example.org>` as `m@example.org`."""
    inside = sender.rpartition("<")[2].partition(">")[0].strip()
    return inside or sender


def _is_automatic_answer(modern: EmailMessage, plain: Message) -> bool:
    """Out-of-office notes, receipts, bounces and our own pages (RFC 3834; X-Autoreply and Precedence are older habits).
    What a program made of itself (`auto-generated`, as cron says) is what we are for."""
    said = _header(modern, plain, "Auto-Submitted").lower()
    if (
        said.startswith("auto-replied")
        or _header(modern, plain, "X-Autoreply")
        or _header(modern, plain, "X-Autorespond")
        or _header(modern, plain, "X-Tocsin")
    ):
        return True
    if (
        _header(modern, plain, "Precedence").lower() == "auto_reply"
        or _header(modern, plain, "Return-Path") == "<>"
    ):
        return True
    return plain.get_content_type() in ("multipart/report", "message/disposition-notification")


def _read_body(message: Message) -> tuple[str, int]:
    """The text, plain where there is one, and how many parts are attached."""
    texts: dict[str, list[str]] = {"text/plain": [], "text/html": []}
    attachments = 0
    for number, part in enumerate(message.walk()):
        if number >= MOST_PARTS:
            break
        kind = part.get_content_type()
        if part.is_multipart():
            continue
        is_attached = str(part.get("Content-Disposition", "")).strip().lower().startswith("attachment")
        if kind in texts and not is_attached:
            texts[kind].append(_decode(part))
        else:
            attachments += 1
    plain = "\n".join(texts["text/plain"]).strip()
    if not plain:
        plain = "\n".join(strip_html(one) for one in texts["text/html"]).strip()
    return plain[:LONGEST_TEXT], attachments


def _decode(part: Message) -> str:
    """The text of a part: in its charset, else in UTF-8, else as Windows writes, with marks for what is none of them."""
    try:
        content = part.get_payload(decode=True)
    except FAULTS:
        content = b""
    if not isinstance(content, bytes):
        return ""
    for charset in (str(part.get_content_charset("utf-8")), "utf-8"):
        try:
            if "escape" not in charset:  # Python's own, for its source code
                return _clean(content.decode(charset)).replace("\r\n", "\n")
        except (LookupError, ValueError):
            continue
    return content.decode("cp1252", "replace").replace("\r\n", "\n")


def strip_html(text: str) -> str:
    """The words of HTML, a line for each block, in linear time whatever it is; they are text and never shown as HTML."""
    lines = LINE_ENDS.sub("\n", DROPPED.sub("", text[:LONGEST_TEXT]))
    words = html.unescape(str(TAG.sub("", lines))).replace("\xa0", " ")
    return str(MANY_LINES.sub("\n\n", "\n".join(line.strip() for line in words.splitlines()))).strip()
