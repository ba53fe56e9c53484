"""By which ways a person can be reached now."""

from collections.abc import Collection, Sequence

from bot.flow.unit import Unit
from bot.paging.wishes import Way
from storage.models import ContactMethod, User
from storage.questions import access
from storage.questions.contacts import list_contacts, list_verified_rows


async def list_methods(unit: Unit, user: User) -> list[str]:
    """The platforms on which this person is, and e-mail when they have an address."""
    known = unit.installation
    methods = [one for one in known.methods if one in known.platforms or one == "email"]
    return [method for method in methods if await _is_reachable(unit, user, method)]


async def list_ways(unit: Unit, user: User) -> list[Way]:
    """The same, and the person's contact methods that are verified and set up here."""
    ways = [Way(method) for method in await list_methods(unit, user)]
    known = unit.installation.methods
    verified = unit.known.get(("verified", user.id))
    if verified is None:
        verified = await list_verified_rows(unit.session, [user.id])
    return [*ways, *(Way(one.kind, one.id, one.label) for one in verified if one.kind in known)]


async def read_contacts(unit: Unit, user_id: int) -> Sequence[ContactMethod]:
    """A person's contact methods, asked for once in a unit."""
    question = ("contacts", user_id)
    if question not in unit.known:
        unit.known[question] = await list_contacts(unit.session, [user_id])
    found: Sequence[ContactMethod] = unit.known[question]
    return found


async def read_ahead(unit: Unit, user_ids: Collection[int]) -> None:
    """Read for many people at once what `list_ways` will ask for each."""
    wanted = {number for number in user_ids if ("verified", number) not in unit.known}
    if not wanted:
        return
    unit.known.update((("verified", number), []) for number in wanted)
    for row in await list_verified_rows(unit.session, wanted):
        unit.known["verified", row.user_id].append(row)
    for name in unit.installation.platforms:
        if name != "room":
            found = await access.list_accounts_of(unit.session, name, wanted)
            unit.known.update((("account", name, number), found.get(number)) for number in wanted)


async def _is_reachable(unit: Unit, user: User, method: str) -> bool:
    """The Room reaches everybody. A chat platform reaches whoever has an account there, or an e-mail address by which the
    platform was not asked for one yet."""
    if method == "room":
        return True
    if method == "email":
        return bool(user.email)
    question = ("account", method, user.id)
    if question not in unit.known:
        unit.known[question] = await access.find_account_of(unit.session, method, user.id)
    account = unit.known[question]
    return bool(user.email) if account is None else account.address is not None
