"""`/tocsin maintenance`: planned work, once or again and again, that pages nobody."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.alerts.maintenance import Plan, plan_maintenance
from bot.alerts.matchers import Matcher, read_matchers, spell_matchers
from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from commands.kinds import DURATION_KIND, FUTURE, TEXT
from commands.quiet_kinds import REPEAT, TARGETS
from storage.questions import silences as ask


@dataclass(frozen=True)
class Args:
    length: timedelta = arg("How long", DURATION_KIND, hint="2h")
    what: tuple[Matcher, ...] = arg(
        "On what", TARGETS, rest=True, hint="service=web, team=database or everything"
    )
    name: str = arg("What is done", TEXT, default="Maintenance")
    starts: datetime | None = arg("From when, if not now", FUTURE, default=None)
    repeat: str = arg("How often", REPEAT, default="")
    until: datetime | None = arg("Repeated until", FUTURE, default=None, hint="2027-03-01")


async def run(call: Call) -> Reply:
    unit, args = call.unit, call.args
    zone = call.user.zone if call.user else "UTC"
    plan = Plan(args.name, args.what, args.starts or unit.now, args.length, args.repeat, args.until, zone)
    maintenance, covered = await plan_maintenance(unit, plan)
    window = await ask.find_window(unit.session, maintenance.id)
    data = {
        "maintenance": maintenance,
        "what": spell_matchers(read_matchers(maintenance.targets)),
        "window": window,
        "is_on": window is not None and window.starts_at <= unit.now,
        "incidents": await covered.list_visible(unit),
        "zone": zone,
    }
    return Reply("tocsin_maintenance", data)


COMMAND = Command("tocsin maintenance", "Plan maintenance", run, Args, submit="Plan")
