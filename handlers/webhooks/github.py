"""GitHub: what was deployed, pushed, built and released, as changes.

    X-GitHub-Event: deployment_status
    {"deployment_status": {"state": "success", "target_url": ""}, "deployment": {"id": 145988746, "sha": "...",
     "ref": "main", "environment": "production", "creator": {"login": "kate"}},
     "repository": {"name": "web", "full_name": "acme/web", "html_url": "...", "default_branch": "main"}}

Pushes count on the default branch and as tags; workflow runs on the default branch, and those that a release or a deployment
started. Every other event does nothing. Bodies may be JSON or a form (`payload`).
Source: docs.github.com/webhooks/webhook-events-and-payloads
"""

from typing import Any
from urllib.parse import parse_qs

from bot.catalog.changes import CANCELLED, FAILED, STARTED, SUCCEEDED, ChangeReport
from bot.errors import Malformed
from handlers.webhooks.commits import ZEROS, read_commits
from handlers.webhooks.signing import hex_scheme
from handlers.webhooks.source import Hook, Source, need, part_of, read_object, text_of, time_of

DEPLOYMENT = {
    "success": SUCCEEDED, "failure": FAILED, "error": FAILED,
    "queued": STARTED, "pending": STARTED, "in_progress": STARTED, "waiting": STARTED,
}  # fmt: skip
RUN = {
    "success": SUCCEEDED, "neutral": SUCCEEDED, "failure": FAILED, "timed_out": FAILED, "startup_failure": FAILED,
    "cancelled": CANCELLED,
}  # fmt: skip
ALWAYS = ("release", "deployment")
"""Whatever their branch is, workflow runs of these events change what runs."""


def parse(hook: Hook) -> list[ChangeReport]:
    body = read_object(_open_form(hook))
    reader = READERS.get(hook.headers.get("X-GitHub-Event", "").lower())
    if reader is None:
        return []
    repository = part_of(body, "repository")
    report = reader(body, repository)
    return [report] if report else []


def _open_form(hook: Hook) -> Hook:
    if hook.content_type != "application/x-www-form-urlencoded":
        return hook
    try:
        found = parse_qs(hook.body.decode(), max_num_fields=10).get("payload")
    except (UnicodeDecodeError, ValueError) as error:
        raise Malformed("body.not_json", reason=str(error)) from error
    return Hook((found or [""])[0].encode(errors="replace"), hook.headers, hook.query, hook.settings)


def _read_deployment(body: dict[str, Any], repository: dict[str, Any]) -> ChangeReport | None:
    return _describe(part_of(body, "deployment"), repository, STARTED)


def _read_deployment_status(body: dict[str, Any], repository: dict[str, Any]) -> ChangeReport | None:
    status = part_of(body, "deployment_status")
    state = DEPLOYMENT.get(need(status, "state"))
    url = next(
        filter(None, (text_of(status.get(name)) for name in ("target_url", "log_url", "environment_url"))), ""
    )
    return _describe(part_of(body, "deployment"), repository, state, status, url) if state else None


def _describe(
    deployment: dict[str, Any],
    repository: dict[str, Any],
    state: str,
    status: dict[str, Any] | None = None,
    url: str = "",
) -> ChangeReport:
    told = status if status is not None else deployment
    name, ref = text_of(repository.get("name")), text_of(deployment.get("ref"))
    where = text_of(deployment.get("environment"))
    return ChangeReport(
        key=f"deployment-{need(deployment, 'id')}",
        title=f"Deploy {name} {ref[:40]} to {where}" if where else f"Deploy {name} {ref[:40]}",
        state=state,
        description=text_of(told.get("description")) or text_of(deployment.get("description")),
        service=name,
        environment=where,
        revision=text_of(deployment.get("sha")),
        author=_login(deployment.get("creator")),
        url=url or text_of(repository.get("html_url")),
        at=time_of(told.get("created_at")),
        labels=_labels(repository, task=deployment.get("task"), ref=ref),
    )


