"""CircleCI: completed workflows, as changes.

    {"type": "workflow-completed", "happened_at": "...", "project": {"name": "web", "slug": "github/acme/web"},
     "workflow": {"id": "fda08377-...", "name": "build-test-deploy", "status": "success", "url": "..."},
     "pipeline": {"number": 130, "vcs": {"revision": "1dc6aa69", "branch": "main", "commit": {"subject": "...",
     "author": {"name": "Kate"}}}}}

Completed jobs and the test ping do nothing. Source: circleci.com/docs/outbound-webhooks-reference
"""

from bot.catalog.changes import CANCELLED, FAILED, SUCCEEDED, ChangeReport
from handlers.webhooks.signing import hex_scheme
from handlers.webhooks.source import Hook, Source, need, one_of, part_of, read_object, text_of, time_of

STATES = {
    "success": SUCCEEDED,
    "failed": FAILED,
    "error": FAILED,
    "unauthorized": FAILED,
    "canceled": CANCELLED,
}


def parse(hook: Hook) -> list[ChangeReport]:
    body = read_object(hook)
    if need(body, "type") != "workflow-completed":
        return []
    workflow, vcs = part_of(body, "workflow"), part_of(part_of(body, "pipeline"), "vcs")
    commit, project = part_of(vcs, "commit"), part_of(body, "project")
    name, ref = text_of(project.get("name")), text_of(vcs.get("branch")) or text_of(vcs.get("tag"))
    labels = {"project": text_of(project.get("slug")), "ref": ref}
    report = ChangeReport(
        key=f"workflow-{need(workflow, 'id')}",
        title=f"{name}: {text_of(workflow.get('name')) or 'workflow'}{f' on {ref}' if ref else ''}",
        kind="build",
        state=one_of(workflow, "status", STATES),
        description=text_of(commit.get("subject")),
        service=name,
        revision=text_of(vcs.get("revision")),
        author=text_of(part_of(commit, "author").get("name")),
        url=text_of(workflow.get("url")),
        at=time_of(workflow.get("stopped_at")) or time_of(body.get("happened_at")),
        labels={name: value for name, value in labels.items() if value},
    )
    return [report]


SOURCE = Source(
    name="circleci",
    title="CircleCI",
    parse=parse,
    scheme=hex_scheme("circleci-signature", "v1="),
    paste="""Project settings, Webhooks, Add webhook:
  Receiver URL: {url}
  Secret token: what signs the requests
  Events: Workflow Completed""",
)
