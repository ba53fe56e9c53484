"""Teams, people and escalation policies, to be read. They are changed in Tocsin, by its configuration file or in chat."""

from collections.abc import Sequence
from typing import Any

from bot.errors import Unknown
from bot.flow.unit import Unit
from handlers.opsgenie.door import Answer, Call, Operation
from handlers.opsgenie.limits import KINDS
from handlers.opsgenie.paging import build_paging, read_stretch, read_word
from handlers.opsgenie.shapes import Shape, spell_person, spell_time
from storage.models import EscalationPolicy, PolicyStep, Schedule, Team, User
from storage.questions import access, catalog, lists, paging
from storage.words import StepCondition, UserRole

ROLES = {
    UserRole.OWNER: "Owner",
    UserRole.ADMIN: "Admin",
    UserRole.RESPONDER: "User",
    UserRole.STAKEHOLDER: "Stakeholder",
}
CONDITIONS = {StepCondition.NOT_ACKNOWLEDGED: "if-not-acked", StepCondition.NOT_CLOSED: "if-not-closed"}
THEIR_KINDS = {ours: theirs for theirs, ours in KINDS.items() if theirs != "teams"}


async def find_row(
    unit: Unit, call: Call, model: type[Any], kind_name: str, parameter: str = "identifierType"
) -> Any:
    """The team, schedule or policy that the path names by id or name; raises Unknown. The slug is a name, too."""
    name = call.part("identifier")
    kind = read_word(call, parameter, ("id", "name"))
    row = None
    if kind == "id" and name.isascii() and name.isdecimal() and len(name) < 10:
        row = await unit.session.get(model, int(name))
    elif kind == "name" and "\x00" not in name:
        row = await catalog.find_named(unit.session, model, name)
    if row is None or not row.active:
        raise Unknown("opsgenie.not_there", kind=kind_name, name=name)
    return row


# teams


async def list_teams(call: Call) -> Answer:
    async def look(unit: Unit) -> list[Shape]:
        return [_show_team(row) for row in await catalog.list_named(unit.session, Team)]

    return Answer({"data": await call.look(look)})


async def show_team(call: Call) -> Answer:
    async def look(unit: Unit) -> Shape:
        team = await find_row(unit, call, Team, "team")
        members = (await lists.list_members(unit.session, [team.id])).get(team.id, [])
        return {**_show_team(team), "members": [_show_member(user) for user in members]}

    return Answer({"data": await call.look(look)})


def _show_team(row: Team) -> Shape:
    return {"id": str(row.id), "name": row.name, "description": ""}


def _show_member(user: User) -> Shape:
    role = "admin" if user.role in (UserRole.OWNER, UserRole.ADMIN) else "user"
    return {"user": {"id": str(user.id), "username": spell_person(user)}, "role": role}


# people


async def list_users(call: Call) -> Answer:
    stretch = read_stretch(call)

    async def look(unit: Unit) -> Sequence[User]:
        return await access.list_users(unit.session, limit=10_000)

    users = await call.look(look)
    page = users[stretch.offset : stretch.offset + stretch.limit]
    return Answer(
        {
            "totalCount": len(users),
            "data": [_show_user(user) for user in page],
            "paging": build_paging(call, stretch, len(users)),
        }
    )


async def show_user(call: Call) -> Answer:
    """By id, e-mail address or handle."""

    async def look(unit: Unit) -> Shape:
        name = call.part("identifier").replace("\x00", "")
        user = None
        if name.isascii() and name.isdecimal() and len(name) < 10:
            user = await unit.session.get(User, int(name))
        if user is None or not user.active:
            user = await access.find_user(unit.session, name)
        if user is None:
            raise Unknown("opsgenie.not_there", kind="user", name=name)
        return _show_user(user)

    return Answer({"data": await call.look(look)})


def _show_user(user: User) -> Shape:
    return {
        "id": str(user.id),
        "username": spell_person(user),
        "fullName": user.name,
        "role": {"id": ROLES[user.role], "name": ROLES[user.role]},
        "blocked": False,
        "verified": user.welcomed,
        "timeZone": user.zone,
        "locale": "en_US",
        "createdAt": spell_time(user.created_at),
    }


# escalation policies


async def list_escalations(call: Call) -> Answer:
    async def look(unit: Unit) -> list[Shape]:
        return [
            await _show_policy(unit, row) for row in await catalog.list_named(unit.session, EscalationPolicy)
        ]

    return Answer({"data": await call.look(look)})


async def show_escalation(call: Call) -> Answer:
    async def look(unit: Unit) -> Shape:
        return await _show_policy(unit, await find_row(unit, call, EscalationPolicy, "escalation"))

    return Answer({"data": await call.look(look)})


async def _show_policy(unit: Unit, row: EscalationPolicy) -> Shape:
    steps = await paging.list_steps(unit.session, row.id)
    return {
        "id": str(row.id),
        "name": row.name,
        "description": "",
        "rules": [rule for step in steps for rule in await _show_step(unit, step)],
        "repeat": {
            "waitInterval": row.repeat_after // 60,
            "count": row.repeat,
            "resetRecipientStates": row.reset_on_repeat,
            "closeAlertAfterAll": row.close_at_end,
        },
    }


async def _show_step(unit: Unit, step: PolicyStep) -> list[Shape]:
    """One rule for each recipient, as Opsgenie has them."""
    return [
        {
            "condition": CONDITIONS[step.condition],
            "notifyType": str(recipient.get("pick") or "default"),
            "delay": {"timeAmount": step.delay // 60, "timeUnit": "minutes"},
            "recipient": await _show_recipient(unit, recipient),
        }
        for recipient in step.recipients
    ]


async def _show_recipient(unit: Unit, recipient: dict[str, Any]) -> Shape:
    kind, number = str(recipient["type"]), int(recipient.get("id") or 0)
    shape: Shape = {"type": THEIR_KINDS.get(kind, kind), "id": str(number)}
    if kind == "user":
        return {**shape, "username": spell_person(await unit.session.get(User, number))}
    team = await unit.session.get(Team, number) if kind == "team" else None
    schedule = await unit.session.get(Schedule, number) if kind == "schedule" else None
    return {**shape, "name": team.name if team else schedule.name if schedule else ""}


async def show_account(call: Call) -> Answer:
    """What clients ask to see whether they are connected."""

    async def look(unit: Unit) -> int:
        return len(await access.list_users(unit.session, limit=10_000))

    count = await call.look(look)
    plan = {"maxUserCount": 10_000, "name": "Tocsin", "isYearly": True}
    return Answer({"data": {"name": "Tocsin", "userCount": count, "plan": plan}})


OPERATIONS = (
    Operation("GET", "/teams", list_teams),
    Operation("GET", "/teams/{identifier}", show_team),
    Operation("GET", "/users", list_users),
    Operation("GET", "/users/{identifier}", show_user),
    Operation("GET", "/escalations", list_escalations),
    Operation("GET", "/escalations/{identifier}", show_escalation),
    Operation("GET", "/account", show_account),
)
