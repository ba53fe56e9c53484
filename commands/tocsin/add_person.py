"""`/tocsin add-person`: let somebody in, and get the link by which they sign in first."""

from dataclasses import dataclass

from bot.access.people import add_user
from bot.access.roles import check_rank
from bot.access.signin import make_sign_in_link
from bot.catalog.teams import join_team
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.kinds import TEAM, TEXT
from commands.people_kinds import USER_ROLE, get_rank
from storage.models import Team
from storage.words import UserRole

HOURS = 24


@dataclass(frozen=True)
class Args:
    name: str = arg("Name", TEXT, rest=True, hint="Kate Moreau")
    email: str = arg("E-mail address", TEXT, default="", hint="kate@example.org")
    role: UserRole = arg("Role", USER_ROLE, default=UserRole.RESPONDER)
    team: Team | None = arg("Team", TEAM, default=None)


async def run(call: Call) -> Reply:
    args: Args = call.args
    check_rank(get_rank(call), args.role)
    person = await add_user(call.unit, args.name, args.email, args.role)
    if args.team is not None:
        await join_team(call.unit, args.team, person)
    token = await make_sign_in_link(call.unit, person, HOURS * 60)
    url = f"{call.unit.installation.public_url}/login/{token}"
    return Reply("tocsin_add_person", {"person": person, "team": args.team, "url": url, "hours": HOURS})


COMMAND = Command("tocsin add-person", "Let somebody in", run, Args, needs="admin", submit="Add")
