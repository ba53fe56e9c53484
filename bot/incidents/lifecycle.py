"""Which status may follow which: the life of an incident, as a pure table."""

from bot.errors import Refused
from storage.words import IncidentStatus

S = IncidentStatus
FOLLOWS: dict[IncidentStatus, tuple[IncidentStatus, ...]] = {
    S.INVESTIGATING: (S.IDENTIFIED, S.MONITORING, S.RESOLVED, S.CLOSED),
    S.IDENTIFIED: (S.INVESTIGATING, S.MONITORING, S.RESOLVED, S.CLOSED),
    S.MONITORING: (S.INVESTIGATING, S.IDENTIFIED, S.RESOLVED, S.CLOSED),
    S.RESOLVED: (S.INVESTIGATING, S.CLOSED),
    S.CLOSED: (S.INVESTIGATING,),
}


def check_change(old: IncidentStatus, new: IncidentStatus) -> None:
    """Raise Refused unless an incident may go from `old` to `new`. Going back to investigating is reopening."""
    if old is new:
        raise Refused("status.same", status=old.value)
    if new not in FOLLOWS[old]:
        raise Refused("status.not_from_here", old=old.value, new=new.value)
