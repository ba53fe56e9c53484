"""Pages and updates by e-mail, through a real SMTP server that also says no."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from storage.models import User
from storage.words import PageState
from tests.house import House, open_house
from tests.served import find_free_port

URGENT = {"title": "Checkout returns errors", "alias": "checkout", "priority": "P1", "service": "web"}
OK = "250 OK"


@dataclass
class Postbox:
    """Keeps what arrives. The replies are what it says next to a recipient, or after the data; then it is content."""

    recipient_replies: list[str] = field(default_factory=list)
    data_replies: list[str] = field(default_factory=list)
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    tries: int = 0

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tries += 1
        reply = self.recipient_replies.pop(0) if self.recipient_replies else OK
        if reply == OK:
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        reply = self.data_replies.pop(0) if self.data_replies else OK
        if reply == OK:
            assert isinstance(envelope.content, bytes)
            mail = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.mails.append((list(envelope.rcpt_tos), mail))
        return reply

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for recipients, mail in self.mails if recipients == [address]]


@dataclass
class MailServer:
    postbox: Postbox
    port: int
    controller: Controller | None = None

    def start(self) -> None:
        self.controller = Controller(self.postbox, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self) -> None:
        if self.controller is not None:
            self.controller.stop()
            self.controller = None


@pytest.fixture
def server() -> Iterator[MailServer]:
    found = MailServer(Postbox(), find_free_port())
    yield found
    found.stop()


@pytest.fixture
async def mailing(sqlite_url: str, server: MailServer) -> AsyncIterator[House]:
    """A house that sends mail; its owner, who is on call, can be reached by it. The server is not started yet."""
    environment = {
        "TOCSIN_SMTP_URL": f"smtp://127.0.0.1:{server.port}?from=tocsin@example.org",
        "TOCSIN_PUBLIC_URL": "https://tocsin.example.org",
    }
    async with open_house(sqlite_url, environment) as house:

        async def give_address(unit: Any) -> None:
            (await unit.session.get_one(User, house.owner.id)).email = "olga@example.org"

        await house.parts.work.run(give_address)
        yield house


async def states(house: House, method: str = "email") -> list[PageState]:
    return [page.state for page in await house.pages() if page.method == method]


async def test_a_page_says_what_is_wrong_and_where_to_answer(mailing: House, server: MailServer) -> None:
    server.start()
    await mailing.send({**URGENT, "description": "Since 03:00 half of all payments fail."})
    (mail,) = server.postbox.to("olga@example.org")
    assert mail["Subject"] == "P1 · Checkout returns errors"
    assert mail["From"] == "Tocsin <tocsin@example.org>"
    assert mail["To"] == "olga@example.org"
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "https://tocsin.example.org/INC-1" in text.get_content()
    assert "half of all payments fail" in text.get_content()
    assert 'href="https://tocsin.example.org/INC-1"' in html.get_content()
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


async def test_mails_about_one_incident_are_one_thread(mailing: House, server: MailServer) -> None:
    server.start()
    await mailing.send(URGENT)
    await mailing.at("05:00")
    first, second = server.postbox.to("olga@example.org")
    assert first["References"] == second["References"] == second["In-Reply-To"] == "<inc-1@example.org>"
    assert first["Message-ID"] != second["Message-ID"]


@pytest.mark.parametrize("where", ["recipient_replies", "data_replies"])
async def test_a_server_that_says_later_is_tried_again_and_the_mail_arrives_once(
    mailing: House, server: MailServer, where: str
) -> None:
    getattr(server.postbox, where).extend(["451 4.7.1 Greylisted, please try again"] * 3)
    server.start()
    await mailing.send(URGENT)
    assert await states(mailing) == [PageState.QUEUED]
    assert server.postbox.mails == []
    await mailing.at("00:30")
    assert await states(mailing) == [PageState.SENT]
    assert len(server.postbox.to("olga@example.org")) == 1
    assert server.postbox.tries == 4


async def test_an_address_that_is_refused_fails_the_page_visibly_and_the_escalation_goes_on(
    mailing: House, server: MailServer
) -> None:
    kate = await mailing.add_person("Kate", "kate@example.org")
    server.postbox.recipient_replies = ["550 5.1.1 No such user here"]
    server.start()
    await mailing.send(URGENT)
    page, later = [page for page in await mailing.pages(mailing.owner) if page.method == "email"]
    assert page.state is PageState.FAILED
    assert "No such user here" in page.error
    assert later.step == 1, "the next step, at once: the Room alone wakes nobody"
    assert later.created_at == page.created_at
    assert "page_failed" in await mailing.timeline()
    assert any(
        "No such user here" in str(message.card) + message.text for message in await mailing.messages("ops")
    )
    assert [page.state for page in await mailing.pages(kate)] == [PageState.SENT, PageState.SENT]
    assert len(server.postbox.to("kate@example.org")) == 1
    await mailing.at("09:59")
    assert len(await mailing.pages(kate)) == 2, "the next round comes as long after it as ever"


async def test_a_server_that_was_down_gets_the_page_once_it_is_up(mailing: House, server: MailServer) -> None:
    await mailing.send(URGENT)
    await mailing.at("00:19")
    assert await states(mailing) == [PageState.QUEUED]
    assert await states(mailing, "room") == [PageState.SENT]
    await mailing.at("03:00")
    server.start()
    await mailing.at("03:10")
    assert (await states(mailing))[-1] is PageState.SENT
    assert len(server.postbox.mails) == 1


async def test_a_page_that_became_pointless_meanwhile_is_not_sent(mailing: House, server: MailServer) -> None:
    kate = await mailing.add_person("Kate")
    await mailing.send(URGENT)
    await mailing.command("/incident ack INC-1", by=kate)
    server.start()
    await mailing.at("05:00")
    assert server.postbox.mails == []
    assert await states(mailing) == [PageState.DROPPED]


async def test_a_page_is_not_given_up_while_somebody_is_wanted(mailing: House, server: MailServer) -> None:
    await mailing.send(URGENT)
    await mailing.at("20:00")
    assert (await states(mailing))[-1] is PageState.QUEUED
    assert "person_out_of_reach" in await mailing.timeline()
    server.start()
    await mailing.at("20:15")
    assert (await states(mailing))[-1] is PageState.SENT
    assert len(server.postbox.mails) == 1


async def test_a_login_that_is_refused_is_tried_with_the_url_that_is_in_the_file_now(
    sqlite_url: str, server: MailServer, tmp_path: Path
) -> None:
    server.start()
    file = tmp_path / "smtp"
    file.write_text(f"smtp://127.0.0.1:{server.port}?from=tocsin@example.org")
    async with open_house(sqlite_url, {"TOCSIN_SMTP_URL_FILE": str(file)}) as house:
        await house.add_person("Kate", "kate@example.org")
        server.postbox.recipient_replies.append("535 5.7.8 Authentication credentials invalid")
        file.write_text(f"smtp://127.0.0.1:{server.port}?from=new@example.org\n")
        await house.command("/page @kate Please look")
        (mail,) = server.postbox.to("kate@example.org")
        assert mail["From"] == "Tocsin <new@example.org>"


async def test_a_server_that_is_down_does_not_hold_up_the_room(mailing: House) -> None:
    await mailing.send(URGENT)
    assert len(await mailing.messages("incident-1")) >= 1
    assert len(await mailing.messages(f"direct-{mailing.owner.id}")) == 1


async def test_people_who_follow_get_each_update_by_mail(mailing: House, server: MailServer) -> None:
    server.start()
    ines = await mailing.add_person("Ines", "ines@example.org", team="", role="stakeholder")
    await mailing.send(URGENT)
    await mailing.command("/incident follow INC-1", by=ines)
    await mailing.command("/incident update Payments by card fail; we roll back. next:30m", incident="INC-1")
    (mail,) = server.postbox.to("ines@example.org")
    text = mail.get_body(("plain",))
    assert "INC-1" in mail["Subject"]
    assert text is not None
    assert "Payments by card fail; we roll back." in text.get_content()
    assert "https://tocsin.example.org/INC-1" in text.get_content()
