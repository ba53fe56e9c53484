"""What is kept of a sender's request: everything but secrets."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access.housekeeping import keep_house
from bot.alerts.payloads import keep_body
from bot.alerts.secrets import keep_headers
from storage.models import Alert, RawPayload
from tests.house import START, House


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ('{"api_key": "s3cr\\"et", "title": "x"}', '{"api_key": "(removed)", "title": "x"}'),
        ('{"db": {"dbPassword":"p"}}', '{"db": {"dbPassword":"(removed)"}}'),
        ("user=kate&access_token=abc&x=1", "user=kate&access_token=(removed)&x=1"),
        ("Token=9f86d0&Name=Shop", "Token=(removed)&Name=Shop"),
        ('{"tokens": ["a]", "b"], "n": 1}', '{"tokens": ["(removed)"], "n": 1}'),
        ('{"secrets": [], "x": ["y"]}', '{"secrets": [], "x": ["y"]}'),
        ('{"token": 12345, "secret": null}', '{"token": "(removed)", "secret": null}'),
        ('{"Authorization": "Bearer abc", "x": "y"}', '{"Authorization": "(removed)", "x": "y"}'),
        ('[["Cookie", "sid=1"], ["Accept", "*/*"]]', '[["Cookie", "(removed)"], ["Accept", "*/*"]]'),
        ('{"text": "Authorization: Bearer abc, then"}', '{"text": "Authorization: (removed), then"}'),
        (
            r'{"Message": "{\"token\": \"a\\\"b\", \"x\": 1}"}',
            r'{"Message": "{\"token\": \"(removed)\", \"x\": 1}"}',
        ),
        ('{"title": "the password of db1 is wrong"}', '{"title": "the password of db1 is wrong"}'),
        (
            '{"credentials": {"user": "x", "value": "s3cret"}, "title": "y"}',
            '{"credentials": {"user": "(removed)", "value": "(removed)"}, "title": "y"}',
        ),
        (
            '{"token" : {"id": 1, "of": {"key": "a}b", "ok": true, "end": null}}, "n": 2}',
            '{"token" : {"id": "(removed)", "of": {"key": "(removed)", "ok": true, "end": null}}, "n": 2}',
        ),
        (
            '{"apiKeys": [{"v": "a"}, ["b"]], "Cookies": [["sid", "1"]], "x": ["y"]}',
            '{"apiKeys": [{"v": "(removed)"}, ["(removed)"]], "Cookies": [["(removed)", "(removed)"]], "x": ["y"]}',
        ),
        ('{"tokens": [15496, 995], "token": {}}', '{"tokens": [15496, 995], "token": {}}'),
        (
            '{"secret_scanning_alert": {"number": 3}, "token_usage": {"input": 5}}',
            '{"secret_scanning_alert": {"number": 3}, "token_usage": {"input": 5}}',
        ),
        (
            r'{"Message": "{\n \"secret\": {\"a\": \"b\\\"c\\\\\", \"n\":1}, \"x\": \"y\"}", "z": "t"}',
            r'{"Message": "{\n \"secret\": {\"a\": \"(removed)\", \"n\":\"(removed)\"}, \"x\": \"y\"}", "z": "t"}',
        ),
        (
            r'{"Message": "cut: {\"secret\": {\"a\": 1", "x": 2}',
            r'{"Message": "cut: {\"secret\": {\"a\": \"(removed)\"", "x": 2}',
        ),
        ('{"secret": {"a": {"b": "c', '{"secret": {"a": {"b": "(removed)"'),
    ],
)
def test_secrets_are_removed_and_the_rest_stays(body: str, kept: str) -> None:
    assert keep_body(body) == kept


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=9),
    st.sampled_from(['"', "\\", "a: {", '\\"}', '"x": [1', "null", "line\nbreak"]),
)
NAMES = st.sampled_from(["id", "title", "a}b", 'the "key"', "é\\", "author", ""])
SECRET_NAMES = ("token", "db_password", "apiKey", "X-Access-Key", "credentials", "Cookies", "client.secrets")


def nest(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    named = st.dictionaries(NAMES, inner, max_size=3)
    return (
        st.lists(inner, max_size=3)
        | named
        | st.dictionaries(st.sampled_from(SECRET_NAMES), named, max_size=2)
    )


def leave(value: Any, is_secret: bool = False) -> Any:
    """What is left of a body, found by its meaning."""
    if isinstance(value, dict):
        return {name: leave(part, is_secret or name in SECRET_NAMES) for name, part in value.items()}
    if isinstance(value, list):
        return [leave(part, is_secret) for part in value]
    return value if value is None or isinstance(value, bool) or not is_secret else "(removed)"


@given(st.recursive(LEAVES, nest), st.sampled_from([None, 1]), st.booleans())
def test_of_secrets_with_parts_only_the_values_go(body: Any, indent: int | None, is_ascii: bool) -> None:
    """As JSON, and as JSON that is a text in JSON."""
    text = json.dumps(body, indent=indent, ensure_ascii=is_ascii)
    assert json.loads(keep_body(text)) == leave(body)
    in_text = json.loads(keep_body(json.dumps({"Message": text, "title": '"'}, ensure_ascii=is_ascii)))
    assert json.loads(in_text["Message"]) == leave(body)
    assert in_text["title"] == '"'


@given(st.text())
def test_any_text_can_be_kept(text: str) -> None:
    assert "\x00" not in keep_body(text)


@pytest.mark.parametrize(
    "word",
    [
        "a",
        "token",
        "a-",
        '["token',
        "cookie=bearer ",
        '"token":{',
        '"token":{"a":1},',
        '"token": {"a"   ',
        r"\"token\":{\n",
        r"\"token\":{\"\\",
    ],
)
def test_a_long_word_takes_no_long_time(word: str) -> None:
    started = time.process_time()
    keep_body(word * (300_000 // len(word)) + "token")
    assert time.process_time() - started < 10


def test_a_long_body_is_cut() -> None:
    assert len(keep_body("a" * 300_000)) == 256 * 1024


def test_headers_that_hold_secrets_lose_their_value() -> None:
    kept = keep_headers(
        {"Authorization": "Bearer x", "X-Gitlab-Token": "x", "X-GitHub-Event": "push", "Host": "h"}
    )
    assert kept == {"Authorization": "(removed)", "X-Gitlab-Token": "(removed)", "X-GitHub-Event": "push"}


async def test_a_body_in_another_charset_is_kept_as_it_reads(house: House) -> None:
    """To a URL with a slash at its end, as some programs write it."""
    body = '{"title": "Störung"}'.encode("utf-16")
    url = await house.add_sender("generic")
    async with house.http.post(f"{url}/", data=body) as response:
        assert response.status == 202
    (kept,) = await house.rows(RawPayload)
    assert kept.body == '{"title": "Störung"}'


async def test_the_payload_that_opened_an_alert_is_kept_once(house: House) -> None:
    body = [{"title": "a", "unknown": {"field": 1}, "secret": "x"}, {"title": "b"}]
    await house.send(body)
    await house.send(body)
    payload, again = await house.rows(RawPayload)
    assert (payload.outcome, again.outcome) == ("opened", "repeated")
    assert '"unknown":{"field":1}' in payload.body.replace(" ", "")
    assert '"secret":"(removed)"' in payload.body.replace(" ", "")
    assert {alert.payload_id for alert in await house.rows(Alert)} == {payload.id}


async def test_payloads_are_kept_for_a_month(house: House) -> None:
    await house.send({"title": "old"})
    await house.move_to(START + timedelta(days=29))
    await house.send({"title": "newer"})
    assert len(await house.rows(RawPayload)) == 2
    await house.move_to(START + timedelta(days=31))
    await house.send({"title": "newest"})
    await keep_house(house.parts.work)
    await house.settle()
    assert [payload.received_at for payload in await house.rows(RawPayload)] == [
        START + timedelta(days=29),
        START + timedelta(days=31),
    ]
    assert len(await house.rows(Alert)) == 3


async def test_of_what_opens_no_alert_a_sample_is_kept(house: House) -> None:
    await house.send({"title": "Disk is full", "alias": "disk"})
    for _ in range(3):
        await house.send({"title": "Disk is full", "alias": "disk"})
        await house.send({"alias": "other", "status": "resolved"})
        status, _ = await house.send(b"{no json")
        assert status == 400
    kept = [payload.outcome for payload in await house.rows(RawPayload)]
    assert sorted(kept) == ["nothing_open", "opened", "refused body.not_json", "repeated"]
    await house.move_to(START + timedelta(minutes=11))
    await house.send(b'{"token": "s3cret"')
    last = (await house.rows(RawPayload))[-1]
    assert (last.outcome, last.body) == ("refused body.not_json", '{"token": "(removed)"')
