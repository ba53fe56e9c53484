"""Two rows that are one person become one: everything that names the one who goes names the one who stays.

What was done keeps the name under which it was done. The one who goes stays in the database, switched off, so that the audit
log can tell who it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.access.accounts import give_account
from bot.access.people import audit
from bot.access.roles import ORDER, check_role
from bot.errors import Invalid, Refused, Unknown
from bot.flow.unit import Event, Unit
from storage.models import ChatAccount, User
from storage.questions import access as ask
from storage.questions import board, doubles
from storage.questions.people import move_references


@dataclass(frozen=True)
class PeopleMerged(Event):
    """Everything of somebody else is that of this person now."""

    user_id: int


async def merge_known(unit: Unit, gone: User, kept: User, admin: User | None) -> tuple[str, ...]:
    """An admin says that two people are one; returns the platforms whose accounts moved. The higher role stays, so whoever
    does this must have both; an e-mail address stays, or is taken over where there was none. Raises Invalid, Forbidden,
    or Refused (the one who goes is in the configuration file; both have an account on one platform)."""
    if gone.id == kept.id:
        raise Invalid("merge.same_person", "into", name=kept.name)
    if gone.origin == "file":
        raise Refused("merge.in_file", name=gone.name, handle=gone.handle, into=kept.name)
    for number in sorted((gone.id, kept.id)):
        await unit.lock(await unit.session.get_one(User, number))
    for person in (gone, kept):
        if not person.active:
            raise Unknown("user.unknown", name=person.handle, near=[])
        check_role(admin, person.role.value)
    kept.role = max(gone.role, kept.role, key=ORDER.index)
    kept.email = kept.email or gone.email
    await ask.end_access(unit.session, gone.id)
    return await merge(unit, gone, kept)


async def merge(unit: Unit, gone: User, kept: User) -> tuple[str, ...]:
    """Make them one, by whatever right; returns the platforms whose accounts moved. Raises Refused where both have an
    account on the same platform."""
    moving = list(await ask.list_accounts(unit.session, gone.id))
    await check_free(unit, kept, moving)
    audit(unit, "user.merged", f"user:{kept.id}", gone.name, merged=gone.id, handle=gone.handle)
    for account in moving:
        await give_account(unit, account, kept)
    await unit.session.flush()
    renamed = await doubles.join_contacts(unit.session, gone, kept)
    for join in (
        doubles.join_absences,
        doubles.end_exchanges,
        doubles.move_feeds,
        doubles.move_responders,
        board.join_direct_channels,
    ):
        await join(unit.session, gone.id, kept.id)
    await move_references(unit.session, gone.id, kept.id)
    kept.paging = kept.paging or rename_methods(gone.paging, renamed)
    if not (kept.holidays or kept.holidays_origin):
        kept.holidays, kept.holidays_origin = gone.holidays, gone.holidays_origin
    for person in (gone, kept):
        unit.known.pop(("contacts", person.id), None)
    gone.active, gone.handle, gone.email = False, f"merged-{gone.id}", ""
    await unit.session.flush()
    unit.emit(PeopleMerged(kept.id))
    unit.touch("incidents", "alerts", "oncall", "people", f"user:{gone.id}", f"user:{kept.id}")
    return tuple(account.platform for account in moving)


def rename_methods(paging: dict[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    """The same wishes, with other labels. Pure."""
    if not paging.get("rules"):
        return paging
    rules = [
        {
            **rule,
            "steps": [
                {**step, "by": [renamed.get(one, one) for one in step["by"]]} for step in rule["steps"]
            ],
        }
        for rule in paging["rules"]
    ]
    return {**paging, "rules": rules}


async def check_free(unit: Unit, taker: User, moving: list[ChatAccount]) -> None:
    """Nobody has two accounts on one platform."""
    for account in moving:
        known = await ask.find_account_of(unit.session, account.platform, taker.id)
        if known is not None and known.address is not None:
            raise Refused("link.taken", name=taker.name, platform=account.platform)
