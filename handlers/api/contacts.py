"""`/api/v1/users/{user}/contacts` and `/paging`: how a person is paged. An address may be a secret (whoever knows a topic of
ntfy reads along), so all of this needs the scope `admin`."""

from datetime import datetime
from typing import Annotated, Any

from aiohttp import web
from msgspec import Meta, Struct, to_builtins

from bot.access.people import get_user
from bot.errors import Invalid
from bot.flow.unit import Unit
from bot.paging import contacts
from bot.paging.settings import FROM_FILE, change_paging
from bot.paging.ways import read_contacts
from handlers.api.catalog import USER
from handlers.api.operation import (
    NO_NUL,
    PREFIX,
    Call,
    Listing,
    NoBody,
    NoQuery,
    Operation,
    PathPart,
    build_listing,
    send,
)
from storage.models import ContactMethod
from storage.words import Priority, Scope

LABEL = PathPart("label", r"^[a-z0-9][a-z0-9._-]{0,59}$", "What the person calls it.", "phone")
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Day = Annotated[str, Meta(pattern=r"^(mon|tue|wed|thu|fri|sat|sun)$")]
Method = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,59}$")]


class ContactItem(Struct, frozen=True):
    """One more way to reach a person. Only one that is `verified` pages. `gone_because` is empty, or why no page goes
    there any more: a code such as `push.gone` (the browser has ended its subscription), and after a space what it is about.
    No new code is sent there; it stays until it is removed, or the device is added again."""

    label: str
    kind: str
    address: str
    verified: bool
    verified_at: datetime | None
    gone_because: str
    from_file: bool
    created_at: datetime


class ContactBody(Struct, frozen=True, forbid_unknown_fields=True):
    """A contact method to add; a code is sent there."""

    kind: Annotated[str, Meta(min_length=1, max_length=16, pattern=NO_NUL)]
    address: Annotated[str, Meta(min_length=1, max_length=2_000, pattern=NO_NUL)]
    label: Annotated[str, Meta(max_length=60, pattern=NO_NUL)] = ""


class CodeBody(Struct, frozen=True, forbid_unknown_fields=True):
    """The code that came there."""

    code: Annotated[str, Meta(min_length=1, max_length=40, pattern=NO_NUL)]


class PagingWindow(Struct, frozen=True, forbid_unknown_fields=True, rename={"start": "from"}):
    """A part of the week by the person's clocks; without `days` on all of them. One that ends before it begins ends on the
    next day."""

    days: Annotated[tuple[Day, ...], Meta(max_length=7)] = ()
    start: Clock = "00:00"
    until: Clock = "00:00"


class PagingStep(Struct, frozen=True, forbid_unknown_fields=True):
    """What is used `after` so many seconds from when the page is due: platforms, kinds or labels."""

    by: Annotated[tuple[Method, ...], Meta(min_length=1, max_length=20)]
    after: Annotated[int, Meta(ge=0, le=604_800)] = 0


class PagingRule(Struct, frozen=True, forbid_unknown_fields=True):
    """The first rule that holds for a page counts."""

    steps: Annotated[tuple[PagingStep, ...], Meta(min_length=1, max_length=20)]
    priorities: Annotated[tuple[Priority, ...], Meta(max_length=5)] = ()
    windows: Annotated[tuple[PagingWindow, ...], Meta(max_length=20)] = ()


class QuietHours(Struct, frozen=True, forbid_unknown_fields=True):
    """What rings waits for the end of these; that of a P1 only with `p1`."""

    windows: Annotated[tuple[PagingWindow, ...], Meta(max_length=20)] = ()
    p1: bool = False


class PagingBody(Struct, frozen=True, forbid_unknown_fields=True):
    """How a person is paged; without rules by everything at once."""

    rules: Annotated[tuple[PagingRule, ...], Meta(max_length=20)] = ()
    quiet: QuietHours = QuietHours()


class PagingItem(Struct, frozen=True):
    """The same, and whether the configuration file says it."""

    rules: list[PagingRule]
    quiet: QuietHours
    from_file: bool


def _show(row: ContactMethod) -> ContactItem:
    return ContactItem(
        row.label,
        row.kind,
        row.address,
        row.verified_at is not None,
        row.verified_at,
        row.gone_because,
        row.origin == FROM_FILE,
        row.created_at,
    )


async def list_contacts(call: Call[NoQuery, NoBody]) -> Listing[ContactItem]:
    async def look(unit: Unit) -> Listing[ContactItem]:
        user = await get_user(unit, call.part("user"))
        return build_listing([_show(one) for one in await read_contacts(unit, user.id)], None)

    return await call.look(look)


async def add(call: Call[NoQuery, ContactBody]) -> web.Response:
    async def change(unit: Unit) -> ContactItem:
        user = await get_user(unit, call.part("user"))
        body = call.body
        return _show(await contacts.add_contact(unit, user, body.kind, body.address, body.label))

    made = await call.parts.work.run(change, call.actor)
    place = f"{PREFIX}/users/{call.part('user')}/contacts/{made.label}"
    return send(made, 201, {"Location": place})


