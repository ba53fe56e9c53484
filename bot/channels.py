"""Settings of the channels that reach one person outside chat, from the environment; e-mail has its own in `bot.config`.

Secrets are in `NAME` or in the file that `NAME_FILE` names. What is not set is off; ntfy needs nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

from bot.secret import Secret, read_secret

Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Channels:
    """`inside` are the networks that contact methods by URL may reach although they are not on the internet."""

    inside: tuple[Network, ...] = ()
    ntfy_url: str = ""
    ntfy_token: Secret = field(default_factory=Secret)
    gotify_url: str = ""
    gotify_token: Secret = field(default_factory=Secret)
    webhook_secret: Secret = field(default_factory=Secret)


def read_channels(environment: Mapping[str, str], faults: list[str]) -> Channels:
    """Read them; adds a sentence to `faults` for each that can't be used."""

    def secret(name: str) -> Secret:
        return read_secret(environment, name, faults)

    return Channels(
        inside=_read_networks(environment.get("TOCSIN_REACH_INSIDE", ""), faults),
        ntfy_url=_read_url(environment, "TOCSIN_NTFY_URL", faults),
        ntfy_token=secret("TOCSIN_NTFY_TOKEN"),
        gotify_url=_read_url(environment, "TOCSIN_GOTIFY_URL", faults),
        gotify_token=secret("TOCSIN_GOTIFY_TOKEN"),
        webhook_secret=secret("TOCSIN_WEBHOOK_SECRET"),
    )


def _read_url(environment: Mapping[str, str], name: str, faults: list[str], default: str = "") -> str:
    url = environment.get(name, "").strip().rstrip("/") or default
    if url and not (url.startswith(("http://", "https://")) and urlsplit(url).hostname):
        faults.append(f"{name} must begin with http:// or https://, and is {url!r}")
    return url


def _read_networks(text: str, faults: list[str]) -> tuple[Network, ...]:
    found = []
    for word in text.replace(",", " ").split():
        try:
            found.append(ip_network(word))
        except ValueError:
            faults.append(f"TOCSIN_REACH_INSIDE must hold networks like 10.0.0.0/8, and has {word!r}")
    return tuple(found)
