"""What is kept of a sender's request: everything but secrets."""

import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access.housekeeping import keep_house
from bot.alerts.payloads import hide_secrets, keep_headers
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
    ],
)
def test_secrets_are_removed_and_the_rest_stays(body: str, kept: str) -> None:
    assert hide_secrets(body) == kept


@given(st.text())
def test_any_text_can_be_kept(text: str) -> None:
    assert "\x00" not in hide_secrets(text)


@pytest.mark.parametrize("word", ["a", "token", "a-", '["token', "cookie=bearer "])
def test_a_long_word_takes_no_long_time(word: str) -> None:
    started = time.process_time()
    hide_secrets(word * (300_000 // len(word)) + "token")
    assert time.process_time() - started < 10


def test_a_long_body_is_cut() -> None:
    assert len(hide_secrets("a" * 300_000)) == 256 * 1024


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
