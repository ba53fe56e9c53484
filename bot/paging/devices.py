"""Devices that receive pushes: a browser of a person, or the Room as an app there, as one more contact method.

A device is added on the device itself, by a person who is signed in there. A code is pushed to it, which its service worker
gives back by itself: so what we push does arrive, and can be read, before any page relies on it. It may get another address
later; whoever knows the secret of the old subscription is that browser.
"""

import hmac
import re
import unicodedata
from dataclasses import dataclass

from bot.access.people import audit
from bot.errors import Invalid, Refused, Unknown
from bot.flow.unit import Unit
from bot.notify.kinds import DEVICE
from bot.notify.push import read_subscription
from bot.notify.vapid import find_public_key, make_key
from bot.paging.contacts import MOST, choose_label, send_code
from bot.paging.events import ContactLost
from bot.paging.ways import read_contacts
from storage.models import ContactMethod, Fact, User
from storage.questions.contacts import list_devices_at

FACT = "push.key"
LONGEST_NAME = 60
GONE = ("push.gone", "push.other_key")
"""Why a page could not be pushed, when no other will be either."""
TAKEN = "push.taken"
BROWSERS = {"Firefox": "Firefox", "FxiOS": "Firefox", "Edg": "Edge", "OPR": "Opera", "CriOS": "Chrome"} | {
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "Mac",
} | {
    "CrOS": "Chromebook",
    "Linux": "Linux",
}


@dataclass(frozen=True)
class Subscription:
    """What a browser got from its push service, as it says it (`PushSubscription.toJSON`)."""

    endpoint: str
    p256dh: str
    auth: str


async def make_push_key(unit: Unit) -> None:
    """Make the key by which push services know this installation, once and for all of its processes."""
    if await unit.session.get(Fact, FACT) is None:
        unit.session.add(Fact(name=FACT, value=make_key()))
        await unit.session.flush()


async def get_push_key(unit: Unit) -> str:
    return (await unit.session.get_one(Fact, FACT)).value


async def add_device(unit: Unit, user: User, given: Subscription, name: str, key: str) -> ContactMethod:
    """This person receives pages on this device from now on; `key` is the VAPID key for which it subscribed. One that is
    known keeps its name. Raises Invalid for what is no subscription, and Refused after too many."""
    options = _read(given) | {"key": find_public_key(key), "device": _tidy(name) or DEVICE}
    await unit.lock(user)
    mine: ContactMethod | None = None
    for one in await list_devices_at(unit.session, given.endpoint):
        if one.user_id == user.id:
            mine = one
        else:  # a browser shows pages to whoever sits there: to one person only
            retire(unit, one, TAKEN)
    if mine is not None and mine.verified_at is not None and _is_same(mine, options):
        return mine
    if mine is None:
        mine = await _make(unit, user, given.endpoint, options["device"])
    mine.options = {**options, "device": mine.options.get("device") or options["device"]}
    mine.verified_at, mine.gone_because = None, ""
    await unit.session.flush()
    unit.known.pop(("contacts", user.id), None)
    await send_code(unit, mine)
    unit.touch(f"user:{user.id}")
    return mine


async def _make(unit: Unit, user: User, endpoint: str, name: str) -> ContactMethod:
    others = await read_contacts(unit, user.id)
    if len(others) >= MOST:
        raise Refused("contact.too_many", count=MOST)
    taken = {one.label for one in others}
    label = choose_label(unit, DEVICE, "", taken, _spell_label(name) or DEVICE)
    device = ContactMethod(
        user_id=user.id,
        kind=DEVICE,
        address=endpoint,
        label=label,
        options={"device": name},
        created_at=unit.now,
    )
    unit.session.add(device)
    audit(unit, "contact.added", f"user:{user.id}", label, kind=DEVICE)
    return device


async def renew_device(unit: Unit, old: Subscription, new: Subscription, key: str) -> ContactMethod:
    """The browser has another subscription now in place of this one. Raises Unknown unless its old one is known and its
    secret is right."""
    keys = _read(new)
    for one in await list_devices_at(unit.session, old.endpoint):
        if hmac.compare_digest(str(one.options.get("auth", "")).encode(), old.auth.encode()):
            one.address = new.endpoint
            one.options = {**one.options, **keys, "key": find_public_key(key)}
            one.gone_because = ""
            audit(unit, "contact.renewed", f"user:{one.user_id}", one.label, kind=DEVICE)
            unit.touch(f"user:{one.user_id}")
            if one.verified_at is None:
                await send_code(unit, one)
            return one
    raise Unknown("device.unknown")


def retire(unit: Unit, contact: ContactMethod, reason: str) -> None:
    """Nothing goes there any more. It stays among what the person has, with the reason, until they remove it."""
    contact.verified_at, contact.digest, contact.code_until = None, "", None
    contact.gone_because = reason
    unit.known.pop(("contacts", contact.user_id), None)
    audit(unit, "contact.gone", f"user:{contact.user_id}", contact.label, kind=contact.kind)
    unit.emit(ContactLost(contact.user_id))
    unit.touch(f"user:{contact.user_id}")


def is_gone(reason: str) -> bool:
    """Whether what failed for this reason will always fail."""
    return reason.partition(" ")[0] in GONE


def name_device(agent: str) -> str:
    """What a browser that calls itself so is called: `Chrome on Android`."""
    browser = next((name for mark, name in BROWSERS.items() if mark in agent), "Browser")
    system = next((name for mark, name in SYSTEMS.items() if mark in agent), "")
    return f"{browser} on {system}" if system else browser


def _read(given: Subscription) -> dict[str, str]:
    keys = read_subscription(given.endpoint, given.p256dh, given.auth)
    if keys is None:
        raise Invalid("device.bad_subscription", "endpoint")
    return keys


def _is_same(device: ContactMethod, options: dict[str, str]) -> bool:
    return all(device.options.get(name) == options[name] for name in ("p256dh", "auth", "key"))


def _tidy(name: str) -> str:
    return " ".join("".join(one for one in name if one.isprintable()).split())[:LONGEST_NAME]


def _spell_label(name: str) -> str:
    """What rules can call it: `chrome-on-android`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50].strip("-")
