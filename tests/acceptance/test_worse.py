"""A sender says worse of an alert that is open: it is as urgent as that, and whoever should hear of it does."""

from pathlib import Path
from typing import Any

import pytest

from bot.alerts.edits import change_priority
from bot.flow.unit import Unit
from storage.models import Alert, AlertNote, Incident
from storage.words import Priority
from tests.acceptance.test_mail import MailServer
from tests.acceptance.test_notification_rules import chat, reachable, rule, server, states, wish
from tests.acceptance.test_rules import paged, set_up
from tests.house import House

__all__ = ["chat", "reachable", "server"]
DISK = {"title": "Disk is filling", "alias": "disk"}
AT_P3 = [{"field": "priority", "operation": "equals", "value": "P3"}]


async def read_priority(house: House) -> tuple[str, int, str]:
    (alert,) = await house.rows(Alert)
    return alert.priority.value, alert.count, alert.held_by


@pytest.mark.parametrize(
    "rules",
    [
        {"routing_rules": {"calm": {"name": "Calm", "nobody": True, "conditions": AT_P3}}},
        {"alert_policies": {"calm": {"name": "Calm", "suppress": True, "conditions": AT_P3}}},
    ],
)
async def test_what_pages_nobody_pages_when_it_is_worse(
    house: House, tmp_path: Path, rules: dict[str, Any]
) -> None:
    await set_up(house, tmp_path, **rules)
    await house.send({**DISK, "priority": "P3"})
    await house.send({**DISK, "priority": "P3"})
    assert await paged(house) == []
    assert await read_priority(house) == ("P3", 2, "rule:calm")
    await house.send({**DISK, "priority": "P1"})
    assert await paged(house) == ["kate"]
    assert await read_priority(house) == ("P1", 3, "")
    for priority in ("P1", "P3", "P1"):
        await house.send({**DISK, "priority": priority})
    assert await paged(house) == ["kate"]
    assert await read_priority(house) == ("P1", 6, "")
    told = [note for note in await house.rows(AlertNote) if note.kind == "alert_priority_changed"]
    assert [(note.actor_name, note.data) for note in told] == [("Checks", {"before": "P3", "after": "P1"})]
    assert "says that it is worse" in str(await house.command("/alert why 1"))


async def test_a_rule_that_holds_it_still_holds_it(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, alert_policies={"off": {"name": "Off", "suppress": True}})
    await house.send({**DISK, "priority": "P3"})
    await house.send({**DISK, "priority": "P1"})
    assert await paged(house) == []
    assert await read_priority(house) == ("P1", 2, "rule:off")


async def test_whoever_was_paged_is_paged_as_they_wish_for_the_worse(
    reachable: House, server: MailServer
) -> None:
    house = reachable
    await wish(house, rule((0, "chat"), priorities=["P4"]), rule((0, "room"), windows=[]))
    await house.send({**DISK, "priority": "P5"})
    assert await states(house) == {"room": "sent"}
    await house.send({**DISK, "priority": "P5"})
    assert await states(house) == {"room": "sent"}
    await house.send({**DISK, "priority": "P4"})
    assert await states(house) == {"room": "sent", "chat": "sent"}
    (page,) = [one for one in await house.messages(f"direct-{house.owner.id}") if one.card]
    assert page.card["title"] == "P4 · Disk is filling"


async def test_its_incident_is_lifted(house: House) -> None:
    await house.send({**DISK, "priority": "P3"})
    await house.send({**DISK, "priority": "P2"})
    (incident,) = await house.rows(Incident)
    assert incident.priority is Priority.P2


async def test_what_people_and_rules_made_of_it_stays_while_nothing_new_is_said(
    house: House, tmp_path: Path
) -> None:
    lowered = {"name": "Lower", "priority": "P4", "conditions": AT_P3}
    await set_up(house, tmp_path, alert_policies={"lower": lowered})
    await house.send({**DISK, "priority": "P3"})
    await house.send({**DISK, "priority": "P3"})
    assert (await read_priority(house))[0] == "P4"

    async def lower(unit: Unit) -> None:
        change_priority(unit, await unit.session.get_one(Alert, 1), Priority.P5)

    await house.parts.work.run(lower)
    await house.send({**DISK, "priority": "P3"})
    assert (await read_priority(house))[0] == "P5"
    await house.send({**DISK, "priority": "P2"})
    assert (await read_priority(house))[0] == "P2"


async def test_the_worst_that_one_message_says_counts(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, alert_policies={})
    await house.send([{**DISK, "priority": one} for one in ("P3", "P1", "P2")])
    assert await read_priority(house) == ("P1", 3, "")
    assert await paged(house) == ["kate"]


@pytest.mark.parametrize(("first", "then"), [("P5", "P4"), ("P3", "P1")], ids=["alert", "incident"])
async def test_where_nobody_answered_all_are_paged_again(house: House, first: str, then: str) -> None:
    await house.send({**DISK, "priority": first})
    await house.at("02:00:00")
    before = len(await house.pages())
    await house.send({**DISK, "priority": first})
    assert len(await house.pages()) == before
    await house.send({**DISK, "priority": then})
    assert len(await house.pages()) == before + 1
    await house.at("02:05:01")
    assert len(await house.pages()) == before + 2, "and its second step comes again, too"
