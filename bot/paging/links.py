"""The link of a page: whoever has it may answer for the person who was paged, and nothing else."""

from datetime import timedelta

from bot.errors import Unknown
from bot.flow.unit import Actor, Unit
from storage.models import Page, User
from storage.questions.links import find_page_of_token

GOOD_FOR = timedelta(days=7)
PLATFORM = "link"


async def get_linked_page(unit: Unit, token: str) -> tuple[Page, User]:
    """The page and its person; raises Unknown for a link that is wrong or too old."""
    page = await find_page_of_token(unit.session, token)
    if page is None or unit.now - page.created_at > GOOD_FOR:
        raise Unknown("page.link_old")
    user = await unit.session.get_one(User, page.user_id)
    if not user.active:
        raise Unknown("page.link_old")
    return page, user


def command_of(page: Page) -> str:
    """What the button of the page runs."""
    kind, _, number = page.subject.partition(":")
    if kind == "incident":
        return f"/incident ack INC-{number}"
    return f"/alert ack {number}" if kind == "alert" else f"/tocsin answer {page.id}"


def act_as(user: User) -> Actor:
    return Actor(user.name, user.id, PLATFORM)
