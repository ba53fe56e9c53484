"""Why an alert became what it did is told as it was then, however the rules have changed since, and costs little to keep."""

import json
from pathlib import Path
from typing import Any

from bot.alerts.catalog import Catalog
from bot.flow.unit import Unit
from storage.models import Alert, TraceLine
from tests.acceptance.test_rules import set_up
from tests.house import House


def policies(cluster: str, count: int = 30) -> dict[str, Any]:
    conditions = [{"field": "labels.cluster", "operation": "equals", "value": cluster}]
    return {
        f"p{number}": {"name": f"Policy {number}", "conditions": conditions, "priority": "P1"}
        for number in range(count)
    }


async def test_a_trace_says_what_the_rules_said_then(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, alert_policies=policies("eu-1"))
    await house.send({"title": "Before", "alias": "before"})
    await set_up(house, tmp_path, alert_policies=policies("us-7"))
    await house.send({"title": "After", "alias": "after"})

    before, after = await house.ask("/alert why 1"), await house.ask("/alert why 2")
    assert "“Policy 9” does not match: labels.cluster equals “eu-1”" in before
    assert "“Policy 9” does not match: labels.cluster equals “us-7”" in after
    assert "us-7" not in before
    assert "20 more rules do not match" in before


async def test_what_many_alerts_have_in_common_is_kept_once(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, alert_policies=policies("eu-1", 10))
    for number in range(20):
        await house.send({"title": "Same", "alias": f"same {number}"})

    lines = [json.dumps(one.line) for one in await house.rows(TraceLine)]
    assert len([one for one in lines if "Policy 3" in one and "eu-1" in one]) == 1
    alerts = await house.rows(Alert)
    assert len(alerts) == 20
    assert all("Policy 3" not in json.dumps(alert.trace) for alert in alerts)


async def test_lines_of_a_unit_that_failed_are_kept_by_the_next(house: House, tmp_path: Path) -> None:
    await set_up(house, tmp_path, alert_policies=policies("eu-1", 3))
    work = house.parts.work

    async def name_lines(unit: Unit, known: Catalog | None = None) -> Catalog:
        found = await Catalog.read(unit, known)
        await found.keep_lines(unit)
        return found

    known = await work.rehearse(name_lines)
    assert not [one for one in await house.rows(TraceLine) if "eu-1" in json.dumps(one.line)]
    assert await work.run(lambda unit: name_lines(unit, known)) is known
    assert len([one for one in await house.rows(TraceLine) if "eu-1" in json.dumps(one.line)]) == 3
