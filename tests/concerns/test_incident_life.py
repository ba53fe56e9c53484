"""An incident's life as people drive it, in random order, on a real database: times and states never contradict."""

import random

import pytest

from storage.models import Alert, Escalation, Incident, Timer
from storage.words import AlertStatus, EscalationState
from tests.house import House

DEEDS = (
    "/incident ack INC-1",
    "/incident status INC-1 identified",
    "/incident status INC-1 monitoring",
    "/incident status INC-1 investigating",
    "/incident resolve INC-1",
    "/incident close INC-1",
    "/incident reopen INC-1",
    "/incident priority INC-1 P2",
    "/incident update INC-1 still looking next:10m",
    "/alert ack 1",
    "/alert unack 1",
    "/alert snooze 1 5m",
    "/alert close 1",
)


@pytest.mark.parametrize("seed", range(4))
async def test_random_deeds_leave_no_contradiction(sqlite_house: House, seed: int) -> None:
    dice = random.Random(seed)
    house = sqlite_house
    await house.send({"title": "Checkout fails", "alias": "a", "priority": "P1", "service": "web"})
    second = 0
    for _ in range(25):
        second += dice.choice((1, 30, 400))
        await house.at(f"{second // 3600}:{second // 60 % 60:02}:{second % 60:02}")
        if dice.random() < 0.2:
            status = dice.choice(("firing", "resolved"))
            await house.send({"title": "Checkout fails", "alias": "a", "status": status, "service": "web"})
        await house.command(dice.choice(DEEDS))
        (incident, *_) = await house.rows(Incident, Incident.id == 1)
        running = await house.rows(
            Escalation, Escalation.subject == "incident:1", Escalation.state == EscalationState.RUNNING
        )
        timers = {timer.subject for timer in await house.rows(Timer, Timer.kind == "escalate")}
        open_alerts = await house.rows(Alert, Alert.incident_id == 1, Alert.status == AlertStatus.OPEN)
        assert (incident.resolved_at is not None) == (not incident.status.is_open)
        assert (incident.impact_ended_at is not None) == (not incident.status.is_open)
        assert (incident.closed_at is not None) == (incident.status.value == "closed")
        assert len(running) <= 1
        assert all(f"escalation:{one.id}" in timers for one in running), (
            "a running escalation has its next look planned"
        )
        if not incident.status.is_open:
            assert not running
            assert not open_alerts
            assert incident.next_update_at is None
        if incident.acknowledged_at is not None:
            assert not running
