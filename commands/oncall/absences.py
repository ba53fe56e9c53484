"""`/oncall absences`: the calendar in which you keep your absences, which are your time off from then on."""

from dataclasses import dataclass

from bot.chat.arguments import Kind, Reading, arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.absences import give_calendar, host_of, read_url, remove_calendar
from commands.kinds import get_person
from storage.questions import oncall

OFF = ("off", "none")


async def _url(_: Reading, text: str) -> str:
    return "" if text.strip().lower() in OFF else read_url(text)


@dataclass(frozen=True)
class Args:
    url: str | None = arg(
        "Secret address of a calendar of your absences (ICS), or off",
        Kind("text", _url, example="https://…"),
        default=None,
    )


async def run(call: Call) -> Reply:
    unit, user, url = call.unit, get_person(call), call.args.url
    if url:
        await give_calendar(unit, user, url)
    elif url is not None:
        await remove_calendar(unit, user)
    row = await oncall.find_absence_calendar(unit.session, user.id)
    data = {"calendar": row, "host": host_of(row) if row else "", "given": bool(url), "zone": user.zone}
    return Reply("oncall_absences", {**data, "removed": url == ""})


COMMAND = Command(
    "oncall absences",
    "Your time off, from your calendar",
    run,
    Args,
    needs="stakeholder",
    submit="Read it",
)
