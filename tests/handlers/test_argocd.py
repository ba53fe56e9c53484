"""What Argo CD sends is its Application in the template that we print, rendered here by Helm: the same engine of templates,
with the same functions (Go's text/template and sprig)."""

import json
import subprocess
from pathlib import Path
from typing import Any

import yaml

from bot.catalog.changes import ChangeReport
from handlers.webhooks.receive import list_sources
from handlers.webhooks.source import Hook
from storage.models import Change
from tests.house import House
from tests.programs import need

STARTED, FINISHED = "2026-11-24T18:00:00Z", "2026-11-24T18:01:00Z"
COMMIT, NEWER = "1dc6aa69429b8f8e4b1a9f2c3d4e5f6a7b8c9d0e", "99aa99aa99aa99aa99aa99aa99aa99aa99aa99aa"
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: argocd\nversion: 0.0.1\n",
    "templates/body.yaml": '{{ include "body" .Values }}',
}


def application(phase: str, **operation: Any) -> dict[str, Any]:
    """An Application with this operation, after argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml and
    what the controller writes to `status`."""
    return {
        "metadata": {"name": "web", "namespace": "argocd"},
        "spec": {
            "project": "default",
            "source": {"repoURL": "https://github.com/acme/web", "path": "deploy", "targetRevision": "HEAD"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "prod"},
        },
        "status": {
            "sync": {"status": "OutOfSync", "revision": COMMIT},
            "operationState": {"phase": phase, "startedAt": STARTED, **operation},
        },
    }


class Argo:
    """Argo CD with the lines that are printed for a sender in its `argocd-notifications-cm`."""

    def __init__(self, folder: Path, url: str = "https://tocsin.example.org", key: str = "k") -> None:
        self.helm, self.folder = need("helm"), folder
        _, paste = list_sources()["argocd"].show(url, key)
        self.data = {name: yaml.safe_load(text) for name, text in yaml.safe_load(paste)["data"].items()}

    def render(self, app: dict[str, Any], **context: str) -> bytes:
        """The body that is posted for this application."""
        body = self.data["template.tocsin-sync"]["webhook"]["tocsin"]["body"]
        values = {"app": app, "context": context}
        files = {
            "templates/_body.tpl": f'{{{{ define "body" }}}}{body}{{{{ end }}}}',
            "values.yaml": json.dumps(values, ensure_ascii=False),
        }
        for name, content in (CHART | files).items():
            path = self.folder / "chart" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        done = subprocess.run(
            [self.helm, "template", "argocd", self.folder / "chart"], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.partition("# Source: argocd/templates/body.yaml\n")[2].encode()


def read(body: bytes) -> ChangeReport:
    (report,) = list_sources()["argocd"].parse(Hook(body))
    assert isinstance(report, ChangeReport)
    return report


async def test_a_sync_over_its_life(sqlite_house: House, tmp_path: Path) -> None:
    url = await sqlite_house.add_sender("argocd")
    argo = Argo(tmp_path, sqlite_house.url, url.rpartition("/")[2])
    service = argo.data["service.webhook.tocsin"]
    assert service == {"url": url, "headers": [{"name": "Content-Type", "value": "application/json"}]}
    assert argo.data["subscriptions"] == [{"recipients": ["tocsin"], "triggers": ["tocsin-sync"]}]
    told = 'one or more objects failed: "web" <invalid>\n\tretry {{ later }} \N{LARGE RED CIRCLE}'
    # While it runs the application is already compared with a newer commit.
    done = application("Failed", finishedAt=FINISHED, message=told, syncResult={"revision": COMMIT})
    done["status"]["sync"]["revision"] = NEWER
    for app in (application("Running", message="waiting"), done):
        body = argo.render(app, argocdUrl="https://argocd.example.org")
        assert (await sqlite_house.send(body, "argocd"))[0] == 202
    (change,) = await sqlite_house.rows(Change)
    assert (change.title, change.state) == ("Sync web to 1dc6aa69429b", "failed")
    assert (change.revision, change.environment, change.description) == (COMMIT, "prod", told)
    assert change.url == "https://argocd.example.org/applications/web"
    assert (change.ended_at - change.started_at).total_seconds() == 60


def test_an_application_with_several_sources(tmp_path: Path) -> None:
    app = application(
        "Succeeded", finishedAt=FINISHED, syncResult={"revision": "", "revisions": [COMMIT, NEWER]}
    )
    app["spec"]["sources"] = [app["spec"].pop("source")] * 2
    report = read(Argo(tmp_path).render(app))
    assert (report.title, report.revision) == ("Sync web to 1dc6aa69429b", f"{COMMIT}, {NEWER}")
    assert (report.url, report.labels.get("repository")) == ("", None)


def test_a_sync_that_fails_before_it_has_a_revision(tmp_path: Path) -> None:
    app = application("Error", finishedAt=FINISHED, message="no manifests", syncResult={"revision": ""})
    report = read(Argo(tmp_path).render(app))
    assert (report.state, report.revision, report.key) == ("failed", COMMIT, f"sync-web-{STARTED}")
