"""What should have happened and did not is told to the fallback contacts, whatever of Tocsin is broken."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import delete, update

from bot.flow.unit import Unit
from bot.paging import watchdog
from storage.models import Incident, OutboxRow, Page, Team, Timer
from storage.words import PageState
from tests.acceptance.test_mail import MailServer, Postbox
from tests.away import database_away
from tests.house import House, open_house
from tests.served import find_free_port

URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1", "service": "web"}
OPS = "ops@example.org"


@dataclass
class Outside:
    """Whoever watches over Tocsin: counts signs of life."""

    signs: list[str] = field(default_factory=list)
    status: int = 200

    async def take(self, request: web.Request) -> web.Response:
        self.signs.append(request.method)
        return web.Response(status=self.status)


@dataclass
class Scene:
    house: House
    mail: MailServer
    outside: Outside

    async def look(self) -> list[str]:
        return [finding.kind for finding in await self.house.parts.watchdog.look()]

    def told(self) -> list[str]:
        """The subjects of what was told."""
        return [str(mail["Subject"]) for mail in self.mail.postbox.to(OPS)]


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer(Postbox(), find_free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
async def scene(request: pytest.FixtureRequest, mail: MailServer) -> AsyncIterator[Scene]:
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    outside = Outside()
    app = web.Application()
    app.router.add_route("*", "/ping", outside.take)
    async with TestServer(app) as server:
        environment = {
            "TOCSIN_SMTP_URL": f"smtp://127.0.0.1:{mail.port}?from=tocsin@example.org",
            "TOCSIN_FALLBACK": f"email:{OPS}",
            "TOCSIN_HEARTBEAT_URL": str(server.make_url("/ping")),
        }
        async with open_house(url, environment) as house:
            yield Scene(house, mail, outside)


async def stand_still(house: House, minutes: int) -> None:
    """Time goes on, and nothing of Tocsin does."""
    house.clock.time += timedelta(minutes=minutes)


async def test_nothing_is_told_while_all_is_well(scene: Scene) -> None:
    await scene.house.send(URGENT)
    assert await scene.look() == []
    await scene.house.at("04:00")
    assert await scene.look() == []
    assert scene.told() == []


async def test_a_step_that_is_overdue_is_told_once(scene: Scene) -> None:
    await scene.house.send(URGENT)
    await stand_still(scene.house, 7)
    assert "overdue" in await scene.look()
    assert scene.told() == ["Tocsin: 1 paging step is overdue"]
    await scene.look()
    assert len(scene.told()) == 1
    await scene.house.settle()
    assert await scene.look() == []
    await stand_still(scene.house, 7)
    await scene.look()
    assert len(scene.told()) == 2, "it was over, and is there again"


async def test_a_page_that_does_not_go_out_is_told(scene: Scene) -> None:
    """Its row is gone from the queue: nobody will ever send it."""
    house = scene.house
    await house.send(URGENT)

    async def lose(unit: Unit) -> None:
        await unit.session.execute(update(Page).values(state=PageState.QUEUED))
        await unit.session.execute(delete(OutboxRow))
        await unit.session.execute(delete(Timer))

    await house.parts.work.run(lose)
    await stand_still(house, 4)
    assert "stuck" in await scene.look()
    assert any("do not go out" in subject or "does not go out" in subject for subject in scene.told())


async def test_a_policy_that_gave_up_is_told_until_somebody_answers(scene: Scene) -> None:
    house = scene.house
    await house.send(URGENT)
    await house.at("40:00")
    assert await scene.look() == ["unanswered"]
    assert scene.told() == ["Tocsin: nobody answers INC-1: Checkout returns errors"]
    (mail,) = scene.mail.postbox.to(OPS)
    text = mail.get_body(("plain",))
    assert text is not None
    assert "/INC-1" in text.get_content()
    await house.command("/incident ack INC-1")
    assert await scene.look() == []


async def test_the_title_of_a_private_incident_is_not_told(scene: Scene) -> None:
    await scene.house.send(URGENT)
    await scene.house.command("/incident private INC-1 yes")
    await scene.house.at("40:00")
    assert "unanswered" in await scene.look()
    assert scene.told() == ["Tocsin: nobody answers INC-1"]


async def test_urgent_trouble_for_which_nobody_was_paged_is_told(scene: Scene) -> None:
    house = scene.house

    async def take_away(unit: Unit) -> None:
        await unit.session.execute(update(Team).values(policy_id=None))

    await house.parts.work.run(take_away)
    await house.send(URGENT)
    assert await scene.look() == []
    await house.at("06:00")
    assert await scene.look() == ["unpaged"]
    assert scene.told() == ["Tocsin: nobody was paged for INC-1: Checkout returns errors"]
    assert [one.ref for one in await house.rows(Incident)] == ["INC-1"]


async def test_a_database_that_is_away_is_told(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "AWAY_AFTER", 0.0)
    monkeypatch.setattr(watchdog, "LOOK_WITHIN", 2.0)
    async with database_away(scene.house.parts.settings.database_url):
        assert await scene.look() == ["database"]
    assert scene.told() == ["Tocsin: the database does not answer"]
    assert scene.outside.signs == []
    assert await scene.look() == []


async def test_a_sign_of_life_is_given_while_paging_works(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "SIGN_EVERY", 0.0)
    await scene.look()
    assert scene.outside.signs == ["POST"]
    await scene.house.send(URGENT)
    await stand_still(scene.house, 7)
    await scene.look()
    assert scene.outside.signs == ["POST"], "who watches must miss it while steps are overdue"
    await scene.house.settle()
    scene.outside.status = 404
    await scene.look()
    assert "does not take our sign of life" in await scene.house.ask("/tocsin doctor")


async def test_a_mail_server_that_says_later_is_asked_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.mail.postbox.data_replies.append("451 4.3.0 Try again")
    await scene.house.send(URGENT)
    await stand_still(scene.house, 7)
    await scene.look()
    assert scene.told() == ["Tocsin: 1 paging step is overdue"]


async def test_the_doctor_says_who_is_told(scene: Scene, sqlite_url: str) -> None:
    assert "fallback contacts are told by email" in await scene.house.ask("/tocsin doctor")
