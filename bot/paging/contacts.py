"""The contact methods of a person: adding one, showing by a code that it is theirs, and removing it.

The code goes by the method itself, and nothing else does before it was typed in. Codes cost money and disturb, so one
person can have only a few sent in an hour, to whichever address.
"""

import secrets
from datetime import timedelta

from bot.access.people import audit
from bot.access.secrets import digest
from bot.errors import Invalid, Refused, Unknown
from bot.flow.unit import Unit
from bot.notify.kinds import LABEL, list_reserved, read_address
from bot.paging.events import ContactLost
from bot.paging.ways import read_contacts
from storage.models import ContactMethod, User
from storage.models.paging import stream_of
from storage.questions import access

MINUTES = 15
CODES_AN_HOUR = 5
WRONG_CODES = 5
MOST = 20


async def add_contact(unit: Unit, user: User, kind: str, address: str, label: str = "") -> ContactMethod:
    """Add a way to reach this person, and send the code to it. Raises Invalid with the field, or Refused."""
    kept = read_address(kind, address)
    if kind not in unit.installation.methods:
        raise Refused("contact.not_set_up", kind=kind)
    await unit.lock(user)
    others = await read_contacts(unit, user.id)
    is_known = any((one.kind, one.address) == (kind, kept) for one in others)
    if is_known or (kind == "email" and kept.lower() == user.email.lower()):
        raise Invalid("contact.known", "address", address=kept)
    if len(others) >= MOST:
        raise Refused("contact.too_many", count=MOST)
    contact = ContactMethod(
        user_id=user.id,
        kind=kind,
        address=kept,
        label=choose_label(unit, kind, label.strip().lower(), {one.label for one in others}, kind),
        created_at=unit.now,
    )
    unit.session.add(contact)
    await unit.session.flush()
    unit.known.pop(("contacts", user.id), None)
    audit(unit, "contact.added", f"user:{user.id}", contact.label, kind=kind)
    await send_code(unit, contact)
    return contact


def choose_label(unit: Unit, kind: str, wanted: str, taken: set[str], otherwise: str) -> str:
    """What rules call it: as the person wants it, or else something free that begins like `otherwise`."""
    reserved = {*list_reserved(kind), *unit.installation.platforms}
    if wanted:
        if not LABEL.fullmatch(wanted):
            raise Invalid("contact.bad_label", "label", label=wanted)
        if wanted in taken | reserved:
            raise Invalid("contact.label_taken", "label", label=wanted)
        return wanted
    numbered = (otherwise, *(f"{otherwise}-{number}" for number in range(2, MOST + 3)))
    return next(name for name in numbered if name not in taken | reserved)


async def find_contact(unit: Unit, user: User, label: str) -> ContactMethod:
    """The contact method that this person calls so; raises Unknown."""
    contacts = await read_contacts(unit, user.id)
    found = next((one for one in contacts if one.label == label.strip().lower()), None)
    if found is None:
        raise Unknown("contact.unknown", label=label, known=[one.label for one in contacts])
    return found


async def send_code(unit: Unit, contact: ContactMethod) -> None:
    """Send a new code by the method itself; the one before works no more. Raises Refused after too many."""
    if contact.verified_at is not None:
        raise Refused("contact.verified", label=contact.label)
    if contact.gone_because:
        raise Refused("contact.gone", label=contact.label)
    since = unit.now - timedelta(hours=1)
    subject = f"user:{contact.user_id}"
    if await access.count_audited(unit.session, "contact.code_sent", subject, since) >= CODES_AN_HOUR:
        raise Refused("contact.too_many_codes", count=CODES_AN_HOUR)
    code = f"{secrets.randbelow(1_000_000):06}"
    contact.digest, contact.wrong_codes = _digest(contact, code), 0
    contact.code_until = unit.now + timedelta(minutes=MINUTES)
    audit(unit, "contact.code_sent", subject, contact.label)
    stream = stream_of(contact.user_id, contact.kind, contact.id)
    unit.put(stream, "contact.code", f"contact:{contact.id}", payload={"code": code})


async def verify_contact(unit: Unit, user: User, code: str) -> ContactMethod | None:
    """The contact method to which this code was sent; it pages from then on. A wrong code is counted for all that wait for
    one, and after a few of those theirs are worth nothing."""
    typed = code.strip().replace(" ", "")
    for contact in await read_contacts(unit, user.id):
        is_alive = contact.code_until is not None and contact.code_until > unit.now
        if contact.verified_at is not None or not contact.digest or not is_alive:
            continue
        await unit.lock(contact)
        if contact.digest and contact.digest == _digest(contact, typed):
            contact.verified_at, contact.digest, contact.code_until = unit.now, "", None
            audit(unit, "contact.verified", f"user:{user.id}", contact.label)
            unit.touch(f"user:{user.id}")
            return contact
        contact.wrong_codes += 1
        if contact.wrong_codes >= WRONG_CODES:
            contact.digest = ""
    return None


async def remove_contact(unit: Unit, contact: ContactMethod) -> None:
    """Nothing goes there any more. Raises Refused for one of the configuration file, which would bring it back."""
    if contact.origin == "file":
        raise Refused("contact.in_file", label=contact.label)
    contact.active, contact.digest = False, ""
    unit.known.pop(("contacts", contact.user_id), None)
    audit(unit, "contact.removed", f"user:{contact.user_id}", contact.label)
    unit.emit(ContactLost(contact.user_id))
    unit.touch(f"user:{contact.user_id}")


def _digest(contact: ContactMethod, code: str) -> str:
    return digest(f"{contact.id}:{code}")
