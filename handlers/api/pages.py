"""`/api/v1/pages`: every attempt to reach a person, with its evidence."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from bot.errors import Unknown
from bot.flow.unit import Unit
from bot.incidents.privacy import find_viewer
from handlers.api.door import get_person, named_by
from handlers.api.operation import (
    Call,
    Filter,
    Listing,
    NoBody,
    NoQuery,
    Operation,
    PageQuery,
    PathPart,
    build_listing,
)
from handlers.api.values import Person, list_people, show_person
from storage.models import Page, User
from storage.questions import lists
from storage.words import PageState

NUMBER = PathPart("id", "^[1-9][0-9]{0,8}$", "The page's id.", "1")
SUBJECT = r"^((alert:|incident:|INC-|inc-)[1-9][0-9]{0,8})?$"


class PageFilterQuery(PageQuery, frozen=True, kw_only=True):
    """Filters of pages; several states mean any of them."""

    user: Annotated[Filter, Meta(description="Who was paged: handle, e-mail or name.")] = ""
    subject: Annotated[
        str, Meta(pattern=SUBJECT, description="What about: `alert:12`, `incident:7` or `INC-7`.")
    ] = ""
    state: Annotated[tuple[PageState, ...], Meta(max_length=6)] = ()


class PageItem(Struct, frozen=True):
    """One attempt to reach one person by one method. `subject` is `alert:12`, `incident:7` or empty; `why` are the
    words of somebody who paged by hand; `reason` says why this person. `step` and `round` count from 0. `contact` is the
    label of the contact method, empty for an account in chat and the e-mail address of the profile. `due_at` is when it goes
    out, where that is not at once. `held_at` is when its platform was known to be away, for the reason `held_because`, so
    that other ways had to do. `delivered_at` is when the other side said that it has arrived, where it says so."""

    id: int
    subject: str
    person: Person
    method: str
    contact: str
    state: PageState
    step: int
    round: int
    escalation: int | None
    reason: dict[str, Any]
    why: str
    by: str
    error: str
    created_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    answered_at: datetime | None
    held_at: datetime | None
    held_because: str


async def list_pages(call: Call[PageFilterQuery, NoBody]) -> Listing[PageItem]:
    query = call.query
    kind, mark, number = query.subject.upper().partition("INC-")
    subject = f"incident:{number}" if mark and not kind else query.subject

    async def look(unit: Unit) -> Listing[PageItem]:
        user = await named_by("user", get_person(unit, query.user)) if query.user else None
        found = await lists.list_pages(
            unit.session,
            query.wanted(),
            viewer=await find_viewer(unit),
            user_id=user.id if user else None,
            subject=subject,
            states=query.state,
        )
        people = await list_people(unit, [row.user_id for row in found.rows])
        return build_listing([_show_page(row, people[row.user_id]) for row in found.rows], found.next_after)

    return await call.look(look)


async def get_page(call: Call[NoQuery, NoBody]) -> PageItem:
    async def look(unit: Unit) -> PageItem:
        page = await lists.find_page(unit.session, call.number("id"), viewer=await find_viewer(unit))
        if page is None:
            raise Unknown("page.unknown", path=call.request.path)
        return _show_page(page, await unit.session.get_one(User, page.user_id))

    return await call.look(look)


def _show_page(row: Page, user: User) -> PageItem:
    return PageItem(
        row.id,
        row.subject,
        show_person(user),
        row.method,
        row.label,
        row.state,
        row.step,
        row.round,
        row.escalation_id,
        row.reason,
        row.why,
        row.by_name,
        row.error,
        row.created_at,
        row.due_at,
        row.sent_at,
        row.delivered_at,
        row.answered_at,
        row.held_at,
        row.held_because,
    )


OPERATIONS = (
    Operation(
        "GET",
        "/pages",
        "listPages",
        "Pages.",
        list_pages,
        Listing[PageItem],
        PageFilterQuery,
        problems=(404,),
    ),
    Operation("GET", "/pages/{id}", "getPage", "One page.", get_page, PageItem, parts=(NUMBER,)),
)
