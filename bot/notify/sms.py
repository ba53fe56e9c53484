"""SMS: by Twilio, by a generic gateway over HTTP, or by both: then the second is asked when the first does not take it.

It may come twice when the first took it and its answer was lost: better than not at all.
"""

import json
from collections.abc import Sequence
from typing import Protocol
from xml.sax.saxutils import escape

from bot.channels import Gateway, Twilio
from bot.errors import Rejected, Retry
from bot.logs import get_logger
from bot.notify.notifier import Notice
from bot.notify.outbound import Outbound
from bot.notify.twilio import ask_twilio, check_twilio

log = get_logger(__name__)


class Provider(Protocol):
    """Somebody who takes an SMS."""

    @property
    def name(self) -> str: ...

    async def text(self, number: str, notice: Notice, key: str) -> str: ...

    async def check(self) -> bool: ...


class TwilioTexts:
    name = "twilio"

    def __init__(self, outbound: Outbound, account: Twilio) -> None:
        self.outbound, self.account = outbound, account

    async def text(self, number: str, notice: Notice, key: str) -> str:
        words = (notice.short_reply if self.account.replies else "") or notice.short or notice.subject
        form = {"To": number, "From": self.account.from_, "Body": words}
        if notice.status_url:
            form["StatusCallback"] = notice.status_url
        return await ask_twilio(self.outbound, self.account, "Messages", form)

    async def check(self) -> bool:
        await check_twilio(self.outbound, self.account)
        return True


class GatewayTexts:
    name = "gateway"

    def __init__(self, outbound: Outbound, gateway: Gateway) -> None:
        self.outbound, self.gateway = outbound, gateway

    async def text(self, number: str, notice: Notice, key: str) -> str:
        words = notice.short or notice.subject
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        if self.gateway.token:
            headers["Authorization"] = f"Bearer {self.gateway.token.value}"
        body = json.dumps({self.gateway.to: number, self.gateway.text: words}).encode()
        await self.outbound.post(self.gateway.url, body=body, headers=headers, trusted=True)
        return key

    async def check(self) -> bool:
        """No gateway has the same way to ask."""
        return False


class SmsNotifier:
    """Asks one provider after the other."""

    name = "sms"

    def __init__(self, providers: Sequence[Provider]) -> None:
        self.providers = providers

    async def send(self, address: str, notice: Notice, key: str) -> str:
        """Returns who took it, and its id there. Raises Retry when any of them may take it later."""
        refused: list[Retry | Rejected] = []
        for provider in self.providers:
            try:
                number = await provider.text(address, notice, key)
            except (Retry, Rejected) as problem:
                log.warning("sms.provider_failed", provider=provider.name, reason=problem.reason[:200])
                refused.append(problem)
            else:
                return f"{provider.name}:{number}"
        raise next((one for one in refused if isinstance(one, Retry)), refused[0])

    async def check(self) -> bool:
        """Nothing is sent to see whether it could be; Twilio is asked for the account."""
        return any([await provider.check() for provider in self.providers])


def build_reply(words: str) -> str:
    """TwiML that answers an SMS, or says nothing."""
    message = f"<Message>{escape(words)}</Message>" if words else ""
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>'
