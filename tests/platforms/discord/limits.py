"""What Discord refuses in messages although its description allows it: lengths, sizes, empty messages.

The numbers are those of https://docs.discord.com/developers/resources/message and .../reference.
"""

from __future__ import annotations

from typing import Any

from tests.platforms.discord.answers import Fault, Refused, invalid_form
from tests.platforms.discord.components import has_good_host, judge_components
from tests.platforms.discord.things import COMPONENTS_V2, Json

CONTENT, NONCE, REASON, TOPIC, NICK = 2000, 25, 512, 1024, 32
EMBEDS, EMBED_SIZE, FIELDS = 10, 6000, 25
EMBED_TEXTS = {"title": 256, "description": 4096}
FIELD_TEXTS = {"name": 256, "value": 1024}
FILE_SIZE = 10 * 2**20


def too_long(path: tuple[str, ...], most: int) -> Fault:
    return Fault(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")


def required(path: tuple[str, ...]) -> Fault:
    return Fault(path, "BASE_TYPE_REQUIRED", "This field is required")


def judge_message(body: Json) -> list[Fault]:
    """Why Discord would refuse this message, a new one or a change; empty when it would not."""
    found = []
    if len(body.get("content") or "") > CONTENT:
        found.append(too_long(("content",), CONTENT))
    if len(str(body.get("nonce") or "")) > NONCE:
        found.append(too_long(("nonce",), NONCE))
    is_v2 = bool((body.get("flags") or 0) & COMPONENTS_V2)
    if is_v2:
        found += [
            Fault((name,), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", f"{name} cannot be used")
            for name in ("content", "embeds", "sticker_ids", "poll")
            if body.get(name)
        ]
    found += judge_embeds(body.get("embeds") or [])
    found += judge_components(body.get("components") or [], is_v2)
    return found + _judge_mentions(body.get("allowed_mentions") or {})


def judge_embeds(embeds: list[Json]) -> list[Fault]:
    """Why Discord would refuse these embeds."""
    found = []
    if len(embeds) > EMBEDS:
        found.append(too_long(("embeds",), EMBEDS))
    for number, embed in enumerate(embeds):
        at = ("embeds", str(number))
        for name, most in EMBED_TEXTS.items():
            if len(embed.get(name) or "") > most:
                found.append(too_long((*at, name), most))
        if len(embed.get("fields") or []) > FIELDS:
            found.append(too_long((*at, "fields"), FIELDS))
        for index, field in enumerate(embed.get("fields") or []):
            for name, most in FIELD_TEXTS.items():
                if not (field.get(name) or "").strip():
                    found.append(required((*at, "fields", str(index), name)))
                elif len(field[name]) > most:
                    found.append(too_long((*at, "fields", str(index), name), most))
        for part, name, most in (("footer", "text", 2048), ("author", "name", 256)):
            if len((embed.get(part) or {}).get(name) or "") > most:
                found.append(too_long((*at, part, name), most))
        found += _judge_urls(embed, at)
    if sum(embed_size(embed) for embed in embeds) > EMBED_SIZE:
        words = f"Embed size exceeds maximum size of {EMBED_SIZE}"
        found.append(Fault(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", words))
    return found


def embed_size(embed: Json) -> int:
    """The characters of an embed that count towards the 6,000 of a message."""
    texts: list[Any] = [embed.get("title"), embed.get("description")]
    texts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    texts += [field.get(name) for field in embed.get("fields") or [] for name in FIELD_TEXTS]
    return sum(len(text or "") for text in texts)


def _judge_urls(embed: Json, at: tuple[str, ...]) -> list[Fault]:
    urls: list[tuple[tuple[str, ...], str | None, tuple[str, ...]]]
    urls = [((*at, "url"), embed.get("url"), ("http://", "https://"))]
    for part in ("image", "thumbnail"):
        url = (embed.get(part) or {}).get("url")
        urls.append(((*at, part, "url"), url, ("http://", "https://", "attachment://")))
    return [
        Fault(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.")
        for path, url, schemes in urls
        if url and (not url.startswith(schemes) or not has_good_host(url))
    ]


def _judge_mentions(allowed: Json) -> list[Fault]:
    return [
        Fault(
            ("allowed_mentions",),
            "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
            f'parse:["{name}"] and {name}: [ids...] are mutually exclusive.',
        )
        for name in ("users", "roles")
        if name in (allowed.get("parse") or []) and allowed.get(name)
    ]


def need_message(body: Json, files: int = 0) -> None:
    """Refuse a message that is wrong, or in which there is nothing to see."""
    faults = judge_message(body)
    if faults:
        raise invalid_form(faults)
    says = (body.get("content") or "").strip()
    shows = any(_has_something(embed) for embed in body.get("embeds") or [])
    if not (says or shows or body.get("components") or body.get("sticker_ids") or body.get("poll") or files):
        raise Refused(400, 50006, "Cannot send an empty message")


def _has_something(embed: Json) -> bool:
    return bool(embed_size(embed) or any(embed.get(part) for part in ("image", "thumbnail")))
