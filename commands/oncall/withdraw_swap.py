"""`/oncall withdraw-swap`: nobody is wanted for a shift any more."""

from dataclasses import dataclass

from bot.chat.arguments import arg
from bot.chat.registry import Call, Command
from bot.chat.reply import Reply
from bot.oncall.offers import show_offer
from bot.oncall.swaps import withdraw_shift
from commands.swap_kinds import SWAP
from storage.models import Swap


@dataclass(frozen=True)
class Args:
    offer: Swap = arg("Which offer", SWAP)


async def run(call: Call) -> Reply:
    await withdraw_shift(call.unit, call.args.offer, call.user)
    offer = await show_offer(call.unit, call.args.offer)
    own = call.user is not None and call.user.id == offer.giver.id
    zone = call.user.zone if call.user else "UTC"
    return Reply("oncall_withdraw_swap", {"offer": offer, "own": own, "zone": zone})


COMMAND = Command("oncall withdraw-swap", "Take back the offer of a shift", run, Args, submit="Withdraw it")
