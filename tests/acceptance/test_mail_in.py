"""Mail that comes in, by real SMTP and LMTP clients: what becomes of it, and what the mail server is told."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.access.housekeeping import keep_house
from bot.alerts.heartbeats import Wanted, create_heartbeat
from bot.alerts.signal import Action, Signal
from bot.catalog.integrations import create_integration, renew_key
from bot.errors import Malformed, Unavailable
from handlers.mail.marks import read_subject
from handlers.mail.message import read_mail
from handlers.mail.server import take_mail
from handlers.webhooks.email import parse
from handlers.webhooks.source import Hook
from storage.models import Alert, Heartbeat, RawPayload
from storage.words import AlertStatus, HeartbeatStatus, Priority
from tests.house import House
from tests.served import find_free_port


@dataclass
class MailHouse:
    house: House
    port: int
    key: str

    async def send(
        self,
        mail: EmailMessage | bytes,
        to: str = "",
        by: str = "cron@db1.example.org",
        client: Any = smtplib.SMTP,
    ) -> int:
        """Send a mail; returns the code of the last answer, after everything has settled."""
        code = await self.hand_over(mail, to, by, client)
        await self.house.settle()
        return code

    async def hand_over(
        self,
        mail: EmailMessage | bytes,
        to: str = "",
        by: str = "cron@db1.example.org",
        client: Any = smtplib.SMTP,
    ) -> int:
        content = mail if isinstance(mail, bytes) else mail.as_bytes()

        def talk() -> int:
            with client("127.0.0.1", self.port, local_hostname="mx.example.org") as server:
                try:
                    server.sendmail(by, [to or f"alerts+{self.key}@tocsin.example.org"], content)
                except smtplib.SMTPRecipientsRefused as refused:
                    return next(iter(refused.recipients.values()))[0]
                except smtplib.SMTPResponseException as answer:
                    return answer.smtp_code
            return 250

        return await asyncio.to_thread(talk)

    async def alerts(self) -> list[tuple[str, AlertStatus, int]]:
        return [(row.alias, row.status, row.count) for row in await self.house.rows(Alert)]


@pytest.fixture
async def mail_house(house: House) -> AsyncIterator[MailHouse]:
    port = find_free_port()
    parts = replace(
        house.parts,
        settings=replace(house.parts.settings, mail_listen=("127.0.0.1", port), body_limit=50_000),
    )
    rules = {"priority": r"body:(?i)severity: (\w+)", "service": r"subject:on (?P<value>\w+)$"}
    _, key = await house.parts.work.run(
        lambda unit: create_integration(unit, "email", "Old monitor", None, {"mapping": rules})
    )
    server = await take_mail(parts)
    assert server is not None
    yield MailHouse(house, port, key)
    server.close()


def write(subject: str, text: str = "Severity: critical\nOnly 2 % are left.", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Monitor <monitor@example.org>"
    mail["Subject"] = subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


async def test_a_mail_is_an_alert_and_one_that_says_so_closes_it(mail_house: MailHouse) -> None:
    assert await mail_house.send(write("[PROBLEM] Disk full on web")) == 250
    assert await mail_house.send(write("Re: [PROBLEM]  disk FULL on web"), client=smtplib.LMTP) == 250
    (alert,) = await mail_house.house.rows(Alert)
    assert (alert.title, alert.priority, alert.source) == (
        "Disk full on web",
        Priority.P1,
        "monitor@example.org",
    )
    assert (alert.count, alert.service_id is not None) == (2, True)
    kept = await mail_house.house.rows(RawPayload)
    assert [(one.content_type, one.outcome) for one in kept] == [
        ("message/rfc822", "opened"),
        ("message/rfc822", "repeated"),
    ]
    assert await mail_house.send(write("[RESOLVED] Disk full on web")) == 250
    assert await mail_house.alerts() == [("disk full on web", AlertStatus.CLOSED, 2)]


async def test_the_same_mail_twice_counts_once(mail_house: MailHouse) -> None:
    for _ in range(2):
        assert await mail_house.send(write("Disk full on web", Message_ID="<1@example.org>")) == 250
    assert await mail_house.alerts() == [("disk full on web", AlertStatus.OPEN, 1)]


@pytest.mark.parametrize(
    "header", ["Auto-Submitted: auto-replied (vacation)", "X-Autoreply: yes", "Return-Path: <>"]
)
async def test_answers_of_robots_are_taken_and_do_nothing(mail_house: MailHouse, header: str) -> None:
    name, _, value = header.partition(": ")
    assert (
        await mail_house.send(f"{name}: {value}\r\nSubject: Out of office\r\n\r\nI am away".encode()) == 250
    )
    assert await mail_house.send(write("Undelivered Mail Returned to Sender"), by="") == 250
    assert await mail_house.alerts() == []
    assert await mail_house.send(write("Cron <root@db1> backup", Auto_Submitted="auto-generated")) == 250
    assert len(await mail_house.alerts()) == 1


async def test_a_mail_pings_a_heartbeat(mail_house: MailHouse) -> None:
    house = mail_house.house
    _, key = await house.parts.work.run(lambda unit: create_heartbeat(unit, Wanted("Backup", 3600)))
    assert await mail_house.send(write("Backup done"), to=f"heartbeat+{key}@tocsin.example.org") == 250
    (row,) = await house.rows(Heartbeat)
    assert row.status is HeartbeatStatus.UP
    assert await mail_house.alerts() == []


async def test_what_can_not_be_taken_is_refused_by_its_own_code(mail_house: MailHouse) -> None:
    for unknown in ("alerts+int_0000@x.org", "heartbeat+hb_0000@x.org", "postmaster@x.org", "alerts@x.org"):
        assert await mail_house.send(write("x"), to=unknown) == 550
    assert await mail_house.send(write("Large", "x" * 60_000)) == 552
    assert await mail_house.send(b"\r\n\r\n") == 554
    await mail_house.send(write("Disk full on web"))
    await mail_house.house.parts.work.run(lambda unit: renew_key(unit, "old-monitor"))
    assert await mail_house.send(write("Disk full on web")) == 550


async def test_one_mail_for_two_recipients_is_taken_one_by_one(mail_house: MailHouse) -> None:
    def talk() -> list[int]:
        with smtplib.SMTP("127.0.0.1", mail_house.port) as server:
            server.ehlo()
            server.mail("a@example.org")
            address = f"alerts+{mail_house.key}@tocsin.example.org"
            return [server.rcpt(address)[0], server.rcpt(address)[0]]

    assert await asyncio.to_thread(talk) == [250, 452]


async def test_what_can_not_be_stored_now_stays_with_the_mail_server(
    mail_house: MailHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Unavailable("storage.unavailable")

    await mail_house.send(write("First"))
    with monkeypatch.context() as patch:
        patch.setattr(mail_house.house.parts.intake.work, "run", away)
        assert await mail_house.hand_over(write("Disk full on web", Message_ID="<2@example.org>")) == 451
    assert await mail_house.send(write("Disk full on web", Message_ID="<2@example.org>")) == 250
    assert len(await mail_house.alerts()) == 2


def test_text_is_found_wherever_it_is() -> None:
    mail = write("Ünïcode — ok", "plain words")
    mail.add_alternative("<p>html words</p>", subtype="html")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="report.pdf")
    read = read_mail(mail.as_bytes())
    assert (read.subject, read.text, read.attachments) == ("Ünïcode — ok", "plain words", 1)
    html = b"Content-Type: text/html; charset=utf-8\n\n<style>p{}</style><p>Disk &lt; 2&nbsp;%</p><p>on<br>web</p>"
    assert read_mail(html).text == "Disk < 2 %\non\nweb"
    lying = b"Content-Type: text/plain; charset=us-ascii\n\n" + "größer".encode("latin-1")
    assert read_mail(lying).text == "größer"
    unknown = b"Content-Type: text/plain; charset=x-none\n\n" + "größer".encode()
    assert read_mail(unknown).text == "größer"
    styled = b"Content-Type: text/html\r\n\r\n<style>p {}</style><p>Disk &lt; 2 %<!-- x --><script>x()</script></p>on"
    assert read_mail(styled).text == "Disk < 2 %\non"


def test_a_mail_may_be_nested_as_deep_as_it_likes() -> None:
    parts = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(5_000)
    )
    assert read_mail(b"Subject: Disk full\r\n" + parts).subject == "Disk full"
    html = b"Content-Type: text/html\r\n\r\n" + b"<div>" * 40_000 + b"<p>Disk full"
    assert read_mail(html).text == "Disk full"


@pytest.mark.parametrize(
    ("subject", "rest", "is_over"),
    [
        ("Re: AW: Fwd: Disk full", "Disk full", False),
        ("[FIRING:2] Disk  full", "Disk full", False),
        ("RE[2]: [Resolved] Disk full", "Disk full", True),
        ("RECOVERY: Disk full", "Disk full", True),
        ("[web] Disk full", "[web] Disk full", False),
    ],
)
def test_a_subject_is_the_same_over_the_life_of_a_trouble(subject: str, rest: str, is_over: bool) -> None:
    found = read_subject(subject)
    assert (found.title, found.alias) == (rest, rest.casefold())
    assert (found.action is Action.RESOLVE) is is_over


@pytest.mark.parametrize(
    ("problem", "over"),
    [
        ("[FIRING:1] HighLoad (web-1)", "[RESOLVED] HighLoad (web-1)"),
        ("Problem: High CPU on db1", "Resolved in 5m 3s: High CPU on db1"),
        ('ALARM: "x" in EU (Ireland)', 'OK: "x" in EU (Ireland)'),
        (
            "** PROBLEM Service Alert: web1/HTTP is CRITICAL **",
            "** RECOVERY Service Alert: web1/HTTP is OK **",
        ),
        ("Monitor is DOWN: shop", "Monitor is UP: shop"),
        ("DOWN alert: shop (example.org) is DOWN", "UP alert: shop (example.org) is UP"),
        ("[Triggered on {host:a}] CPU", "[Recovered on {host:a}] CPU"),
        ("Sensor ping (Down)", "Re: AW: sensor  PING (Up)"),
    ],
)
def test_a_recovery_closes_what_its_problem_opened(problem: str, over: str) -> None:
    assert read_subject(problem).action is Action.TRIGGER
    assert read_subject(over).action is Action.RESOLVE
    assert read_subject(problem).alias == read_subject(over).alias


def test_a_mark_that_is_a_severity_is_the_priority() -> None:
    (signal,) = parse(Hook(write("** PROBLEM Host Alert: db1 is CRITICAL **").as_bytes()))
    assert isinstance(signal, Signal)
    assert signal.priority is Priority.P1
    assert read_subject("Is the OK button broken?").action is Action.TRIGGER
    assert read_subject("** ACKNOWLEDGEMENT Host Alert: db1 is DOWN **").action is Action.ACKNOWLEDGE


def test_a_header_that_the_library_can_not_read_is_read_by_the_letter() -> None:
    assert read_mail(b"Subject: Disk full\nMessage-ID: <a@[\n\non db1").message_id == "<a@["


def test_a_page_of_our_own_opens_nothing() -> None:
    assert parse(Hook(b"X-Tocsin: page\n" + write("INC-1: Disk full").as_bytes())) == []


def test_rules_decide_when_there_are_some() -> None:
    rules = {
        "resolved": "body:all is well",
        "acknowledged": "body:taken by",
        "alias": r"subject:ticket-(\d+)",
    }
    hook = {"mapping": rules}
    for text, action in (
        ("all is well", Action.RESOLVE),
        ("taken by Kate", Action.ACKNOWLEDGE),
        ("x", Action.TRIGGER),
    ):
        (signal,) = parse(Hook(write("[RESOLVED] ticket-7 Disk", text).as_bytes(), settings=hook))
        assert isinstance(signal, Signal)
        assert (signal.action, signal.alias) == (action, "7")


HEADERS = st.sampled_from(
    [b"From: ", b"Subject: =?utf-8?q?", b"Content-Type: multipart/mixed; boundary=x\n", b"Message-ID: <", b"--x\n",
     b"Content-Type: text/plain; charset=unicode_escape\n\n", b"Content-Transfer-Encoding: base64\n\n", b"\n\n",
     b"To: a:;<@",
     b"Content-Type: text/html\n\n<p>", b"Return-Path: <>", b"Subject: ", b"=?x?b?", b"?=", b"\n"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(HEADERS, st.binary(max_size=40)), max_size=12).map(b"".join))
def test_no_bytes_break_the_parser(content: bytes) -> None:
    try:
        for signal in parse(Hook(content)):
            assert isinstance(signal, Signal)
            assert signal.alias
            for text in (signal.title, signal.description, signal.source, signal.alias):
                text.encode()
    except Malformed:
        pass


@given(st.text(max_size=60))
def test_every_subject_has_one_alias_in_trouble_and_over(text: str) -> None:
    assert read_subject(f"[RESOLVED] {text}").alias == read_subject(f"[FIRING:1] {text}").alias


async def test_a_mail_that_comes_again_days_later_opens_nothing(mail_house: MailHouse) -> None:
    mail = write("Disk full on web", Message_ID="<3@example.org>")
    await mail_house.send(mail)
    await mail_house.send(write("[OK] Disk full on web"))
    await mail_house.house.at("72:00:00")
    await keep_house(mail_house.house.parts.work)
    assert await mail_house.send(mail) == 250
    assert await mail_house.alerts() == [("disk full on web", AlertStatus.CLOSED, 1)]


async def test_the_key_in_a_mail_is_not_kept(mail_house: MailHouse) -> None:
    address = f"alerts+{mail_house.key}@tocsin.example.org"
    await mail_house.send(write("Disk full on web", f"sent to {address}", To=address))
    (kept,), (alert,) = await mail_house.house.rows(RawPayload), await mail_house.house.rows(Alert)
    assert mail_house.key not in f"{kept.headers}{kept.body}{alert.description}{alert.labels}"


async def test_a_mail_with_long_lines_is_taken(mail_house: MailHouse) -> None:
    mail = b"Subject: Disk full on web\r\n\r\n<p>" + b"x" * 20_000 + b"</p>\r\n"
    assert await mail_house.send(mail) == 250


@pytest.mark.parametrize(
    ("subject", "severity"),
    [
        ("[P1] payments down", "P1"),
        ("P2: payments slow", "P2"),
        ("Fwd: [FIRING:1] [p4] payments odd", "p4"),
        ("P3 - payments odd", "P3"),
        ("[WARNING] [P1] payments odd", "P1"),
        ("P1 printer is out of paper", ""),
        ("Port P1: down", ""),
    ],
)
def test_a_priority_at_the_beginning_of_a_subject_is_the_priority(subject: str, severity: str) -> None:
    assert read_subject(subject).severity == severity
