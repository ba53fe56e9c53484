"""Amazon SNS: only what Amazon signed, from a topic that is allowed, and once; CloudWatch's alarms over their life."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.signal import Action
from bot.errors import Forbidden, Malformed
from handlers.webhooks.sns import parse
from handlers.webhooks.sns_trust import TYPES, _check_url
from handlers.webhooks.source import Hook
from storage.models import Alert
from storage.words import AlertStatus, Priority
from tests.house import START, House

PAYLOADS = Path(__file__).parent.parent / "payloads/cloudwatch-sns"
TOPIC = "arn:aws:sns:us-east-1:000000000000:alarms"
CAPTURED = datetime(2026, 11, 22, 8, 49, tzinfo=UTC)
"""A moment after the captured messages were sent."""
BY_FILE = {"topics": [TOPIC], "certificate_file": str(PAYLOADS / "localstack-signing-cert.pem")}


def load(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


async def post(house: House, body: Any) -> tuple[int, Any]:
    headers = {"Content-Type": "text/plain; charset=UTF-8", "x-amz-sns-message-type": str(body.get("Type"))}
    async with house.http.post(house.hooks["sns"], data=json.dumps(body), headers=headers) as response:
        answer = await response.json()
    await house.settle()
    return response.status, answer


class Amazon:
    """What AWS serves, in a private partition: a certificate, and an address that confirms subscriptions."""

    def __init__(self) -> None:
        self.private = rsa.generate_private_key(65537, 2048)
        self.asked: list[str] = []
        self.redirects = False
        self.pem = make_certificate(self.private)
        app = web.Application()
        app.router.add_get("/cert.pem", self._certificate)
        app.router.add_get("/", self._confirm)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    async def _certificate(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        if self.redirects:
            raise web.HTTPFound("/cert.pem?again")
        return web.Response(body=self.pem)

    async def _confirm(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        return web.Response(text="<ConfirmSubscriptionResponse/>")

    def sign(self, body: dict[str, Any], version: str = "2") -> dict[str, Any]:
        told = {
            "TopicArn": TOPIC,
            "MessageId": "m-1",
            "Timestamp": START.isoformat().replace("+00:00", "Z"),
            "SigningCertURL": f"{self.url}/cert.pem",
            "SignatureVersion": version,
            **body,
        }
        names = TYPES[told["Type"].lower()]
        content = "".join(f"{name}\n{told[name]}\n" for name in names if told.get(name) is not None)
        kind = SHA256() if version == "2" else SHA1()
        signature = self.private.sign(content.encode(), PKCS1v15(), kind)
        return {**told, "Signature": base64.b64encode(signature).decode()}


def make_certificate(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.example.org")])
    builder = x509.CertificateBuilder(name, name, private.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(START - timedelta(days=1)).not_valid_after(START + timedelta(days=1))
    return builder.sign(private, SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture
async def amazon(sqlite_house: House) -> AsyncIterator[Amazon]:
    found = Amazon()
    async with found.server:
        await sqlite_house.add_sender("sns", settings={"topics": [TOPIC], "endpoint": found.url})
        yield found


async def test_a_captured_alarm_over_its_life(house: House) -> None:
    house.clock.time = CAPTURED
    await house.add_sender("sns", settings=BY_FILE)
    status, answer = await post(house, load("signed-alarm"))
    assert (status, answer["alerts"][0]["outcome"]) == (202, "opened")
    (alert,) = await house.rows(Alert)
    assert (alert.title, alert.priority, alert.entity) == ("HighCPU", Priority.P3, "i-1")
    assert alert.description.startswith("Threshold Crossed: 1 datapoint [95.0]")
    assert alert.labels["metric"] == "CPUUtilization"
    assert alert.labels["InstanceId"] == "i-1"
    assert alert.links == [
        {
            "title": "CloudWatch",
            "url": "https://console.aws.amazon.com/cloudwatch/home?region=us-east-1#alarmsV2:alarm/HighCPU",
        }
    ]
    assert (await post(house, load("signed-ok")))[1]["alerts"][0]["outcome"] == "closed"
    # What was stored is not stored again, also when somebody else sends it.
    assert await post(house, load("signed-alarm")) == (202, {"alerts": []})
    assert [one.status for one in await house.rows(Alert)] == [AlertStatus.CLOSED]


async def test_a_captured_plain_message(sqlite_house: House) -> None:
    sqlite_house.clock.time = CAPTURED
    await sqlite_house.add_sender("sns", settings=BY_FILE)
    assert (await post(sqlite_house, load("signed-plain-notification")))[0] == 202
    (alert,) = await sqlite_house.rows(Alert)
    assert (alert.title, alert.description, alert.source) == ("hello", "plain text", "alarms")


@pytest.mark.parametrize("name", ["Message", "Subject", "Timestamp", "MessageId", "Signature"])
async def test_what_was_changed_on_the_way_is_refused(sqlite_house: House, name: str) -> None:
    sqlite_house.clock.time = CAPTURED
    await sqlite_house.add_sender("sns", settings=BY_FILE)
    body = load("signed-alarm")
    body[name] = "2026-11-22T08:48:56.031Z" if name == "Timestamp" else body[name].replace("H", "h", 1) + "A"
    status, answer = await post(sqlite_house, body)
    assert (status, answer["title"]) == (401, "signature.wrong")
    assert await sqlite_house.rows(Alert) == []


async def test_old_messages_and_other_topics_are_refused(sqlite_house: House) -> None:
    sqlite_house.clock.time = CAPTURED + timedelta(hours=1)
    await sqlite_house.add_sender("sns", settings=BY_FILE)
    assert (await post(sqlite_house, load("signed-alarm")))[1]["title"] == "sns.too_old"
    sqlite_house.clock.time = CAPTURED
    for topics in ([], [TOPIC + "-2"], [TOPIC[:-1]]):
        await sqlite_house.add_sender("sns", settings={**BY_FILE, "topics": topics})
        status, answer = await post(sqlite_house, load("signed-alarm"))
        assert (status, answer["title"]) == (403, "sns.topic_not_allowed")
        assert TOPIC in answer["detail"]
    await sqlite_house.add_sender("sns", settings={**BY_FILE, "topics": [TOPIC[:-3] + "*"]})
    assert (await post(sqlite_house, load("signed-alarm")))[0] == 202


@pytest.mark.parametrize("version", ["1", "2"])
async def test_the_certificate_is_fetched_once(sqlite_house: House, amazon: Amazon, version: str) -> None:
    for number in ("a", "b"):
        body = amazon.sign({"Type": "Notification", "MessageId": number, "Message": number}, version)
        assert (await post(sqlite_house, body))[0] == 202
    assert amazon.asked == ["/cert.pem"]
    assert len(await sqlite_house.rows(Alert)) == 2
    body = amazon.sign({"Type": "Notification", "Message": "x", "MessageId": "c"}, version)
    assert (await post(sqlite_house, {**body, "SignatureVersion": "3"}))[0] == 400
    other = "2" if version == "1" else "1"
    assert (await post(sqlite_house, {**body, "SignatureVersion": other}))[0] == 401


async def test_a_subscription_confirms_itself(sqlite_house: House, amazon: Amazon) -> None:
    where = f"/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=t"
    body = {"Type": "SubscriptionConfirmation", "Message": "You have chosen", "Token": "t"}
    signed = amazon.sign({**body, "SubscribeURL": amazon.url + where})
    assert await post(sqlite_house, signed) == (202, {"alerts": []})
    assert amazon.asked == ["/cert.pem", where]
    # Nothing else is asked for in our name.
    for wrong in ("/?Action=DeleteTopic&TopicArn=" + TOPIC, where.replace("alarms", "other")):
        status, answer = await post(sqlite_house, amazon.sign({**body, "SubscribeURL": amazon.url + wrong}))
        assert (status, answer["title"]) == (403, "sns.foreign_url")
    elsewhere = amazon.sign({**body, "SubscribeURL": f"http://169.254.169.254{where}"})
    assert (await post(sqlite_house, elsewhere))[0] == 403
    assert len(amazon.asked) == 2
    assert await sqlite_house.rows(Alert) == []


async def test_a_captured_confirmation_is_signed_as_we_check_it(sqlite_house: House) -> None:
    """Its signature holds, and so it is only its address that is refused: LocalStack's, which is not Amazon's."""
    body = load("signed-subscription-confirmation")
    sqlite_house.clock.time = CAPTURED
    await sqlite_house.add_sender("sns", settings=BY_FILE)
    status, answer = await post(sqlite_house, body)
    assert (status, answer["title"]) == (403, "sns.foreign_url")
    for name in ("Token", "SubscribeURL", "Message", "MessageId"):
        status, answer = await post(sqlite_house, {**body, name: body[name] + "0"})
        assert (status, answer["title"]) == (401, "signature.wrong"), name


async def test_a_subscription_to_another_topic_is_not_confirmed(sqlite_house: House, amazon: Amazon) -> None:
    topic = TOPIC + "-of-others"
    url = f"{amazon.url}/?Action=ConfirmSubscription&TopicArn={topic}&Token=t"
    body = {
        "Type": "SubscriptionConfirmation",
        "Message": "x",
        "Token": "t",
        "SubscribeURL": url,
        "TopicArn": topic,
    }
    assert (await post(sqlite_house, amazon.sign(body)))[0] == 403
    assert amazon.asked == []


async def test_certificates_that_can_not_be_had(sqlite_house: House, amazon: Amazon) -> None:
    body = {"Type": "Notification", "Message": "x"}
    amazon.redirects = True
    assert (await post(sqlite_house, amazon.sign(body)))[1]["title"] == "sns.no_answer"
    assert amazon.asked == ["/cert.pem"]
    amazon.redirects = False
    for pem in (b"no certificate", make_certificate(ec.generate_private_key(ec.SECP256R1()))):
        amazon.pem = pem
        status, answer = await post(sqlite_house, amazon.sign(body))
        assert (status, answer["title"]) == (503, "sns.no_certificate")
    elsewhere = {"SigningCertURL": "https://sns.us-east-1.amazonaws.com.evil.example/x.pem"}
    assert (await post(sqlite_house, {**amazon.sign(body), **elsewhere}))[0] == 403
    await sqlite_house.add_sender("sns", settings={**BY_FILE, "certificate_file": "/nowhere.pem"})
    assert (await post(sqlite_house, amazon.sign(body)))[0] == 503
    assert await sqlite_house.rows(Alert) == []


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-6aad65c2.pem", True),
        ("https://sns.us-gov-west-1.amazonaws.com:443/x.pem", True),
        ("https://sns.cn-north-1.amazonaws.com.cn/x.pem", True),
        ("http://sns.eu-west-1.amazonaws.com/x.pem", False),
        ("https://sns.eu-west-1.amazonaws.com:8443/x.pem", False),
        ("https://sns.eu-west-1.amazonaws.com@evil.example/x.pem", False),
        ("https://evil.example/sns.eu-west-1.amazonaws.com/x.pem", False),
        ("https://sns.eu-west-1.amazonaws.com.evil.example/x.pem", False),
        ("https://snsxeu-west-1.amazonaws.com/x.pem", False),
        ("https://sns.evil.s3.amazonaws.com/x.pem", False),
        ("https://sns.eu-west-1.amazonaws.com\\.evil.example/x.pem", False),
        ("https://[::1]/x.pem", False),
        ("https://sns.eu-west-1.amazonaws.com:x/", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_addresses_of_amazon(url: str, is_ours: bool) -> None:
    if is_ours:
        assert _check_url(url, "SigningCertURL", {}) == url
    else:
        with pytest.raises(Forbidden):
            _check_url(url, "SigningCertURL", {})


@pytest.mark.parametrize(
    ("state", "told", "shown"),
    [
        ("ALARM", "", (Action.TRIGGER, Priority.P3)),
        ("ALARM", "Page us, P1!", (Action.TRIGGER, Priority.P1)),
        ("OK", "", (Action.RESOLVE, Priority.P3)),
        ("INSUFFICIENT_DATA", "", (Action.TRIGGER, Priority.P4)),
    ],
)
def test_states_of_an_alarm(state: str, told: str, shown: tuple[Action, Priority]) -> None:
    body = load("notification-alarm")
    alarm = {**json.loads(body["Message"]), "NewStateValue": state, "AlarmDescription": told}
    (signal,) = parse(Hook(json.dumps({**body, "Message": json.dumps(alarm)}).encode()))
    assert (signal.action, signal.priority) == shown
    assert signal.alias == "1234567890:EU (Ireland):bucketbytesAlarm"
    assert signal.source == "StandardStorage, try.alerta.io"


def test_handshakes_are_no_alert() -> None:
    assert parse(Hook(json.dumps(load("subscription-confirmation")).encode())) == []


ODD_ALARM = '{"AlarmName": "a", "NewStateValue": "ALARM", "Trigger": {"Dimensions": [1]}}'


@given(
    st.dictionaries(
        st.sampled_from(["Type", "Message", "Subject", "TopicArn"]),
        st.sampled_from(["Notification", '{"AlarmName": 1}', ODD_ALARM])
        | st.text(max_size=9)
        | st.none()
        | st.integers(),
    )
    | st.binary(max_size=30)
)  # fmt: skip
def test_any_body_is_refused_or_read(body: Any) -> None:
    with suppress(Malformed):
        for signal in parse(Hook(body if isinstance(body, bytes) else json.dumps(body).encode())):
            assert signal.alias
            assert signal.title
