"""SMS and calls: what is sent and said, a key that acknowledges, what is told afterwards, and a second provider."""

import re
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator

import pytest

from bot.config import SettingsWrong, read_settings
from bot.flow.unit import Unit
from bot.notify.twilio import is_signed, read_number, sign
from storage.models import Alert, Incident, User
from storage.words import PageState
from tests.channels.servers import Kept, open_hook
from tests.channels.test_push import give, page_by
from tests.channels.twilio import ACCOUNT, OWN, PUBLIC, TOKEN, FakeTwilio, open_twilio
from tests.house import House, open_house

URGENT = {"title": "Checkout <returns> errors", "alias": "checkout", "priority": "P1", "service": "web"}
PHONE = "+15551234567"


def environment_of(fake: FakeTwilio) -> dict[str, str]:
    return {
        "TOCSIN_TWILIO_ACCOUNT": ACCOUNT,
        "TOCSIN_TWILIO_AUTH_TOKEN": TOKEN,
        "TOCSIN_TWILIO_FROM": OWN,
        "TOCSIN_TWILIO_API_URL": fake.url,
        "TOCSIN_PUBLIC_URL": PUBLIC,
    }


@pytest.fixture
async def fake() -> AsyncIterator[FakeTwilio]:
    async with open_twilio() as found:
        yield found


@pytest.fixture
async def gateway() -> AsyncIterator[Kept]:
    async with open_hook() as kept:
        yield kept


@pytest.fixture
async def calling(database_url: str, fake: FakeTwilio) -> AsyncIterator[House]:
    async with open_house(database_url, environment_of(fake)) as house:
        yield house


async def test_an_sms_is_short_and_says_where_to_acknowledge_and_then_that_it_arrived(
    calling: House, fake: FakeTwilio
) -> None:
    house = calling
    await give(house, "sms", PHONE)
    await house.send(URGENT)
    (message,) = fake.messages
    assert message["To"] == PHONE
    found = re.fullmatch(r"P1 · Checkout <returns> errors\. Acknowledge: (\S+/p/\S{43})", message["Body"])
    assert found is not None
    page = await page_by(house, "sms")
    assert (page.state, page.delivered_at) == (PageState.SENT, None)
    assert page.address == f"twilio:SM{1:032}"
    await house.at("00:04")
    status, _ = await fake.call_back(house, message["StatusCallback"], MessageStatus="delivered")
    assert status == 204
    assert (await page_by(house, "sms")).delivered_at == house.clock.now()
    assert "delivered at 03:00" in await house.ask("/alert why 1")
    async with house.http.post(house.url + found[1].removeprefix(PUBLIC)) as response:
        assert response.status == 200
    await house.settle()
    assert (await page_by(house, "sms")).state is PageState.ANSWERED


async def test_a_call_says_it_three_times_and_a_key_acknowledges(calling: House, fake: FakeTwilio) -> None:
    house = calling
    await give(house, "voice", PHONE)
    await house.send(URGENT)
    (call,) = fake.calls
    gather = ET.fromstring(call["Twiml"])[0]
    said = [one.text for one in gather.findall("Say")]
    assert said == ["This is Tocsin. P1 · Checkout <returns> errors. Press 1 to acknowledge."] * 3
    keys = gather.attrib["action"]
    status, twiml = await fake.call_back(house, keys, Digits="7", CallSid="CA1")
    assert (status, "<Gather" in twiml) == (200, True), "another key asks again"
    (incident,) = await house.rows(Incident)
    assert incident.acknowledged_at is None
    status, twiml = await fake.call_back(house, keys, Digits="1", CallSid="CA1")
    assert status == 200
    assert "INC-1" in str(ET.fromstring(twiml).findtext("Say"))
    (incident,) = await house.rows(Incident)
    assert incident.acknowledged_by == house.owner.id
    assert {page.state for page in await house.pages(house.owner)} == {PageState.ANSWERED}


@pytest.mark.parametrize("token", ["", "54321"])
async def test_what_is_not_signed_by_twilio_does_nothing(
    calling: House, fake: FakeTwilio, token: str
) -> None:
    house = calling
    await give(house, "voice", PHONE)
    await house.send(URGENT)
    keys = re.findall(r'action="([^"]+)"', fake.calls[0]["Twiml"])[0]
    assert (await fake.call_back(house, keys, token, Digits="1"))[0] == 401
    assert (await fake.call_back(house, fake.calls[0]["StatusCallback"], token, CallStatus="busy"))[0] == 401
    (incident,) = await house.rows(Incident)
    assert incident.acknowledged_at is None
    assert (await page_by(house, "voice")).state is PageState.SENT


