"""The life of an incident, as properties: whatever people do in whatever order, the record stays true."""

from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Refused
from bot.incidents.lifecycle import FOLLOWS, check_change
from storage.words import IncidentStatus

STATUSES = st.sampled_from(list(IncidentStatus))


@given(STATUSES, STATUSES)
def test_a_change_is_either_in_the_table_or_refused(old: IncidentStatus, new: IncidentStatus) -> None:
    try:
        check_change(old, new)
    except Refused:
        assert old is new or new not in FOLLOWS[old]
    else:
        assert new in FOLLOWS[old]


@given(STATUSES, st.lists(STATUSES, max_size=30))
def test_every_walk_can_be_closed_and_every_closed_incident_reopened(
    start: IncidentStatus, wishes: list[IncidentStatus]
) -> None:
    status = start
    for wish in wishes:
        try:
            check_change(status, wish)
        except Refused:
            continue
        status = wish
    if status is not IncidentStatus.CLOSED:
        check_change(status, IncidentStatus.CLOSED)
    check_change(IncidentStatus.CLOSED, IncidentStatus.INVESTIGATING)


def test_a_resolved_incident_goes_back_only_by_reopening() -> None:
    assert FOLLOWS[IncidentStatus.RESOLVED] == (IncidentStatus.INVESTIGATING, IncidentStatus.CLOSED)
    assert FOLLOWS[IncidentStatus.CLOSED] == (IncidentStatus.INVESTIGATING,)