async def get_one(call: Call[NoQuery, NoBody]) -> ContactItem:
    return await call.look(lambda unit: _find(unit, call))


async def _find(unit: Unit, call: Call[NoQuery, NoBody]) -> ContactItem:
    user = await get_user(unit, call.part("user"))
    return _show(await contacts.find_contact(unit, user, call.part("label")))


async def remove(call: Call[NoQuery, NoBody]) -> ContactItem:
    async def change(unit: Unit) -> ContactItem:
        user = await get_user(unit, call.part("user"))
        contact = await contacts.find_contact(unit, user, call.part("label"))
        item = _show(contact)
        await contacts.remove_contact(unit, contact)
        return item

    return await call.parts.work.run(change, call.actor)


async def send_code(call: Call[NoQuery, NoBody]) -> ContactItem:
    async def change(unit: Unit) -> ContactItem:
        user = await get_user(unit, call.part("user"))
        contact = await contacts.find_contact(unit, user, call.part("label"))
        await contacts.send_code(unit, contact)
        return _show(contact)

    return await call.parts.work.run(change, call.actor)


async def verify(call: Call[NoQuery, CodeBody]) -> ContactItem:
    """A wrong code is counted, which an error inside the unit would undo."""

    async def change(unit: Unit) -> ContactItem | None:
        user = await get_user(unit, call.part("user"))
        contact = await contacts.verify_contact(unit, user, call.body.code)
        return _show(contact) if contact is not None else None

    found = await call.parts.work.run(change, call.actor)
    if found is None:
        raise Invalid("contact.code_wrong", "code", minutes=contacts.MINUTES)
    return found


async def get_paging(call: Call[NoQuery, NoBody]) -> PagingItem:
    async def look(unit: Unit) -> PagingItem:
        return _show_paging((await get_user(unit, call.part("user"))).paging)

    return await call.look(look)


async def change(call: Call[NoQuery, PagingBody]) -> PagingItem:
    async def keep(unit: Unit) -> PagingItem:
        user = await get_user(unit, call.part("user"))
        await change_paging(unit, user, to_builtins(call.body))
        return _show_paging(user.paging)

    return await call.parts.work.run(keep, call.actor)


def _show_paging(paging: dict[str, Any]) -> PagingItem:
    rules = [
        PagingRule(
            tuple(PagingStep(tuple(step["by"]), step["after"]) for step in rule["steps"]),
            tuple(Priority(one) for one in rule.get("priorities") or ()),
            _read_windows(rule),
        )
        for rule in paging.get("rules") or ()
    ]
    quiet = paging.get("quiet") or {}
    return PagingItem(
        rules,
        QuietHours(_read_windows(quiet), bool(quiet.get("p1"))),
        paging.get("origin") == FROM_FILE,
    )


def _read_windows(values: dict[str, Any]) -> tuple[PagingWindow, ...]:
    return tuple(
        PagingWindow(tuple(one.get("days") or ()), one.get("from", "00:00"), one.get("until", "00:00"))
        for one in values.get("windows") or ()
    )


ALL, ONE = "/users/{user}/contacts", "/users/{user}/contacts/{label}"
NAMED = (USER, LABEL)
OPERATIONS = (
    Operation(
        "GET",
        ALL,
        "listContacts",
        "A person's contact methods.",
        list_contacts,
        Listing[ContactItem],
        parts=(USER,),
        scope=Scope.ADMIN,
    ),
    Operation(
        "POST",
        ALL,
        "addContact",
        "Add a contact method, and send the code to it.",
        add,
        ContactItem,
        Body=ContactBody,
        parts=(USER,),
        status=201,
        scope=Scope.ADMIN,
        problems=(409,),
        header=("Location", "Where the contact method is."),
    ),
    Operation(
        "GET", ONE, "getContact", "One contact method.", get_one, ContactItem, parts=NAMED, scope=Scope.ADMIN
    ),
    Operation(
        "DELETE",
        ONE,
        "removeContact",
        "Remove a contact method; nothing goes there any more.",
        remove,
        ContactItem,
        parts=NAMED,
        scope=Scope.ADMIN,
        problems=(409,),
    ),
    Operation(
        "POST",
        ONE + "/code",
        "sendContactCode",
        "Send a new code.",
        send_code,
        ContactItem,
        parts=NAMED,
        scope=Scope.ADMIN,
        problems=(409,),
    ),
    Operation(
        "POST",
        ALL + "/verify",
        "verifyContact",
        "Verify the contact method to which this code was sent.",
        verify,
        ContactItem,
        Body=CodeBody,
        parts=(USER,),
        scope=Scope.ADMIN,
    ),
    Operation(
        "GET",
        "/users/{user}/paging",
        "getPaging",
        "How a person is paged.",
        get_paging,
        PagingItem,
        parts=(USER,),
        scope=Scope.ADMIN,
    ),
    Operation(
        "PUT",
        "/users/{user}/paging",
        "changePaging",
        "Change how a person is paged.",
        change,
        PagingItem,
        Body=PagingBody,
        parts=(USER,),
        scope=Scope.ADMIN,
        problems=(409,),
    ),
)
