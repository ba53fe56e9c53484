"""Amazon SNS: CloudWatch alarms and other notifications. The body is JSON with the content type text/plain:

    {"Type": "Notification", "MessageId": "db2bc654-...", "TopicArn": "arn:aws:sns:us-east-1:123456789012:alarms",
     "Subject": "ALARM: \\"HighCPU\\" in US East", "Timestamp": "2026-11-22T08:48:55.031Z", "SignatureVersion": "1",
     "Message": "<text, or for CloudWatch the JSON below>",
     "Signature": "...", "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-....pem"}

    {"AlarmName": "HighCPU", "NewStateValue": "ALARM", "NewStateReason": "...", "AlarmDescription": "...", "Region": "...",
     "AlarmArn": "arn:aws:cloudwatch:...", "Trigger": {"MetricName": "...", "Dimensions": [{"name": "...", "value": "..."}]}}

ALARM opens, OK closes, INSUFFICIENT_DATA opens with P4. An alarm is P3, unless its description names another
(`P1` ... `P5`). Any other message opens an alert, the same for the same subject. Who sent it is asked
by `handlers.webhooks.sns_trust`.
Source: docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
"""

import hashlib
import re
from typing import Any
from urllib.parse import quote

import msgspec

from bot.alerts.signal import Action, LinkTo, Signal
from handlers.webhooks.sns_trust import SnsGuard
from handlers.webhooks.source import Hook, Source, extra_of, need, one_of, read_object, text_of
from storage.words import Priority

STATES = {
    "alarm": (Action.TRIGGER, Priority.P3),
    "ok": (Action.RESOLVE, Priority.P3),
    "insufficient_data": (Action.TRIGGER, Priority.P4),
}
NAMED = re.compile(r"\bP[1-5]\b")
REGION = re.compile(r"arn:[a-z0-9-]+:cloudwatch:([a-z0-9-]+):")


def parse(hook: Hook) -> list[Signal]:
    body = read_object(hook)
    if need(body, "Type") != "Notification":
        return []
    message = need(body, "Message")
    alarm = _read_inner(message)
    if "AlarmName" in alarm and "NewStateValue" in alarm:
        return [_read_alarm(alarm, text_of(body.get("TopicArn")))]
    topic = text_of(body.get("TopicArn"))
    title = text_of(body.get("Subject")) or text_of(alarm.get("detail-type")) or message.partition("\n")[0]
    signal = Signal(
        action=Action.TRIGGER,
        alias=hashlib.sha256(f"{topic}\x00{title}".encode()).hexdigest(),
        title=title,
        description=message,
        source=topic.rpartition(":")[2],
        labels={"topic": topic} if topic else {},
        raw=body,
    )
    return [signal]


def _read_inner(message: str) -> dict[str, Any]:
    """The message as the object that it holds, or empty."""
    try:
        found = msgspec.json.decode(message)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _read_alarm(alarm: dict[str, Any], topic: str) -> Signal:
    action, priority = one_of(alarm, "NewStateValue", STATES)
    name, arn = need(alarm, "AlarmName"), text_of(alarm.get("AlarmArn"))
    account, region = text_of(alarm.get("AWSAccountId")), text_of(alarm.get("Region"))
    told = text_of(alarm.get("AlarmDescription"))
    named = NAMED.search(told)
    trigger = extra_of(alarm, "Trigger")
    dimensions = trigger.get("Dimensions")
    pairs = [one for one in dimensions if isinstance(one, dict)] if isinstance(dimensions, list) else []
    places = {text_of(one.get("name")): text_of(one.get("value")) for one in pairs}
    labels = {
        "account": account,
        "region": region,
        "namespace": text_of(trigger.get("Namespace")),
        "metric": text_of(trigger.get("MetricName")),
        "state": text_of(alarm.get("NewStateValue")),
        "topic": topic,
        **places,
    }
    code = REGION.match(arn)
    link = f"https://console.aws.amazon.com/cloudwatch/home?region={code[1]}#alarmsV2:alarm/" if code else ""
    return Signal(
        action=action,
        alias=arn or f"{account}:{region}:{name}",
        title=name,
        description="\n\n".join(filter(None, (text_of(alarm.get("NewStateReason")), told))),
        priority=Priority(named[0]) if named else priority,
        source=", ".join(places.values()) or region,
        labels={key: value for key, value in labels.items() if key and value},
        links=(LinkTo("CloudWatch", link + quote(name, safe="")),) if link else (),
        entity=", ".join(places.values()),
        raw=alarm,
    )


SOURCE = Source(
    name="sns",
    title="AWS SNS and CloudWatch",
    parse=parse,
    make_guard=SnsGuard,
    paste="""Allow the topic here, where you have not done so:
tocsin integration trust {sender} --topic arn:aws:sns:<region>:<account>:<topic>
Then at AWS:
aws sns subscribe --topic-arn arn:aws:sns:<region>:<account>:<topic> --protocol https --notification-endpoint {url}
The subscription confirms itself. Leave raw message delivery off: without it messages are signed.""",
)
