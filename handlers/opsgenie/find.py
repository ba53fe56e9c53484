"""Finding the alert that a request means, by id, tiny id or alias, as far as its key reaches."""

from bot.errors import Invalid, Unknown
from bot.flow.unit import Unit
from bot.incidents.privacy import find_visible
from handlers.opsgenie.door import Call, Caller
from handlers.opsgenie.requests import read_request
from storage.models import Alert
from storage.questions import opsgenie as ask

KINDS = ("id", "alias", "tiny")


def read_kind(call: Call) -> str:
    """What the identifier in the path is; raises Invalid. Attachments have a name of their own for it."""
    kind = call.query("identifierType") or call.query("alertIdentifierType") or "id"
    if kind not in KINDS:
        raise Invalid("field.not_one_of", "identifierType", name="identifierType", known=list(KINDS))
    return kind


async def find_alert(
    unit: Unit, caller: Caller, name: str, kind: str, for_writing: bool = False
) -> Alert | None:
    """An alias means the open alert of that name, the caller's own before those of others; when none is open, the newest.
    The id of a request that created an alert means that alert: there are clients that take the one for the other. What is
    private is seen by who may see its incident; a sender may still end what it began."""
    if not name or "\x00" in name:
        return None
    if kind == "alias":
        found = await ask.find_by_alias(unit.session, name, caller.integration_id, caller.only_team)
    elif kind == "tiny":
        found = await unit.session.get(Alert, int(name)) if name.isdecimal() and len(name) < 10 else None
    elif told := read_request(name):
        found = await unit.session.get(Alert, told.alert)
    else:
        found = await ask.find_by_uid(unit.session, name)
    if found is None or not is_within_reach(caller, found):
        return None
    is_own = found.integration_id == caller.integration_id
    if for_writing and is_own:
        return found
    if found.incident_id is not None and await find_visible(unit, found.incident_id) is None:
        return None
    return found


def is_within_reach(caller: Caller, alert: Alert) -> bool:
    """A key that belongs to a team reaches that team's alerts and those that came by it."""
    return (
        caller.only_team is None
        or caller.only_team == alert.team_id
        or caller.integration_id == alert.integration_id
    )


async def get_alert(unit: Unit, call: Call) -> Alert:
    """The alert in the path, to be read; raises Unknown."""
    name = call.part("identifier")
    found = await find_alert(unit, call.caller, name, read_kind(call))
    if found is None:
        raise Unknown("opsgenie.alert_unknown")
    return found