def _read_push(body: dict[str, Any], repository: dict[str, Any]) -> ChangeReport | None:
    ref, after = need(body, "ref"), text_of(body.get("after"))
    is_tag = ref.startswith("refs/tags/")
    branch = text_of(repository.get("default_branch"))
    if body.get("deleted") is True or after == ZEROS or not (is_tag or ref == f"refs/heads/{branch}"):
        return None
    name, head = text_of(repository.get("name")), part_of(body, "head_commit")
    word = ref.removeprefix("refs/tags/").removeprefix("refs/heads/")
    subject = text_of(head.get("message")).partition("\n")[0]
    return ChangeReport(
        key=f"push-{text_of(repository.get('full_name'))}-{word}-{after}",
        title=f"{name} {word}" if is_tag else f"{name}: {subject or after[:12]}",
        kind="tag" if is_tag else "push",
        service=name,
        revision=after,
        author=text_of(part_of(body, "pusher").get("name")),
        url=text_of(body.get("compare")),
        at=time_of(head.get("timestamp")),
        commits=read_commits(body.get("commits")),
        labels=_labels(repository, ref=word),
    )


def _read_run(body: dict[str, Any], repository: dict[str, Any]) -> ChangeReport | None:
    run = part_of(body, "workflow_run")
    event, branch = text_of(run.get("event")), text_of(run.get("head_branch"))
    counts = event in ALWAYS or (
        not event.startswith("pull_request") and branch == text_of(repository.get("default_branch"))
    )
    state = RUN.get(text_of(run.get("conclusion"))) if body.get("action") == "completed" else STARTED
    if not counts or state is None:
        return None
    name = text_of(repository.get("name"))
    return ChangeReport(
        key=f"run-{need(run, 'id')}-{text_of(run.get('run_attempt')) or 1}",
        title=f"{name}: {text_of(run.get('name')) or 'workflow'} on {branch}",
        kind="build",
        state=state,
        description=text_of(run.get("display_title")),
        service=name,
        revision=text_of(run.get("head_sha")),
        author=_login(run.get("triggering_actor")) or _login(run.get("actor")),
        url=text_of(run.get("html_url")),
        at=time_of(run.get("run_started_at") if state == STARTED else run.get("updated_at")),
        labels=_labels(repository, event=event, ref=branch),
    )


def _read_release(body: dict[str, Any], repository: dict[str, Any]) -> ChangeReport | None:
    release = part_of(body, "release")
    if body.get("action") != "published":
        return None
    name, tag = text_of(repository.get("name")), text_of(release.get("tag_name"))
    return ChangeReport(
        key=f"release-{need(release, 'id')}",
        title=f"{name} {text_of(release.get('name')) or tag} released",
        kind="release",
        description=text_of(release.get("body")),
        service=name,
        revision=tag,
        author=_login(release.get("author")),
        url=text_of(release.get("html_url")),
        at=time_of(release.get("published_at")),
        labels=_labels(repository),
    )


def _labels(repository: dict[str, Any], **more: Any) -> dict[str, str]:
    found = {"repository": repository.get("full_name"), **more}
    return {name: text_of(value) for name, value in found.items() if value}


def _login(value: Any) -> str:
    return text_of(value.get("login")) if isinstance(value, dict) else ""


READERS = {
    "deployment": _read_deployment,
    "deployment_status": _read_deployment_status,
    "push": _read_push,
    "workflow_run": _read_run,
    "release": _read_release,
}

SOURCE = Source(
    name="github",
    title="GitHub",
    parse=parse,
    scheme=hex_scheme("X-Hub-Signature-256", "sha256="),
    paste="""Settings of the repository or the organisation, Webhooks, Add webhook:
  Payload URL: {url}
  Content type: application/json
  Secret: what signs the requests
  Events: Deployments, Deployment statuses, Pushes, Workflow runs, Releases""",
)
