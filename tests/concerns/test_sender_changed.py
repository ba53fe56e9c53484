"""Somebody changes a sender while what it says is on its way: it is sent again then, and nothing is lost or kept twice."""

from typing import Any

import pytest

from bot.alerts.intake import Intake
from bot.flow.unit import Unit
from storage.models import Alert, Integration
from storage.questions.catalog import list_named
from tests.acceptance.test_form import TROUBLE, make_link
from tests.handlers.opsgenie import make_sender
from tests.house import House


class Admins:
    """They change each sender in the last moment before what it says is stored, so many `times`."""

    def __init__(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        self.house, self.times, self._changes = house, 0, 0
        accept = Intake.accept

        async def accept_later(intake: Intake, *given: Any, **named: Any) -> Any:
            if self.times:
                self.times -= 1
                await house.parts.work.run(self._change)
            return await accept(intake, *given, **named)

        monkeypatch.setattr(Intake, "accept", accept_later)

    async def _change(self, unit: Unit) -> None:
        self._changes += 1
        for row in await list_named(unit.session, Integration):
            row.settings = {**row.settings, "changed": self._changes}


@pytest.fixture
def admins(house: House, monkeypatch: pytest.MonkeyPatch) -> Admins:
    return Admins(house, monkeypatch)


async def test_a_sender_that_changes_twice_is_asked_to_send_again(house: House, admins: Admins) -> None:
    sender = await make_sender(house)
    for times, expected in ((0, 202), (1, 202), (2, 503), (0, 202)):
        admins.times = times
        status, answer, headers = await sender.ask(
            "POST", "/alerts", {"message": "down", "alias": f"a{times}"}
        )
        assert (status, admins.times) == (expected, 0)
        if status == 503:
            assert "please send it again" in answer["message"]
            assert int(headers["Retry-After"]) > 0
    assert [(alert.alias, alert.count) for alert in await house.rows(Alert)] == [("a0", 2), ("a1", 1)]


async def test_a_form_keeps_what_was_typed(house: House, admins: Admins) -> None:
    link, admins.times = await make_link(house), 1
    async with house.http.post(link, data=TROUBLE, allow_redirects=False) as response:
        assert (response.status, TROUBLE["title"] in await response.text()) == (503, True)
        assert int(response.headers["Retry-After"]) > 0
    async with house.http.post(link, data=TROUBLE, allow_redirects=False) as response:
        assert response.status == 303
    assert len(await house.rows(Alert)) == 1
