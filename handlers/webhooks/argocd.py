"""Argo CD: syncs of applications, as changes, sent by the notification template that we ship (see `paste`).

    {"app": "web", "project": "default", "phase": "Succeeded", "revision": "1dc6aa6", "repository": "https://...",
     "namespace": "prod", "cluster": "in-cluster", "started": "2026-11-24T18:00:00Z", "finished": "...",
     "message": "successfully synced", "url": "https://argocd.example.org/applications/web"}

The revision is the one that this sync rolls out: while it runs, the application may already be compared with a newer one.
Source: argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/webhook
"""

from bot.catalog.changes import FAILED, STARTED, SUCCEEDED, ChangeReport
from handlers.webhooks.source import Hook, Source, need, one_of, read_object, text_of, time_of

STATES = {
    "running": STARTED,
    "succeeded": SUCCEEDED,
    "failed": FAILED,
    "error": FAILED,
    "terminating": FAILED,
}


def parse(hook: Hook) -> list[ChangeReport]:
    body = read_object(hook)
    name, state = need(body, "app"), one_of(body, "phase", STATES)
    revision, started = text_of(body.get("revision")), text_of(body.get("started"))
    labels = {key: text_of(body.get(key)) for key in ("project", "repository", "cluster", "namespace")}
    report = ChangeReport(
        key=f"sync-{name}-{started or revision}",
        title=f"Sync {name} to {revision[:12]}" if revision else f"Sync {name}",
        state=state,
        description=text_of(body.get("message")),
        service=name,
        environment=text_of(body.get("namespace")),
        revision=revision,
        url=text_of(body.get("url")),
        at=time_of(started if state == STARTED else body.get("finished")),
        labels={key: value for key, value in labels.items() if value},
    )
    return [report]


SOURCE = Source(
    name="argocd",
    title="Argo CD",
    parse=parse,
    paste="""# argocd-notifications-cm
data:
  service.webhook.tocsin: |
    url: {url}
    headers: [{{name: Content-Type, value: application/json}}]
  template.tocsin-sync: |
    webhook:
      tocsin:
        method: POST
        body: |
          {{"app": {{{{ .app.metadata.name | toJson }}}},
           "project": {{{{ .app.spec.project | toJson }}}},
           "phase": {{{{ .app.status.operationState.phase | toJson }}}},
           "message": {{{{ .app.status.operationState.message | toJson }}}},
           "revision": {{{{ with .app.status.operationState.syncResult }}}}
             {{{{ .revision | default (join ", " .revisions) | default $.app.status.sync.revision | toJson }}}}
             {{{{ else }}}}{{{{ .app.status.sync.revision | toJson }}}}{{{{ end }}}},
           "repository": {{{{ with .app.spec.source }}}}{{{{ .repoURL | toJson }}}}{{{{ else }}}}null{{{{ end }}}},
           "cluster": {{{{ .app.spec.destination.server | toJson }}}},
           "namespace": {{{{ .app.spec.destination.namespace | toJson }}}},
           "started": {{{{ .app.status.operationState.startedAt | toJson }}}},
           "finished": {{{{ .app.status.operationState.finishedAt | toJson }}}},
           "url": {{{{ with .context.argocdUrl }}}}"{{{{ . }}}}/applications/{{{{ $.app.metadata.name }}}}"
             {{{{ else }}}}null{{{{ end }}}}}}
  trigger.tocsin-sync: |
    - when: app.status?.operationState?.phase in ['Running', 'Succeeded', 'Error', 'Failed']
      oncePer: app.status.operationState.startedAt + app.status.operationState.phase
      send: [tocsin-sync]
  subscriptions: |
    - recipients: [tocsin]
      triggers: [tocsin-sync]""",
)