async def test_a_call_that_nobody_takes_lets_the_next_step_come_at_once(
    calling: House, fake: FakeTwilio
) -> None:
    house = calling
    await give(house, "voice", PHONE)
    await give(house, "sms", PHONE)

    async def wish(unit: Unit) -> None:
        steps = [{"after": 0, "by": ["voice"]}, {"after": 1800, "by": ["sms"]}]
        (await unit.session.get_one(User, house.owner.id)).paging = {"rules": [{"steps": steps}]}

    await house.parts.work.run(wish)
    await house.send(URGENT)
    assert fake.messages == []
    await house.at("00:45")
    await fake.call_back(house, fake.calls[0]["StatusCallback"], CallStatus="no-answer")
    assert (await page_by(house, "voice")).error == "twilio.not_delivered no-answer"
    assert len(fake.messages) == 1
    await fake.call_back(house, fake.calls[0]["StatusCallback"], CallStatus="no-answer")
    assert len(fake.messages) == 1, "told twice, done once"


async def test_a_failure_that_is_told_before_the_answer_is_not_lost(calling: House, fake: FakeTwilio) -> None:
    house = calling
    await give(house, "sms", PHONE)
    await give(house, "voice", PHONE)

    async def wish(unit: Unit) -> None:
        steps = [{"after": 0, "by": ["sms"]}, {"after": 1800, "by": ["voice"]}]
        (await unit.session.get_one(User, house.owner.id)).paging = {"rules": [{"steps": steps}]}

    async def fail(form: dict[str, str]) -> None:
        status = form["StatusCallback"]
        assert (await fake.post(house, status, MessageStatus="failed", ErrorCode="30003"))[0] == 204

    await house.parts.work.run(wish)
    fake.hurry = fail
    await house.send(URGENT)
    page = await page_by(house, "sms")
    assert (page.state, page.error) == (PageState.FAILED, "twilio.not_delivered failed 30003")
    assert len(fake.calls) == 1


async def test_a_code_is_sent_and_spoken(calling: House, fake: FakeTwilio) -> None:
    house = calling
    await house.ask("/tocsin add-contact sms +1 (555) 123-4567 label:phone")
    assert fake.messages[0]["To"] == PHONE
    code = fake.messages[0]["Body"][:6]
    assert "phone is yours" in await house.ask(f"/tocsin verify-contact {code}")
    await house.ask(f"/tocsin add-contact voice {PHONE}")
    spoken = str(ET.fromstring(fake.calls[0]["Twiml"]).findtext("Say"))
    digits = "".join(re.findall(r"\d", spoken))
    assert digits[:6] == digits[6:]
    assert "voice is yours" in await house.ask(f"/tocsin verify-contact {digits[:6]}")


@pytest.mark.parametrize("refusal", [(500, 20500), (429, 20429), (401, 20003), (400, 21610)])
async def test_the_second_provider_is_asked_when_the_first_says_no(
    database_url: str, fake: FakeTwilio, gateway: Kept, refusal: tuple[int, int]
) -> None:
    environment = environment_of(fake) | {
        "TOCSIN_SMS_GATEWAY_URL": f"{gateway.url}/pages",
        "TOCSIN_SMS_GATEWAY_TOKEN": "gw",
        "TOCSIN_SMS_GATEWAY_FIELDS": "to=phone, text=message",
    }
    async with open_house(database_url, environment) as house:
        await give(house, "sms", PHONE)
        fake.refusals = [refusal]
        await house.send(URGENT)
        (body,) = gateway.bodies
        assert set(body) == {"phone", "message"}
        assert (body["phone"], gateway.headers[0]["Authorization"]) == (PHONE, "Bearer gw")
        page = await page_by(house, "sms")
        assert (page.state, str(page.address).partition(":")[0]) == (PageState.SENT, "gateway")
        fake.refusals, gateway.statuses = [(400, 21211)], [503]
        await house.ask(f"/page @{house.owner.handle} Come", by=await house.add_person("Kate"))
        assert (await page_by(house, "sms")).state is PageState.QUEUED, "one of them may take it later"
        await house.at("00:10")
        assert (await page_by(house, "sms")).state is PageState.SENT


async def test_the_doctor_asks_whether_the_account_is_there(database_url: str, fake: FakeTwilio) -> None:
    async with open_house(database_url, environment_of(fake)) as house:
        told = await house.ask("/tocsin doctor")
        assert "SMS answers" in told
        assert "ntfy" not in told, "there is nobody to ask"
    wrong = {**environment_of(fake), "TOCSIN_TWILIO_AUTH_TOKEN": "another"}
    async with open_house(database_url, wrong) as house:
        assert "does not accept our key or token" in await house.ask("/tocsin doctor")


