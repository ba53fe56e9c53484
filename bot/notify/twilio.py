"""Twilio's REST API, version 2010-04-01 (twilio.com/docs/messaging/api, /voice/api): SMS and calls, and the signature of
what it calls back with. The parts that SMS and voice share; each is a channel of its own."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping

import aiohttp

from bot.channels import NUMBER, Twilio
from bot.errors import Rejected
from bot.notify.outbound import Outbound


def read_number(text: str) -> str | None:
    """A number in E.164, with or without spaces and dashes."""
    number = "".join(sign for sign in text if sign not in " -().")
    number = f"+{number[2:]}" if number.startswith("00") else number
    return number if NUMBER.fullmatch(number) else None


async def ask_twilio(outbound: Outbound, account: Twilio, thing: str, form: Mapping[str, str]) -> str:
    """Make a `Messages` or `Calls`; returns its SID. Raises Retry or Rejected."""
    url = f"{account.api_url}/2010-04-01/Accounts/{account.account}/{thing}.json"
    headers = {"Authorization": aiohttp.encode_basic_auth(account.account, account.token.value)}
    answer = await outbound.post(url, body=form, headers=headers, trusted=True)
    try:
        return str(json.loads(answer.text)["sid"])
    except (ValueError, KeyError, TypeError) as error:
        raise Rejected("twilio.no_sid") from error


async def check_twilio(outbound: Outbound, account: Twilio) -> None:
    """Whether the account is there and the token is its own; raises Retry or Rejected."""
    url = f"{account.api_url}/2010-04-01/Accounts/{account.account}.json"
    headers = {"Authorization": aiohttp.encode_basic_auth(account.account, account.token.value)}
    await outbound.post(url, body=b"", headers=headers, trusted=True, method="GET")


def sign(token: str, url: str, form: Iterable[tuple[str, str]]) -> str:
    """What `X-Twilio-Signature` must be (twilio.com/docs/usage/security): HMAC-SHA1 over the URL as it was called and the
    fields in the order of their names, in Base64."""
    signed = url + "".join(f"{name}{value}" for name, value in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def is_signed(token: str, url: str, form: Iterable[tuple[str, str]], signature: str) -> bool:
    return bool(token) and hmac.compare_digest(sign(token, url, form).encode(), signature.encode())
