"""URLs that people write as addresses: whether there can be a server at all. Pure; nobody is asked."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
LOCAL = re.compile(r"""[^\x00-\x20\x7f()<>@,;:\\".\[\]\s]+""")
"""What stands between the dots before the @ (RFC 5322, atext; RFC 6532)."""
LONGEST_HOST = 253


def read_url(text: str) -> SplitResult | None:
    """The parts of an address of the web whose host there can be, and that has no name or password; None for others."""
    if not text.isprintable() or any(sign.isspace() for sign in text):
        return None
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname or ""
    except ValueError:  # half an IPv6 address, or a port that is none
        return None
    is_written = parts.scheme in ("http", "https") and "@" not in parts.netloc and port != 0
    return parts if is_written and _is_host(host) else None


def is_email(text: str) -> bool:
    """Whether this is one mailbox, in the form that everybody has: nothing in it means a comment, a group or a list."""
    local, _, domain = text.rpartition("@")
    is_dotted = all(LOCAL.fullmatch(atom) for atom in local.split("."))
    return len(text) <= 254 and is_dotted and "." in domain and domain[-1] != "." and is_name(domain)


def _is_host(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return is_name(host)
    return True


def is_name(host: str) -> bool:
    """Whether this can be the name of a host, in any script."""
    try:
        name = host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        return False
    *_, last = labels = name.removesuffix(".").split(".")
    is_number = last.isdecimal()  # 300.1.2.3, which no name is and no address
    return len(name) <= LONGEST_HOST and not is_number and all(LABEL.fullmatch(label) for label in labels)
