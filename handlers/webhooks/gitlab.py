"""GitLab: what was deployed, pushed, built and released, as changes.

    {"object_kind": "deployment", "status": "success", "deployment_id": 15, "environment": "staging",
     "deployable_url": "...", "project": {"id": 30, "name": "web", "path_with_namespace": "acme/web",
     "default_branch": "main"}, "short_sha": "279484c0", "commit_title": "Add new file", "user": {"name": "Kate"}}

Pushes and pipelines count on the default branch and for tags; pipelines of merge requests do not. Every other event does
nothing. GitLab sends its secret token, or signs with its signing token (which begins with whsec_).
Source: docs.gitlab.com/user/project/integrations/webhook_events
"""

from typing import Any

from bot.catalog.changes import CANCELLED, FAILED, STARTED, SUCCEEDED, ChangeReport
from handlers.webhooks.commits import ZEROS, read_commits
from handlers.webhooks.signing import STANDARD, any_scheme, token_scheme
from handlers.webhooks.source import Hook, Source, need, part_of, read_object, text_of, time_of

STATES = {
    "running": STARTED, "success": SUCCEEDED, "failed": FAILED, "canceled": CANCELLED, "cancelled": CANCELLED,
}  # fmt: skip


def parse(hook: Hook) -> list[ChangeReport]:
    body = read_object(hook)
    reader = READERS.get(text_of(body.get("object_kind")))
    if reader is None:
        return []
    report = reader(body, part_of(body, "project"))
    return [report] if report else []


def _read_deployment(body: dict[str, Any], project: dict[str, Any]) -> ChangeReport | None:
    state = STATES.get(text_of(body.get("status")))
    if state is None:
        return None
    name, where = text_of(project.get("name")), text_of(body.get("environment"))
    return ChangeReport(
        key=f"deployment-{text_of(project.get('id'))}-{need(body, 'deployment_id')}",
        title=f"Deploy {name} to {where}" if where else f"Deploy {name}",
        state=state,
        description=text_of(body.get("commit_title")),
        service=name,
        environment=where,
        revision=text_of(body.get("short_sha")),
        author=_author(body),
        url=text_of(body.get("deployable_url")),
        at=time_of(body.get("status_changed_at")),
        labels=_labels(project, ref=body.get("ref")),
    )


def _read_pipeline(body: dict[str, Any], project: dict[str, Any]) -> ChangeReport | None:
    about = part_of(body, "object_attributes")
    ref, state = text_of(about.get("ref")), STATES.get(text_of(about.get("status")))
    counts = about.get("tag") is True or ref == text_of(project.get("default_branch"))
    if state is None or not counts or about.get("source") == "merge_request_event":
        return None
    name, commit = text_of(project.get("name")), part_of(body, "commit")
    return ChangeReport(
        key=f"pipeline-{text_of(project.get('id'))}-{need(about, 'id')}",
        title=f"{name}: {text_of(about.get('name')) or 'pipeline'} on {ref}",
        kind="build",
        state=state,
        description=text_of(commit.get("message")).strip(),
        service=name,
        revision=text_of(about.get("sha")),
        author=_author(body),
        url=text_of(about.get("url")),
        at=time_of(about.get("created_at") if state == STARTED else about.get("finished_at")),
        labels=_labels(project, ref=ref, source=about.get("source")),
    )


def _read_push(body: dict[str, Any], project: dict[str, Any]) -> ChangeReport | None:
    ref, after = need(body, "ref"), text_of(body.get("after"))
    is_tag, branch = ref.startswith("refs/tags/"), text_of(project.get("default_branch"))
    if after == ZEROS or not (is_tag or ref == f"refs/heads/{branch}"):
        return None
    name, commits = text_of(project.get("name")), read_commits(body.get("commits"))
    word = ref.removeprefix("refs/tags/").removeprefix("refs/heads/")
    subject = commits[-1]["message"].partition("\n")[0] if commits else ""
    page = text_of(project.get("web_url"))
    return ChangeReport(
        key=f"push-{text_of(project.get('id'))}-{word}-{after}",
        title=f"{name} {word}" if is_tag else f"{name}: {subject or after[:12]}",
        kind="tag" if is_tag else "push",
        service=name,
        revision=text_of(body.get("checkout_sha")) or after,
        author=text_of(body.get("user_name")),
        url=f"{page}/-/commit/{after}" if page.startswith(("http://", "https://")) else "",
        commits=commits,
        labels=_labels(project, ref=word),
    )


def _read_release(body: dict[str, Any], project: dict[str, Any]) -> ChangeReport | None:
    if body.get("action") != "create":
        return None
    name, tag = text_of(project.get("name")), need(body, "tag")
    return ChangeReport(
        key=f"release-{text_of(project.get('id'))}-{tag}",
        title=f"{name} {text_of(body.get('name')) or tag} released",
        kind="release",
        description=text_of(body.get("description")),
        service=name,
        revision=tag,
        url=text_of(body.get("url")),
        at=time_of(body.get("released_at")),
        labels=_labels(project),
    )


def _labels(project: dict[str, Any], **more: Any) -> dict[str, str]:
    found = {"repository": project.get("path_with_namespace"), **more}
    return {name: text_of(value) for name, value in found.items() if value}


def _author(body: dict[str, Any]) -> str:
    user = part_of(body, "user")
    return text_of(user.get("name")) or text_of(user.get("username"))


READERS = {
    "deployment": _read_deployment,
    "pipeline": _read_pipeline,
    "push": _read_push,
    "tag_push": _read_push,
    "release": _read_release,
}

SOURCE = Source(
    name="gitlab",
    title="GitLab",
    parse=parse,
    scheme=any_scheme(token_scheme("X-Gitlab-Token"), STANDARD),
    paste="""Settings of the project or the group, Webhooks, Add new webhook:
  URL: {url}
  Secret token, or signing token: what shows that it is GitLab
  Trigger: Push events, Tag push events, Pipeline events, Deployment events, Releases events""",
)
