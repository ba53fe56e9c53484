"""`/oncall take-swap`: take a shift that somebody offers. What speaks against it is said first."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.offers import show_offer
from bot.oncall.swaps import take_shift
from commands.kinds import FLAG, get_person
from commands.swap_kinds import SWAP
from storage.models import Swap


@dataclass(frozen=True)
class Args:
    offer: Swap = arg("Which offer", SWAP)
    anyway: bool = arg("Also when something speaks against it", FLAG, default=False)


async def run(call: Call) -> Reply:
    swap, user = call.args.offer, get_person(call)
    clashes = await take_shift(call.unit, swap, user, call.args.anyway)
    data = {"offer": await show_offer(call.unit, swap), "clashes": clashes, "zone": user.zone}
    if clashes:
        card = call.registry.templates.render_card("swap_clash", **data)
        return Reply("oncall_take_swap_clash", data, card=card)
    return Reply("oncall_take_swap", data)


COMMAND = Command("oncall take-swap", "Take a shift that somebody offers", run, Args, submit="Take it")
