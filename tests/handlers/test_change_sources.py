"""Sources that tell of changes: captured bodies, the changes that they must become, and what is none."""

import asyncio
import copy
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalog.changes import ChangeReport
from bot.errors import Invalid, Malformed
from handlers.webhooks.receive import list_sources
from handlers.webhooks.source import Hook, time_of
from storage.models import Alert, Change, Incident
from tests.handlers.test_sources import list_places, odd
from tests.house import House

PAYLOADS = Path(__file__).parent.parent / "payloads"
SOURCES = ("github", "gitlab", "circleci")
CASES = sorted(
    str(path.relative_to(PAYLOADS)) for source in SOURCES for path in (PAYLOADS / source).glob("[!_]*.json")
)
EVENTS = {
    "github/deployment-created.json": {"X-GitHub-Event": "deployment"},
    "github/deployment-status-success.json": {"X-GitHub-Event": "deployment_status"},
    "github/push.json": {"X-GitHub-Event": "push"},
    "github/push-tag-deleted.json": {"X-GitHub-Event": "push"},
}
RUN = {
    "action": "completed",
    "workflow_run": {
        "id": 289782451, "run_attempt": 1, "name": "CI", "event": "push", "head_branch": "main", "conclusion": "failure",
        "head_sha": "c4c0c1d", "html_url": "https://github.com/acme/web/actions/runs/289782451",
        "display_title": "Mend the door", "actor": {"login": "kate"}, "updated_at": "2026-11-24T18:00:00Z",
    },
    "repository": {"name": "web", "full_name": "acme/web", "default_branch": "main"},
}  # fmt: skip
"""After GitHub's documentation of workflow runs."""
RELEASE = {
    "action": "published",
    "release": {"id": 7, "tag_name": "v1.4.2", "name": "", "html_url": "https://github.com/acme/web/releases/v1.4.2",
                "author": {"login": "kate"}, "published_at": "2026-11-24T18:00:00Z", "body": "Faster"},
    "repository": {"name": "web", "full_name": "acme/web", "default_branch": "main"},
}  # fmt: skip
PUSH_TO_GITLAB = {
    "object_kind": "push", "ref": "refs/heads/main", "after": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7",
    "checkout_sha": "da1560886d4f094c3e6c9ef40349f7d38b5d27d7", "user_name": "Kate",
    "project": {"id": 15, "name": "web", "path_with_namespace": "acme/web", "default_branch": "main",
                "web_url": "https://gitlab.example.org/acme/web"},
    "commits": [{"id": "da1560886d", "message": "Mend the door\n\nIt creaked.", "author": {"name": "Kate"},
                 "added": [], "modified": ["door.py"], "removed": []}],
}  # fmt: skip
"""After GitLab's documentation of push events."""
BUILD = {
    "name": "deploy-web", "url": "job/deploy-web/",
    "build": {
        "full_url": "https://ci.example.org/job/deploy-web/18/", "number": 18, "phase": "COMPLETED", "status": "SUCCESS",
        "scm": {"url": "https://github.com/acme/web.git", "branch": "origin/main", "commit": "c6d86dc6",
                "culprits": ["kate"]},
        "parameters": {"service": "web", "environment": "production"},
    },
}  # fmt: skip
"""After the documentation of Jenkins' Notification plugin."""
SYNC = {
    "app": "web", "project": "default", "phase": "Succeeded", "message": "successfully synced", "revision": "1dc6aa69429b",
    "repository": "https://github.com/acme/web", "cluster": "in-cluster", "namespace": "prod",
    "started": "2026-11-24T18:00:00Z", "finished": "2026-11-24T18:01:00Z",
    "url": "https://argocd.example.org/applications/web",
}  # fmt: skip


def load(case: str) -> Any:
    return json.loads((PAYLOADS / case).read_text())


def read(source: str, body: Any, headers: dict[str, str] | None = None) -> list[ChangeReport]:
    parsed = list_sources()[source].parse(Hook(json.dumps(body).encode(), headers or {}))
    return [one for one in parsed if isinstance(one, ChangeReport)]


def parse(case: str, body: Any = None) -> list[ChangeReport]:
    return read(case.partition("/")[0], load(case) if body is None else body, EVENTS.get(case))


