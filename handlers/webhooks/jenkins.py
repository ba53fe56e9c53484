"""Jenkins: builds, as changes, as its Notification plugin sends them (or the step in `paste`, which sends the same).

    {"name": "deploy-web", "url": "job/deploy-web/", "build": {"full_url": "https://ci.example.org/job/deploy-web/18/",
     "number": 18, "phase": "FINALIZED", "status": "SUCCESS", "timestamp": 1795543200000,
     "scm": {"url": "https://github.com/acme/web.git", "branch": "origin/main", "commit": "c6d86dc6", "culprits": ["kate"]},
     "parameters": {"service": "web", "environment": "production"}}}

The parameters `service` and `environment` are ours. Source: plugins.jenkins.io/notification
"""

from bot.catalog.changes import CANCELLED, FAILED, STARTED, SUCCEEDED, ChangeReport
from handlers.webhooks.source import Hook, Source, need, one_of, part_of, read_object, text_of, time_of

STATES = {
    "success": SUCCEEDED,
    "failure": FAILED,
    "unstable": FAILED,
    "aborted": CANCELLED,
    "not_built": CANCELLED,
}


def parse(hook: Hook) -> list[ChangeReport]:
    body = read_object(hook)
    build, name = part_of(body, "build"), need(body, "name")
    phase = need(build, "phase").upper()
    if phase not in ("STARTED", "COMPLETED", "FINALIZED"):
        return []
    scm, parameters = part_of(build, "scm"), part_of(build, "parameters")
    culprits = scm.get("culprits")
    who = [text_of(one) for one in culprits] if isinstance(culprits, list) else []
    labels = {"job": name, "branch": text_of(scm.get("branch")), "repository": text_of(scm.get("url"))}
    report = ChangeReport(
        key=f"build-{name}-{need(build, 'number')}",
        title=f"{name} #{need(build, 'number')}",
        kind="build",
        state=STARTED if phase == "STARTED" else one_of(build, "status", STATES),
        description=text_of(build.get("notes")),
        service=text_of(parameters.get("service")) or name,
        environment=text_of(parameters.get("environment")),
        revision=text_of(scm.get("commit")),
        author=", ".join(filter(None, who)),
        url=text_of(build.get("full_url")),
        at=time_of(build.get("timestamp")) if phase == "STARTED" else None,
        labels={key: value for key, value in labels.items() if value},
    )
    return [report]


SOURCE = Source(
    name="jenkins",
    title="Jenkins",
    parse=parse,
    paste="""With the Notification plugin: Job, Configure, Job Notifications, Add Endpoint:
  Format: JSON, Protocol: HTTP, Event: All Events, URL: {url}

Without it, in a Jenkinsfile:
post {{ always {{ script {{
  def told = [name: env.JOB_NAME, build: [full_url: env.BUILD_URL, number: env.BUILD_NUMBER, phase: 'FINALIZED',
    status: currentBuild.currentResult, scm: [commit: env.GIT_COMMIT, branch: env.GIT_BRANCH, url: env.GIT_URL]]]
  writeFile file: 'told.json', text: groovy.json.JsonOutput.toJson(told)
  sh "curl -sf -X POST -H 'Content-Type: application/json' --data @told.json {url}"
}} }} }}""",
)
