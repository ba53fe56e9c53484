"""The kinds of argument of contact methods: which kind, and which one of one's own."""

from bot.chat.arguments import Kind, Reading
from bot.chat.form import Choice
from bot.errors import Invalid
from bot.notify.kinds import DEVICE, KINDS
from bot.paging.contacts import find_contact
from bot.paging.ways import read_contacts
from commands.kinds import find_acting_user
from storage.models import ContactMethod


async def _kind(reading: Reading, text: str) -> str:
    kind = text.strip().lower()
    if kind not in (*KINDS, DEVICE):
        raise Invalid("contact.kind", reading.name, kind=text, known=list(KINDS))
    return kind


async def _suggest_kinds(reading: Reading, _: str) -> list[Choice]:
    return [Choice(kind, kind) for kind in KINDS if kind in reading.unit.installation.methods]


async def _contact(reading: Reading, text: str) -> ContactMethod:
    user = await find_acting_user(reading.unit, reading.invocation)
    if user is None:
        raise Invalid("person.needed", reading.name)
    return await find_contact(reading.unit, user, text)


async def _suggest_contacts(reading: Reading, _: str) -> list[Choice]:
    user = await find_acting_user(reading.unit, reading.invocation)
    if user is None:
        return []
    found = await read_contacts(reading.unit, user.id)
    return [Choice(one.label, f"{one.label}: {one.place}"[:75]) for one in found]


CONTACT_KIND = Kind("suggest", _kind, _suggest_kinds, example="email")
CONTACT = Kind("suggest", _contact, _suggest_contacts, example="email-2")