def test_the_signature_is_the_one_of_twilios_own_example() -> None:
    form = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Caller", "+14158675310"),
        ("Digits", "1234"),
        ("From", "+14158675310"),
        ("To", "+18005551212"),
    ]
    url = "https://example.com/myapp.php?foo=1&bar=2"
    assert sign("12345", url, reversed(form)) == "L/OH5YylLD5NRKLltdqwSvS0BnU="
    assert is_signed("12345", url, form, "L/OH5YylLD5NRKLltdqwSvS0BnU=")
    assert not is_signed("12345", url, form[1:], "L/OH5YylLD5NRKLltdqwSvS0BnU=")
    assert not is_signed("", url, form, sign("", url, form)), "no token, nothing is signed"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+1 (555) 123-4567", PHONE),
        ("0033 6 12 34 56 78", "+33612345678"),
        ("0612345678", None),
        ("+1555", None),
        ("+1555123456a", None),
    ],
)
def test_numbers_are_read_in_the_ways_people_write_them(text: str, number: str | None) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"TOCSIN_TWILIO_ACCOUNT": ACCOUNT}, "are needed together"),
        ({"TOCSIN_TWILIO_FROM": "555"}, "must be a number like"),
        ({"TOCSIN_TWILIO_CALL_FROM": "555", "TOCSIN_TWILIO_FROM": OWN}, "TOCSIN_TWILIO_CALL_FROM"),
        ({"TOCSIN_SMS_GATEWAY_URL": "gw.example.org"}, "must begin with http"),
        (
            {"TOCSIN_SMS_GATEWAY_URL": "https://gw.example.org", "TOCSIN_SMS_GATEWAY_FIELDS": "sms"},
            "must look like to=phone",
        ),
        ({"TOCSIN_REACH_INSIDE": "10.0.0.1/8"}, "networks like 10.0.0.0/8"),
    ],
)
def test_settings_that_can_not_be_used_are_told(environment: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsWrong, match=words):
        read_settings(environment)


async def reply(house: House, fake: FakeTwilio, text: str, number: str = PHONE) -> str:
    url = f"{PUBLIC}/twilio/messages"
    status, twiml = await fake.call_back(house, url, From=number, To=OWN, Body=text, MessageSid="SM7")
    assert status == 200
    return ET.fromstring(twiml).findtext("Message") or ""


async def test_a_reply_acknowledges_what_waits_and_asks_where_several_do(
    database_url: str, fake: FakeTwilio
) -> None:
    environment = {**environment_of(fake), "TOCSIN_TWILIO_REPLIES": "yes"}
    async with open_house(database_url, environment) as house:
        await give(house, "sms", PHONE)
        assert await reply(house, fake, "ok") == "Nothing waits for your answer."
        await house.send(URGENT)
        assert fake.messages[0]["Body"].endswith(" or reply INC-1")
        assert await reply(house, fake, "who is this?") == (
            "Reply OK to acknowledge Checkout <returns> errors."
        )
        (incident,) = await house.rows(Incident)
        assert incident.acknowledged_at is None
        assert "You are on it: INC-1" in await reply(house, fake, "Ok!")
        (incident,) = await house.rows(Incident)
        assert incident.acknowledged_by == house.owner.id
        assert (await page_by(house, "sms")).state is PageState.ANSWERED
        await house.send({"title": "Disk is full", "alias": "disk", "priority": "P4", "service": "web"})
        await house.send({"title": "Cart is slow", "alias": "cart", "priority": "P4", "service": "web"})
        asked = await reply(house, fake, "ok")
        assert asked == (
            "Which one? A3: Cart is slow. A2: Disk is full. Reply with one of these names, or ALL."
        )
        assert "3" in await reply(house, fake, "ack a3")
        alerts = {alert.id: alert.acknowledged_at for alert in await house.rows(Alert)}
        assert (alerts[2], bool(alerts[3])) == (None, True)
        await house.command("/tocsin test-page")
        name = re.search(r"reply (OK\d+)$", fake.messages[-1]["Body"])
        assert name is not None
        assert await reply(house, fake, f"{name[1]} and A2") != ""
        assert all(alert.acknowledged_at for alert in await house.rows(Alert))
        assert await reply(house, fake, "all") == "Nothing waits for your answer."


async def test_a_yes_is_enough_for_an_alert_that_has_become_part_of_an_incident(
    calling: House, fake: FakeTwilio
) -> None:
    house = calling
    await give(house, "sms", PHONE)
    for priority in ("P4", "P1"):
        await house.send({"title": "Disk is full", "alias": "disk", "priority": priority, "service": "web"})
    assert len(fake.messages) == 2
    assert "You are on it: INC-1" in await reply(house, fake, "ok")


async def test_a_reply_that_is_not_signed_or_from_elsewhere_does_nothing(
    calling: House, fake: FakeTwilio
) -> None:
    house = calling
    await give(house, "sms", PHONE)
    await house.send(URGENT)
    assert "or reply" not in fake.messages[0]["Body"]
    url = f"{PUBLIC}/twilio/messages"
    assert (await fake.call_back(house, url, "wrong", From=PHONE, Body="ok"))[0] == 401
    assert await reply(house, fake, "ok", number="+15550000000") == ""
    (incident,) = await house.rows(Incident)
    assert incident.acknowledged_at is None
    assert "INC-1" in await reply(house, fake, "all"), "replies are taken whether or not an SMS tells of them"
