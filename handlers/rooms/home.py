"""What a person sees first in a chat platform's home: what waits for them, and what is going on."""

from bot.chat.card import Card
from bot.chat.templates import Templates
from bot.flow.unit import Unit


async def build_home(unit: Unit, templates: Templates) -> tuple[Card, ...]:
    """The cards of a home, the most urgent first."""
    return (templates.render_card("home", actor=unit.actor),)
