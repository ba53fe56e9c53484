"""`/oncall holidays`: where you or a team have public holidays, so that shifts on them are told in good time."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.access.roles import check_role
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.errors import Invalid
from bot.oncall.holidays import find_places, list_followers, list_holidays, set_holidays, set_team_holidays
from commands.kinds import PERSON, TEAM
from commands.oncall_kinds import PLACE, choose_person
from storage.models import Team, User

AHEAD = timedelta(days=366)
SHOWN = 3


@dataclass(frozen=True)
class Args:
    where: str | None = arg("Country or part of one, none, or team", PLACE, hint="DE, DE-BE, none or team")
    who: User | None = arg("Whose, if not yours", PERSON, default=None)
    team: Team | None = arg("Of which team, for all who have not said their own", TEAM, default=None)


async def run(call: Call) -> Reply:
    data = await (_set_of_person(call) if call.args.team is None else _set_of_team(call, call.args.team))
    return Reply("oncall_holidays", data)


async def _set_of_person(call: Call) -> dict[str, Any]:
    unit, user = call.unit, choose_person(call, call.args.who)
    await set_holidays(unit, user, call.args.where)
    places = (await find_places(unit, [user]))[user.id]
    return {
        "where": places,
        "as_team": call.args.where is None,
        "team": "",
        "person": "" if call.args.who is None else user.name,
        "coming": list_holidays(places, user.zone, unit.now, unit.now + AHEAD)[:SHOWN],
    }


async def _set_of_team(call: Call, team: Team) -> dict[str, Any]:
    unit, where = call.unit, call.args.where
    if call.args.who is not None:
        raise Invalid("holidays.of_two", "team")
    if where is None:
        raise Invalid("holidays.team_of_team", "where")
    check_role(call.user, "admin")
    await set_team_holidays(unit, team, where)
    places = (where,) if where else ()
    zone = call.user.zone if call.user is not None else "UTC"
    return {
        "where": places,
        "team": team.name,
        "people": [user.name for user in await list_followers(unit, team)],
        "coming": list_holidays(places, zone, unit.now, unit.now + AHEAD)[:SHOWN],
    }


COMMAND = Command("oncall holidays", "Where you or a team have public holidays", run, Args, submit="Keep it")
