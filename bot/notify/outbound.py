"""Requests to addresses that people have written: they reach the internet, and nothing inside the network.

A name is resolved here, and only to addresses that may be reached, so that it can't change its mind between check and
request. Redirects are not followed. What whoever runs Tocsin has set up in the environment is trusted. Where a proxy is set
up, it is what decides.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from socket import AddressFamily
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from bot.channels import Network
from bot.errors import Rejected, Retry

TIMEOUT = aiohttp.ClientTimeout(total=12, connect=6)
LONGEST_ANSWER = 64 * 1024
SOON = 5.0
"""After how many seconds who answers 429 is asked again when they don't say when."""
LONGEST_WAIT = 600.0
"""Whatever they say: a page is not for tomorrow, and who is asked too early only says so once more."""


class Inside(OSError):
    """An address that must not be reached."""


class Refusal(Rejected):
    """The other side is there, and will never take this."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    location: str = ""
    """Where what was made is now, if the other side says so."""


@dataclass(frozen=True)
class Content:
    """What is at an address; `changed` is False when it is what was asked about already. The other two are what to send with
    the next question."""

    changed: bool
    body: bytes = field(default=b"", repr=False)
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True)
class Outbound:
    """Sends requests; `inside` are networks that may be reached although they are not on the internet."""

    inside: tuple[Network, ...] = ()

    async def post(
        self,
        url: str,
        *,
        body: bytes | Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        trusted: bool = False,
        method: str = "POST",
    ) -> Answer:
        """The answer, if it is 2xx; raises Retry or Rejected. A mapping is sent as a form."""
        with _telling(url):
            async with self._open(method, url, body, dict(headers or {}), trusted) as response:
                text = (await response.content.read(LONGEST_ANSWER)).decode("utf-8", "replace")
                if trusted and response.status in (401, 403):
                    raise Retry(f"outbound.key_refused {urlsplit(url).hostname}", lasting=True)
                _judge(response.status, response.headers, text)
                return Answer(response.status, text, response.headers.get("Location", ""))

    async def get(self, url: str, *, limit: int, etag: str = "", last_modified: str = "") -> Content:
        """What is there, of at most `limit` bytes, unless it is what had this `etag` or `last_modified`; raises Retry or
        Rejected, whose reasons say nothing of the address but its host."""
        known = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in known.items() if value}
        with _telling(url):
            async with self._open("GET", url, None, headers, trusted=False) as response:
                if response.status == 304 and headers:
                    return Content(False, b"", etag, last_modified)
                _judge(response.status, response.headers, "")
                body = bytearray()
                async for part in response.content.iter_chunked(LONGEST_ANSWER):
                    body += part
                    if len(body) > limit:
                        raise Rejected(f"outbound.too_large {limit // 1024 // 1024}")
                named = response.headers
                return Content(
                    True, bytes(body), named.get("ETag", "")[:200], named.get("Last-Modified", "")[:200]
                )

    @asynccontextmanager
    async def _open(
        self,
        method: str,
        url: str,
        body: bytes | Mapping[str, str] | None,
        headers: dict[str, str],
        trusted: bool,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        host = urlsplit(url).hostname or ""
        by_proxy = _has_proxy(url, host)
        resolver: AbstractResolver | None = None
        if not trusted and not by_proxy:
            self.check_literal(host)
            resolver = GuardedResolver(self)
        connector = aiohttp.TCPConnector(resolver=resolver)
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT, connector=connector, trust_env=by_proxy) as http,
            http.request(method, url, data=body, headers=headers, allow_redirects=False) as response,
        ):
            yield response

    def check_literal(self, host: str) -> None:
        """Raises Inside for an address that is written as such and must not be reached."""
        try:
            address = ip_address(host)
        except ValueError:
            return
        if not self.may_reach(str(address)):
            raise Inside(host)

    def is_inside(self, url: str) -> bool:
        """Whether this URL names, without a look at the network, what must not be reached."""
        host = (urlsplit(url).hostname or "").removesuffix(".")
        if _has_proxy(url, host):
            return False
        if host == "localhost" or host.endswith(".localhost"):  # RFC 6761, 6.3
            return not self.may_reach("127.0.0.1")
        try:
            self.check_literal(host)
        except Inside:
            return True
        return False

    def may_reach(self, text: str) -> bool:
        address = ip_address(text.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None)
        address = mapped or address
        known = any(address in network for network in self.inside if network.version == address.version)
        return known or (address.is_global and not address.is_multicast)


class GuardedResolver(AbstractResolver):
    """Resolves names to addresses that may be reached."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound
        self._resolver = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_INET
    ) -> list[ResolveResult]:
        found: Sequence[ResolveResult] = await self._resolver.resolve(host, port, family)
        allowed = [one for one in found if self._outbound.may_reach(one["host"])]
        if not allowed:
            raise Inside(f"{host} is not reached")
        return allowed

    async def close(self) -> None:
        await self._resolver.close()


@contextmanager
def _telling(url: str) -> Iterator[None]:
    """What went wrong on the way, as Retry or Rejected."""
    try:
        yield
    except Inside as inside:
        raise Rejected(f"outbound.inside {urlsplit(url).hostname}") from inside
    except (TimeoutError, aiohttp.ServerTimeoutError) as error:
        raise Retry(f"outbound.no_answer {urlsplit(url).hostname}", maybe_sent=True) from error
    except (aiohttp.InvalidURL, UnicodeError) as error:  # the latter: a host that no name can be
        raise Rejected("outbound.bad_url") from error
    except (aiohttp.ClientError, OSError) as error:
        if isinstance(error.__cause__, Inside) or "not reached" in str(error):
            raise Rejected(f"outbound.inside {urlsplit(url).hostname}") from error
        raise Retry(f"outbound.unreachable {urlsplit(url).hostname}") from error


def _has_proxy(url: str, host: str) -> bool:
    return bool(getproxies().get(urlsplit(url).scheme)) and not proxy_bypass(host)


def _judge(status: int, headers: Mapping[str, str], text: str) -> None:
    """429 and 5xx pass by themselves, a refused key once somebody mends it; the rest of 4xx is about this request."""
    words = " ".join(text.split())[:200]
    if 200 <= status < 300:
        return
    if status == 429:
        raise Retry(f"outbound.too_many {words}", after=read_wait(headers))
    if status >= 500 or status == 408:
        raise Retry(f"outbound.http {status} {words}".strip())
    if 300 <= status < 400:
        raise Rejected("outbound.redirected")
    raise Refusal(status, f"outbound.http {status} {words}".strip())


def read_wait(headers: Mapping[str, str]) -> float:
    """For how many seconds not to ask again: `Retry-After` in seconds, or as a date, which counts from the answer's own
    `Date`, whatever our clock says (RFC 9110, 10.2.3). Pure."""
    told = headers.get("Retry-After", "").strip()
    if told.isascii() and told.isdecimal():
        wait = float(told)
    else:
        until, since = _read_date(told), _read_date(headers.get("Date", ""))
        wait = SOON if until is None or since is None else (until - since).total_seconds()
    return min(max(wait, 0.0), LONGEST_WAIT)


def _read_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
