"""The bodies of senders that are not always JSON: what becomes of them, and what is refused with its reason."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Malformed
from handlers.webhooks.bodies import FIELDS, FORM, MULTIPART, label_tags, read_fields, split_tags
from handlers.webhooks.source import Hook, decode_json, text_of
from storage.models import Alert, RawPayload
from tests.house import House


def send(body: bytes, kind: str = "", **query: str) -> dict[str, Any]:
    return read_fields(Hook(body, {"Content-Type": kind} if kind else {}, query))


def write_multipart(**fields: str) -> bytes:
    parts = (
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return ("".join(parts) + "--b--\r\n").encode()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"name": "Shop & till", "state": "down"}', "application/json"),
        (b'{"name": "Shop & till", "state": "down"}', "text/plain; charset=utf-8"),
        (b'{"name": "Shop & till", "state": "down"}', FORM),
        (b'{"name": "Shop & till", "state": "down"}', ""),
        (b"name=Shop+%26%20till&state=down", f"{FORM}; charset=UTF-8"),
        (b"payload=%7B%22name%22%3A%22Shop+%26+till%22%2C%22state%22%3A%22down%22%7D", FORM),
        (write_multipart(name="Shop & till", state="down"), f"{MULTIPART}; boundary=b"),
        (write_multipart(name="Shop & till", state="down"), f'{MULTIPART}; charset=utf-8; boundary="b"'),
        (write_multipart(data='{"name": "Shop & till", "state": "down"}'), f"{MULTIPART}; boundary=b"),
    ],
)
def test_the_fields_are_the_same_however_they_are_sent(body: bytes, kind: str) -> None:
    assert send(body, kind) == {"name": "Shop & till", "state": "down"}


@pytest.mark.parametrize(
    ("body", "kind", "title"),
    [
        (b'\xef\xbb\xbf{"title": "K\xc3\xb6ln"}', "", "Köln"),
        ('{"title": "Köln"}'.encode("utf-16"), "application/json; charset=utf-16", "Köln"),
        ('{"title": "Köln"}'.encode("utf-16"), "", "Köln"),
        (b'{"title": "K\xf6ln"}', 'application/json; charset="ISO-8859-1"', "Köln"),
        (b'{"title": "K\xc3\xb6ln"}', "application/json; charset=iso-8859-1", "Köln"),
        (b'{"title": "K\xf6ln"}', "application/json", "K\ufffdln"),
        (b'{"title": "K\xf6ln"}', "application/json; charset=punycode", "K\ufffdln"),
        (b'{"title": "K\xf6ln"}', "application/json; charset=of-my-own", "K\ufffdln"),
        (rb'{"title": "cut \ud83d"}', "", "cut \ufffd"),
        (rb'{"title": "cut \ud83d", "next": "\ude00 whole \ud83d\ude00"}', "", "cut \ufffd"),
        (rb'{"title": "\ud83d\ude00 \\ud83d \ud83d\u0041"}', "", "\U0001f600 \\ud83d \ufffdA"),
        (b'{"title": "first\nsecond\tcolumn"}', "", "first\nsecond\tcolumn"),
        (rb'{"title": "C:\Windows \u12 \"quoted\""}', "", r'C:\Windows \u12 "quoted"'),
        (b'{"title": "full", "value": NaN, "limit": -Infinity}', "", "full"),
        (b'{"title": "full"}\r\n\x00', "", "full"),
    ],
)
def test_what_is_almost_json_is_read_all_the_same(body: bytes, kind: str, title: str) -> None:
    found = decode_json(body, kind)
    assert found["title"] == title
    assert "NaN" in text_of(found) or "value" not in found
    assert json.dumps(found, ensure_ascii=False).encode()


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists))
def test_json_is_read_as_it_is_meant_with_a_mark_before_it(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    meant = json.loads(text, parse_constant=str)
    assert decode_json(b"\xef\xbb\xbf" + text.encode(errors="replace")) == meant


def test_a_query_is_read_where_there_is_no_body() -> None:
    assert send(b" ", name="Shop", state="down") == {"name": "Shop", "state": "down"}
    assert send(b'{"name": "Till"}', name="Shop") == {"name": "Till"}


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"", "", "body.empty"),
        (b"", f"{MULTIPART}; boundary=b", "body.empty"),
        (b"name=Shop", "", "body.not_json"),
        (b"name=Shop", "application/json", "body.not_json"),
        (b"[1]", FORM, "body.not_object"),
        (b"payload=%5B1%5D", FORM, "body.not_object"),
        (b"&".join(b"f%d=1" % number for number in range(FIELDS + 1)), FORM, "body.not_form"),
        (
            write_multipart(**{f"f{number}": "1" for number in range(FIELDS + 1)}),
            f"{MULTIPART}; boundary=b",
            "body.not_form",
        ),
        (write_multipart(name="Shop"), MULTIPART, "body.not_form"),
        (write_multipart(name="Shop"), f"{MULTIPART}; boundary=other", "body.not_form"),
        (write_multipart(name="Shop"), f"{MULTIPART}; boundary={'b' * 400}", "body.not_form"),
        (
            b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nhalf',
            f"{MULTIPART}; boundary=b",
            "body.not_form",
        ),
        (
            b"--b\r\nContent-Type: text/plain\r\n\r\nnameless\r\n--b--\r\n",
            f"{MULTIPART}; boundary=b",
            "body.not_form",
        ),
    ],
)
def test_what_can_not_be_read_is_refused_by_its_code(body: bytes, kind: str, code: str) -> None:
    with pytest.raises(Malformed) as refusal:
        send(body, kind)
    assert refusal.value.code == code


@given(
    fields=st.dictionaries(
        st.from_regex(r"[a-z_]{1,12}", fullmatch=True), st.text(max_size=50), min_size=2, max_size=6
    )
)
def test_any_text_survives_a_multipart_form(fields: dict[str, str]) -> None:
    told = {
        name: value.encode(errors="replace").decode().replace("--b", "") for name, value in fields.items()
    }
    assert send(write_multipart(**told), f"{MULTIPART}; boundary=b") == told


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        ("env:prod, host:web-1 ,,", ("env:prod", "host:web-1")),
        (["env:prod", None, 7, " "], ("env:prod", "7")),
        (None, ()),
        ({}, ("{}",)),
        (0, ("0",)),
    ],
)
def test_tags_are_a_list_or_a_text_with_commas(value: Any, tags: tuple[str, ...]) -> None:
    assert split_tags(value) == tags


def test_tags_of_two_parts_are_labels() -> None:
    assert label_tags(("env:prod", "url:http://x", "plain", ":x", "empty:")) == {
        "env": "prod",
        "url": "http://x",
    }


async def test_goalert_takes_its_fields_from_the_query_and_the_body(sqlite_house: House) -> None:
    url = await sqlite_house.add_sender("goalert")
    query = {"summary": "Disk of db1 is full", "dedup": "disk", "token": "abc"}
    async with sqlite_house.http.post(
        url, params=query, json={"details": "93 %", "summary": "Disk"}
    ) as response:
        assert response.status == 202
    async with sqlite_house.http.post(url, params=query, data={"action": "close"}) as response:
        assert (await response.json())["alerts"][0]["outcome"] == "closed"
    (alert,) = await sqlite_house.rows(Alert)
    assert (alert.title, alert.description, alert.alias) == ("Disk", "93 %", "dedup-disk")
    assert {payload.query["token"] for payload in await sqlite_house.rows(RawPayload)} == {"(removed)"}
