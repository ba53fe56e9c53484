"""`/oncall calendar`: a secret link for your calendar program, shown to you once; or a new one in its place."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.feeds import OWN, find_own_feed, list_own_feeds, make_feed
from commands.kinds import FLAG, get_person
from commands.oncall_kinds import FEED


@dataclass(frozen=True)
class Args:
    of: str = arg("Whose shifts, if not yours", FEED, default="")
    renew: bool = arg("A new link in place of the one that there is", FLAG, default=False)


async def run(call: Call) -> Reply:
    unit, user, args = call.unit, get_person(call), call.args
    kind, _, name = (args.of or OWN).partition(":")
    data = {"of": args.of, "kind": kind, "name": name, "zone": user.zone, "link": "", "renewed": False}
    known = await find_own_feed(unit, user, kind, name)
    if known is None or args.renew:
        token = await make_feed(unit, user, kind, name)
        data |= {
            "link": f"{unit.installation.public_url}/calendar/{token}.ics",
            "renewed": known is not None,
        }
    return Reply("oncall_calendar", {**data, "feeds": await list_own_feeds(unit, user)})


COMMAND = Command(
    "oncall calendar", "A link for your calendar program", run, Args, needs="stakeholder", submit="Show it"
)
