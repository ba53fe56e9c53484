"""Signed webhooks: who has the secret is let in, and nobody else; a secret is replaced without a gap or a restart."""

import base64
import hashlib
import hmac
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalog.integrations import set_trust
from bot.catalog.senders import can_sign
from bot.errors import Refused
from handlers.webhooks.receive import list_sources
from handlers.webhooks.source import Hook
from storage.models import Alert, Change, RawPayload
from tests.house import House

PAYLOADS = Path(__file__).parent.parent / "payloads"
SECRET, OTHER = "It's a Secret to Everybody", "another secret"


def sha256(body: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def sign_standard(body: bytes, secret: str) -> dict[str, str]:
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    digest = hmac.new(key, b"msg_1.1700000000." + body, hashlib.sha256).digest()
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1700000000",
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


Sign = Callable[[bytes, str], dict[str, str]]
SENDERS: dict[str, tuple[str, Sign, dict[str, str]]] = {
    "github": (
        "github/deployment-status-success.json",
        lambda body, secret: {"X-Hub-Signature-256": f"sha256={sha256(body, secret)}"},
        {"X-GitHub-Event": "deployment_status"},
    ),
    "gitlab": ("gitlab/deployment.json", lambda body, secret: {"X-Gitlab-Token": secret}, {}),
    "sentry": (
        "sentry/issue-created.json",
        lambda body, secret: {"Sentry-Hook-Signature": sha256(body, secret)},
        {"Sentry-Hook-Resource": "issue"},
    ),
    "pagerduty": (
        "pagerduty-webhook-v3/incident-triggered.json",
        lambda body, secret: {"X-PagerDuty-Signature": f"v1={'0' * 64},v1={sha256(body, secret)}"},
        {},
    ),
    "jira": (
        "jira/issue-created.json",
        lambda body, secret: {"X-Hub-Signature": f"sha256={sha256(body, secret)}"},
        {},
    ),
    "circleci": (
        "circleci/workflow-completed.json",
        lambda body, secret: {"circleci-signature": f"v1={sha256(body, secret)},v2=ignored"},
        {},
    ),
}


async def post(house: House, source: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    async with house.http.post(house.hooks[source], data=body, headers=headers) as response:
        answer = await response.json()
    await house.settle()
    return response.status, answer


async def count(house: House) -> int:
    return len(await house.rows(Alert)) + len(await house.rows(Change)) + len(await house.rows(RawPayload))


def test_every_source_with_a_scheme_is_tried_here() -> None:
    assert {name for name, source in list_sources().items() if source.scheme} == set(SENDERS)
    assert can_sign("github")
    assert not can_sign("generic")


@pytest.mark.parametrize("source", sorted(SENDERS))
async def test_only_who_has_the_secret_is_let_in(
    sqlite_house: House, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, sign, headers = SENDERS[source]
    body = (PAYLOADS / file).read_bytes()
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    await sqlite_house.add_sender(source, settings={"secret_env": ["HOOK_SECRET"]})
    for wrong in ({}, sign(body, OTHER), sign(body + b" ", SECRET) if source != "gitlab" else {}):
        status, answer = await post(sqlite_house, source, body, {**headers, **wrong})
        assert (status, answer["title"]) == (401, "signature.wrong")
        assert list_sources()[source].scheme.header in answer["detail"]  # type: ignore[union-attr]
    # Nothing is parsed, and nothing kept, of what nobody vouches for.
    assert (await post(sqlite_house, source, b"{", headers))[0] == 401
    assert await count(sqlite_house) == 0
    assert (await post(sqlite_house, source, body, {**headers, **sign(body, SECRET)}))[0] == 202
    assert await count(sqlite_house) > 0


@pytest.mark.parametrize("secret", ["plain", "whsec_" + base64.b64encode(b"k" * 24).decode()])
async def test_the_signing_token_of_gitlab(
    sqlite_house: House, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    body = (PAYLOADS / "gitlab/deployment.json").read_bytes()
    monkeypatch.setenv("HOOK_SECRET", secret)
    await sqlite_house.add_sender("gitlab", settings={"secret_env": ["HOOK_SECRET"]})
    assert (await post(sqlite_house, "gitlab", body + b" ", sign_standard(body, secret)))[0] == 401
    assert (await post(sqlite_house, "gitlab", body, sign_standard(body, secret)))[0] == 202


async def test_without_a_secret_the_key_is_enough(sqlite_house: House) -> None:
    body = (PAYLOADS / "sentry/issue-created.json").read_bytes()
    await sqlite_house.add_sender("sentry")
    assert (await post(sqlite_house, "sentry", body, {"Sentry-Hook-Signature": "odd"}))[0] == 202


async def test_a_secret_is_replaced_without_a_gap(
    sqlite_house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The old one and the new one are both good; a file is read again when it was changed."""
    _, sign, headers = SENDERS["sentry"]
    body = (PAYLOADS / "sentry/issue-created.json").read_bytes()
    file = tmp_path / "secret"
    file.write_text("second\n")
    monkeypatch.setenv("HOOK_SECRET", "first")
    await sqlite_house.add_sender(
        "sentry", settings={"secret_env": ["HOOK_SECRET"], "secret_file": [str(file)]}
    )

    async def is_let_in(secret: str) -> bool:
        return (await post(sqlite_house, "sentry", body, {**headers, **sign(body, secret)}))[0] == 202

    assert [await is_let_in(one) for one in ("first", "second", "third")] == [True, True, False]
    (tmp_path / "next").write_text("third\n")
    (tmp_path / "next").replace(file)
    assert [await is_let_in(one) for one in ("first", "second", "third")] == [True, False, True]


async def test_a_secret_that_is_set_later_counts_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PagerDuty shows its secret only when the address is known to it."""
    file, sign, headers = SENDERS["pagerduty"]
    body = (PAYLOADS / file).read_bytes()
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    await house.add_sender("pagerduty")
    assert (await post(house, "pagerduty", body, headers))[0] == 202
    trust = {"secret_env": ["HOOK_SECRET"], "secret_file": []}
    await house.parts.work.run(lambda unit: set_trust(unit, "pagerduty", trust))
    assert (await post(house, "pagerduty", body, headers))[0] == 401
    assert (await post(house, "pagerduty", body, sign(body, SECRET)))[0] == 202
    await house.parts.work.run(lambda unit: set_trust(unit, "pagerduty", {"secret_env": []}))
    assert (await post(house, "pagerduty", body, headers))[0] == 202
    assert [alert.count for alert in await house.rows(Alert)] == [3]


async def test_a_secret_is_refused_where_nobody_signs(sqlite_house: House) -> None:
    await sqlite_house.add_sender("generic")
    with pytest.raises(Refused) as refused:
        await sqlite_house.parts.work.run(lambda unit: set_trust(unit, "generic", {"secret_env": ["A"]}))
    assert refused.value.code == "integration.can_not_sign"


async def test_a_secret_that_is_gone_lets_nobody_in_and_the_doctor_says_so(
    sqlite_house: House, tmp_path: Path
) -> None:
    _, sign, headers = SENDERS["sentry"]
    body = (PAYLOADS / "sentry/issue-created.json").read_bytes()
    await sqlite_house.add_sender("sentry", "Errors", {"secret_file": [str(tmp_path / "absent")]})
    status, answer = await post(sqlite_house, "sentry", body, {**headers, **sign(body, "")})
    assert (status, answer["title"]) == (503, "signature.no_secret")
    assert await count(sqlite_house) == 0
    found = await sqlite_house.ask("/tocsin doctor")
    assert "The secret of Errors is not in" in found
    (tmp_path / "absent").write_text("here now")
    assert "The secret of Errors" not in await sqlite_house.ask("/tocsin doctor")


async def test_the_doctor_names_who_could_sign(sqlite_house: House) -> None:
    await sqlite_house.add_sender("github", "Our code")
    await sqlite_house.add_sender("alertmanager", "Prometheus")
    (line,) = [one for one in (await sqlite_house.ask("/tocsin doctor")).splitlines() if "could sign" in one]
    assert line.endswith("have no secret: Our code")


@pytest.mark.parametrize("source", sorted(SENDERS))
@given(body=st.binary(max_size=30), value=st.text(max_size=70), secret=st.text(min_size=1, max_size=20))
def test_no_header_is_too_odd(source: str, body: bytes, value: str, secret: str) -> None:
    scheme = list_sources()[source].scheme
    assert scheme is not None
    names = scheme.header.split(" or ")
    hook = Hook(body, {**dict.fromkeys(names, value), "webhook-id": value, "webhook-timestamp": value})
    assert scheme.holds(hook, secret + "\x01") is False
    _, sign, _ = SENDERS[source]
    assert scheme.holds(Hook(body, sign(body, secret.strip() or "s")), secret.strip() or "s") is True


def test_environment_is_asked_anew() -> None:
    from bot.access.outside import OutsideSecrets

    secrets = OutsideSecrets()
    os.environ["TOCSIN_TEST_HOOK"] = "a"
    assert secrets.read({"secret_env": ["TOCSIN_TEST_HOOK"]}) == {"TOCSIN_TEST_HOOK": "a"}
    del os.environ["TOCSIN_TEST_HOOK"]
    assert secrets.read({"secret_env": ["TOCSIN_TEST_HOOK"]}) == {"TOCSIN_TEST_HOOK": ""}
