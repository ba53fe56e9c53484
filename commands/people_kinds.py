"""The kinds of argument about people as a whole: what somebody may do, and who has left."""

from bot.chat.arguments import Kind, Reading
from bot.chat.form import Choice
from bot.chat.registry import Call
from bot.errors import Invalid
from bot.oncall.leaving import get_who_left
from commands.kinds import get_person
from storage.models import User
from storage.questions import access
from storage.words import UserRole

SAID = {
    UserRole.STAKEHOLDER: "Stakeholder: reads and follows",
    UserRole.RESPONDER: "Responder: is paged, works on incidents",
    UserRole.ADMIN: "Admin: also rules, schedules and people",
    UserRole.OWNER: "Owner: everything, also admins and owners",
}


def get_rank(call: Call) -> UserRole:
    """Who acts; raises Forbidden for a program that acts for nobody."""
    return get_person(call).role


async def _role(reading: Reading, text: str) -> UserRole:
    try:
        return UserRole(text.strip().lower())
    except ValueError:
        known = [role.value for role in UserRole]
        raise Invalid("choice.wrong", reading.name, text=text, known=known) from None


async def _who_left(reading: Reading, text: str) -> User:
    return await get_who_left(reading.unit, text)


async def _suggest_who_left(reading: Reading, _: str) -> list[Choice]:
    left = await access.list_who_left(reading.unit.session)
    return [Choice(f"@{user.handle}", user.name) for user in left[:50]]


USER_ROLE = Kind(
    "choice",
    _role,
    choices=tuple(Choice(role.value, said) for role, said in SAID.items()),
    example="responder",
)
WHO_LEFT = Kind("suggest", _who_left, _suggest_who_left, example="@kate")