def show(report: ChangeReport) -> tuple[str, ...]:
    return (
        report.key,
        report.kind,
        report.state,
        report.title,
        report.service,
        report.environment,
        report.author,
    )


JUDGED: dict[str, list[tuple[str, ...]]] = {
    "github/deployment-created.json": [
        ("deployment-145988746", "deployment", "started", "Deploy Hello-World master to production",
         "Hello-World", "production", "Codertocat")
    ],
    "github/deployment-status-success.json": [
        ("deployment-145988746", "deployment", "succeeded", "Deploy Hello-World master to production",
         "Hello-World", "production", "Codertocat")
    ],
    "github/push.json": [
        ("push-Codertocat/Hello-World-master-6113728f27ae82c7b1a177c8d03f9e96e0adf246", "push", "succeeded",
         "Hello-World: Initial commit", "Hello-World", "", "Codertocat")
    ],
    "github/push-tag-deleted.json": [],
    "gitlab/deployment.json": [
        ("deployment-30-15", "deployment", "succeeded", "Deploy test-deployment-webhooks to staging",
         "test-deployment-webhooks", "staging", "Administrator")
    ],
    "gitlab/pipeline.json": [],
    "circleci/workflow-completed.json": [
        ("workflow-fda08377-fe7e-46b1-8992-3a7aaecac9c3", "build", "succeeded",
         "webhook-service: build-test-deploy on main", "webhook-service", "", "Author Name")
    ],
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_captured_body_becomes_these_changes(case: str) -> None:
    assert [show(report) for report in parse(case)] == JUDGED[case]


def test_the_commits_of_a_push_come_with_their_files() -> None:
    (push,) = parse("github/push.json")
    assert push.commits == (
        {
            "id": "6113728f27ae82c7b1a177c8d03f9e96e0adf246", "message": "Initial commit", "author": "Codertocat",
            "url": "https://github.com/Codertocat/Hello-World/commit/6113728f27ae82c7b1a177c8d03f9e96e0adf246",
            "files": ["README.md"],
        },
    )  # fmt: skip
    (other,) = read("gitlab", PUSH_TO_GITLAB)
    assert (other.title, other.author, other.commits[0]["files"]) == (
        "web: Mend the door",
        "Kate",
        ["door.py"],
    )
    assert other.url.endswith("/acme/web/-/commit/da1560886d4f094c3e6c9ef40349f7d38b5d27d7")


@pytest.mark.parametrize(
    ("event", "change", "states"),
    [
        ("push", {"ref": "refs/heads/topic"}, []),
        ("push", {"ref": "refs/tags/v1"}, ["succeeded"]),
        ("push", {"after": "0" * 40}, []),
        ("ping", {}, []),
        ("issues", {}, []),
        ("", {}, []),
    ],
)
def test_events_of_github(event: str, change: dict[str, str], states: list[str]) -> None:
    found = read("github", {**load("github/push.json"), **change}, {"X-GitHub-Event": event})
    assert [one.state for one in found] == states


@pytest.mark.parametrize(
    ("change", "states"),
    [
        ({}, ["failed"]),
        ({"conclusion": "success"}, ["succeeded"]),
        ({"conclusion": "cancelled"}, ["cancelled"]),
        ({"conclusion": "skipped"}, []),
        ({"head_branch": "topic"}, []),
        ({"head_branch": "v1", "event": "release"}, ["failed"]),
        ({"event": "pull_request"}, []),
    ],
)
def test_workflow_runs_of_github(change: dict[str, str], states: list[str]) -> None:
    body = {**RUN, "workflow_run": {**RUN["workflow_run"], **change}}  # type: ignore[dict-item]
    found = read("github", body, {"X-GitHub-Event": "workflow_run"})
    assert [one.state for one in found] == states
    started = read("github", {**body, "action": "requested"}, {"X-GitHub-Event": "workflow_run"})
    assert {one.key for one in found} <= {one.key for one in started} | {""}


def test_releases_of_github() -> None:
    (one,) = read("github", RELEASE, {"X-GitHub-Event": "release"})
    assert (one.title, one.kind, one.revision, one.key) == (
        "web v1.4.2 released",
        "release",
        "v1.4.2",
        "release-7",
    )
    assert read("github", {**RELEASE, "action": "edited"}, {"X-GitHub-Event": "release"}) == []


def test_a_form_of_github_is_read() -> None:
    from urllib.parse import urlencode

    headers = {"X-GitHub-Event": "release", "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({"payload": json.dumps(RELEASE)}).encode()
    assert len(list_sources()["github"].parse(Hook(body, headers))) == 1
    with pytest.raises(Malformed):
        list_sources()["github"].parse(Hook(b"a=b", headers))


@pytest.mark.parametrize("state", ["queued", "in_progress", "failure", "error", "inactive"])
def test_states_of_deployments_at_github(state: str) -> None:
    body = load("github/deployment-status-success.json")
    body["deployment_status"]["state"] = state
    wanted = {"queued": "started", "in_progress": "started", "failure": "failed", "error": "failed"}
    found = parse("github/deployment-status-success.json", body)
    assert [one.state for one in found] == ([wanted[state]] if state in wanted else [])


def test_pipelines_of_gitlab() -> None:
    body = load("gitlab/pipeline.json")
    body["object_attributes"]["source"] = "push"
    (one,) = read("gitlab", body)
    assert (one.key, one.state, one.title) == (
        "pipeline-1-31",
        "succeeded",
        "Gitlab Test: pipeline_name on master",
    )
    assert one.at is not None
    body["object_attributes"].update(ref="topic")
    assert read("gitlab", body) == []
    body["object_attributes"].update(tag=True, status="failed")
    assert [one.state for one in read("gitlab", body)] == ["failed"]
    body["object_attributes"].update(status="manual")
    assert read("gitlab", body) == []
    assert read("gitlab", {**body, "object_kind": "merge_request"}) == []


@pytest.mark.parametrize(
    ("phase", "status", "states"),
    [
        ("QUEUED", "SUCCESS", []),
        ("STARTED", "FAILURE", ["started"]),
        ("COMPLETED", "UNSTABLE", ["failed"]),
        ("FINALIZED", "ABORTED", ["cancelled"]),
        ("FINALIZED", "SUCCESS", ["succeeded"]),
    ],
)
def test_builds_of_jenkins(phase: str, status: str, states: list[str]) -> None:
    body = {**BUILD, "build": {**BUILD["build"], "phase": phase, "status": status}}  # type: ignore[dict-item]
    found = read("jenkins", body)
    assert [one.state for one in found] == states
    assert [(one.key, one.service, one.environment, one.author) for one in found] == [
        ("build-deploy-web-18", "web", "production", "kate")
    ] * len(states)


async def test_a_change_over_its_life(house: House) -> None:
    started = {
        "title": "Deploy web 1.4.2",
        "key": "d-1",
        "state": "started",
        "service": "web",
        "author": "Kate\x00",
    }
    status, answer = await house.send(started, "change")
    assert (status, answer["alerts"], answer["changes"][0]["state"]) == (202, [], "started")
    await house.at("05:00")
    await house.send(
        {"title": "Deploy web 1.4.2", "key": "d-1", "state": "failed", "labels": {"a": "\x00"}}, "change"
    )
    (change,) = await house.rows(Change)
    assert (change.state, change.author, change.labels) == ("failed", "Kate\ufffd", {"a": "\ufffd"})
    assert change.service_id is not None
    assert (change.ended_at - change.started_at).total_seconds() == 300
    assert await house.rows(Alert) == await house.rows(Incident) == []


async def test_a_deployment_of_github_is_one_change(house: House) -> None:
    url = await house.add_sender("github")
    for case in (
        "github/deployment-created.json",
        "github/deployment-status-success.json",
        "github/push.json",
    ):
        async with house.http.post(url, json=load(case), headers=EVENTS[case]) as response:
            assert response.status == 202
    assert [(one.kind, one.state) for one in await house.rows(Change)] == [
        ("deployment", "succeeded"), ("push", "succeeded"),
    ]  # fmt: skip
    async with house.http.post(url, json={"zen": "x"}, headers={"X-GitHub-Event": "ping"}) as response:
        assert (response.status, await response.json()) == (202, {"alerts": []})


async def test_only_addresses_are_links(sqlite_house: House) -> None:
    await sqlite_house.send({"title": "x", "url": "javascript:alert(1)"}, "change")
    body = {**PUSH_TO_GITLAB, "project": {**PUSH_TO_GITLAB["project"], "web_url": "javascript:x"}}  # type: ignore[dict-item]
    body["commits"] = [
        {"id": "a", "message": "m", "url": "data:text/html,x"},
        {"id": "b", "url": "https://x.example"},
    ]
    await sqlite_house.send(body, "gitlab")
    changes = await sqlite_house.rows(Change)
    assert [one.url for one in changes] == ["", ""]
    assert [one["url"] for one in changes[1].commits] == ["", "https://x.example"]


async def test_long_keys_stay_apart(sqlite_house: House) -> None:
    for end in ("a", "b", "a"):
        await sqlite_house.send({"title": "x", "key": "k" * 300 + end}, "change")
    assert len(await sqlite_house.rows(Change)) == 2


WRITTEN = {
    "gitlab": PUSH_TO_GITLAB, "jenkins": BUILD, "argocd": SYNC,
    "change": {"title": "x", "labels": {"a": "b"}, "at": "2026-11-24T18:00:00Z", "state": "failed"},
}  # fmt: skip
SHAPES = [
    *((case.partition("/")[0], load(case), EVENTS.get(case)) for case in CASES),
    *((source, body, None) for source, body in WRITTEN.items()),
    ("github", RUN, {"X-GitHub-Event": "workflow_run"}),
    ("github", RELEASE, {"X-GitHub-Event": "release"}),
]


@pytest.mark.parametrize("shape", range(len(SHAPES)))
@given(data=st.data())
@settings(max_examples=40)
def test_a_body_that_is_almost_right_raises_nothing_but_a_refusal(shape: int, data: st.DataObject) -> None:
    source, body, headers = copy.deepcopy(SHAPES[shape])
    for _ in range(data.draw(st.integers(1, 3))):
        places = [place for place in list_places(body) if place]
        if not places:
            break
        way = data.draw(st.sampled_from(places))
        holder = body
        for key in way[:-1]:
            holder = holder[key]
        holder[way[-1]] = copy.deepcopy(data.draw(odd))
    with suppress(Malformed, Invalid):
        assert all(one.key and one.title for one in read(source, body, headers))


@pytest.mark.parametrize("shape", range(len(SHAPES)))
@given(content=st.binary(max_size=40) | st.sampled_from([b"[]", b"{}", b"null", b'"x"', b"[1]"]))
@settings(max_examples=20)
def test_any_bytes_are_refused_or_read(shape: int, content: bytes) -> None:
    source, _, headers = SHAPES[shape]
    with suppress(Malformed, Invalid):
        assert isinstance(list_sources()[source].parse(Hook(content, headers or {})), list)


@given(
    st.one_of(
        st.text(max_size=30), st.floats(), st.integers(), st.none(), st.lists(st.none()), st.datetimes()
    )
)
def test_times_are_read_or_left_out(value: Any) -> None:
    found = time_of(value if not hasattr(value, "isoformat") else value.isoformat())
    assert found is None or 2000 <= found.year < 2100


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2015-07-17T08:42:58.315+0000", "2015-07-17T08:42:58.315000+00:00"),
        ("2021-04-28 21:50:00 +0200", "2021-04-28T19:50:00+00:00"),
        ("2016-08-12 15:23:28 UTC", "2016-08-12T15:23:28+00:00"),
        ("2026-11-24T18:00:00+00:00Z", "2026-11-24T18:00:00+00:00"),
        ("2026-11-24T18:00:00Z", "2026-11-24T18:00:00+00:00"),
        (1795543200000, "2026-11-24T18:00:00+00:00"),
        (1795543200, "2026-11-24T18:00:00+00:00"),
    ],
)
def test_times_as_senders_write_them(text: Any, wanted: str) -> None:
    found = time_of(text)
    assert found is not None
    assert found.isoformat() == wanted


async def test_messages_about_one_change_may_come_at_once(house: House) -> None:
    url = await house.add_sender("change")

    async def tell(state: str) -> int:
        body = {"title": "Deploy web", "key": "d-1", "state": state}
        async with house.http.post(url, json=body) as response:
            return response.status

    assert await asyncio.gather(*(tell(one) for one in ["started"] * 6 + ["succeeded"])) == [202] * 7
    (change,) = await house.rows(Change)
    assert change.state == "succeeded"
