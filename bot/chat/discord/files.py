"""Files of messages, from Discord's own hosts only. An address is good for a day; an older one is looked up anew."""

import re
from urllib.parse import urlsplit

import aiohttp

from bot.chat.discord.client import DiscordClient
from bot.errors import Rejected, Retry

HOSTS = ("cdn.discordapp.com", "media.discordapp.net")
CHUNK = 64 * 1024
EXPIRED = (403, 404)
PATH = re.compile(r"/attachments/(?P<channel>\d+)/(?P<file>\d+)/")
NEAR = 20


async def fetch_file(client: DiscordClient, address: str, limit: int) -> bytes:
    """The content; raises Rejected when it is larger than `limit` bytes, gone, or kept elsewhere. No token is sent."""
    if not _is_own(client, address):
        raise Rejected("discord.foreign_file")
    status, content = await _fetch(client, address, limit)
    if status in EXPIRED and (fresh := await _find_again(client, address)):
        status, content = await _fetch(client, fresh, limit)
    if status >= 400:
        raise Rejected(f"discord.file_refused {status}")
    return content


async def _find_again(client: DiscordClient, address: str) -> str:
    """The file's address as it is today: its message stands near the number of the file. Empty when it is gone."""
    found = PATH.search(urlsplit(address).path)
    if found is None:
        return ""
    params = {"around": found["file"], "limit": str(NEAR)}
    try:
        messages = await client.call("GET", f"/channels/{found['channel']}/messages", params=params)
    except Rejected:
        return ""
    files = [file for message in messages for file in message.get("attachments") or ()]
    fresh = next((str(file["url"]) for file in files if str(file["id"]) == found["file"]), "")
    return fresh if fresh and _is_own(client, fresh) else ""


def _is_own(client: DiscordClient, address: str) -> bool:
    there, api = urlsplit(address), urlsplit(client.settings.api_url)
    is_cdn = there.scheme == "https" and there.hostname in HOSTS and there.port in (None, 443)
    return is_cdn or (there.scheme, there.netloc) == (api.scheme, api.netloc)


async def _fetch(client: DiscordClient, address: str, limit: int) -> tuple[int, bytes]:
    try:
        async with client.open_session().get(address, allow_redirects=False) as answer:
            if answer.status >= 500 or answer.status == 429:
                raise Retry(f"discord.http_{answer.status} file")
            if answer.status >= 300:
                return max(answer.status, 400), b""
            content = bytearray()
            async for part in answer.content.iter_chunked(CHUNK):
                content += part
                if len(content) > limit:
                    raise Rejected("discord.file_too_large")
            return answer.status, bytes(content)
    except (aiohttp.ClientError, TimeoutError, OSError) as broken:
        raise Retry(f"discord.no_answer file: {type(broken).__name__}") from broken
