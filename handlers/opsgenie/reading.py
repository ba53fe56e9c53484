"""One alert, to be read."""

from bot.flow.unit import Unit
from handlers.opsgenie.door import ALERT, Answer, Call, Operation
from handlers.opsgenie.find import get_alert
from handlers.opsgenie.shapes import Shape, show_alerts


async def show(call: Call) -> Answer:
    async def look(unit: Unit) -> Shape:
        return (await show_alerts(unit, [await get_alert(unit, call)], whole=True))[0]

    return Answer({"data": await call.look(look)})


OPERATIONS = (Operation("GET", ALERT, show),)
