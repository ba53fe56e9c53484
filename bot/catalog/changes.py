"""Deployments and other changes to services, as senders tell them. They never page anybody; they are what an incident is
compared with."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

from bot.flow.unit import Unit
from storage.models import Change, Service
from storage.questions import catalog

T = TypeVar("T")
STARTED, SUCCEEDED, FAILED, CANCELLED = "started", "succeeded", "failed", "cancelled"


@dataclass(frozen=True)
class ChangeReport:
    """One thing that a sender tells about a change. `key` is the same over the whole life of one change (a deployment's id
    at the sender). `state` is started, succeeded, failed or cancelled; `service` is a name as the sender knows it; `at` is
    when it happened, None for now. `commits` are [{"id", "message", "author", "url", "files": [...]}], the newest last."""

    key: str
    title: str
    kind: str = "deployment"
    state: str = SUCCEEDED
    description: str = ""
    service: str = ""
    environment: str = ""
    revision: str = ""
    author: str = ""
    url: str = ""
    at: datetime | None = None
    links: tuple[dict[str, str], ...] = ()
    commits: tuple[dict[str, Any], ...] = ()
    labels: dict[str, str] = field(default_factory=dict)


async def record_changes(
    unit: Unit, integration_id: int | None, reports: Sequence[ChangeReport]
) -> list[Change]:
    """Keep what was told: a new change, or the next state of one that is known. A change that is over stays so when its
    start is delivered late."""
    rows = await catalog.list_named(unit.session, Service)
    services = {row.name.lower(): row for row in rows} | {row.slug.lower(): row for row in rows}
    kept = []
    for report in reports:
        service = services.get(report.service.lower()) if report.service else None
        key = _fit_key(report.key)
        change = await catalog.find_change(unit.session, integration_id, key)
        at = report.at or unit.now
        if change is None:
            change = Change(integration_id=integration_id, key=key, started_at=at, state=report.state)
            unit.session.add(change)
        elif report.state == STARTED:
            change.started_at = min(change.started_at, at)
        else:
            change.state = report.state
        if report.state != STARTED and change.ended_at is None:
            change.ended_at = at
        _describe(change, report, service)
        await unit.session.flush()
        unit.touch("changes", *([f"service:{service.id}"] if service else []))
        kept.append(change)
    return kept


def _describe(change: Change, report: ChangeReport, service: Service | None) -> None:
    """Take over what was told; what this report leaves out keeps what an earlier one said."""
    change.kind = _clean(report.kind, 24)
    change.title = _clean(report.title, 512) or change.title or report.key[:512]
    for name, limit in (("description", 15_000), ("environment", 120), ("revision", 255), ("author", 200)):
        setattr(change, name, _clean(getattr(report, name), limit) or getattr(change, name) or "")
    change.url = _clean_url(report.url) or change.url or ""
    change.service_name = _clean(report.service, 200) or change.service_name or ""
    change.service_id = service.id if service is not None else change.service_id
    change.links = (
        [one for one in _clean_all(list(report.links)) if _clean_url(one["url"])] or change.links or []
    )
    commits = [{**one, "url": _clean_url(str(one.get("url", "")))} for one in report.commits]
    change.commits = _clean_all(commits) or change.commits or []
    change.labels = {**(change.labels or {}), **_clean_all(report.labels)}


def _fit_key(key: str) -> str:
    """Within its column, without making two long keys equal."""
    clean = _clean(key, len(key))
    return clean if len(clean) <= 255 else f"{clean[:190]}#{hashlib.sha256(clean.encode()).hexdigest()}"


def _clean_url(url: str) -> str:
    """An address that a person may click on, or empty."""
    return _clean(url, 8_000) if url.startswith(("http://", "https://")) else ""


def _clean_all(value: T) -> T:
    """The same without NUL and without very long texts, however deep they are."""
    if isinstance(value, str):
        return cast(T, _clean(value, 2_000))
    if isinstance(value, list):
        return cast(T, [_clean_all(one) for one in value[:100]])
    if isinstance(value, dict):
        return cast(T, {_clean_all(name): _clean_all(one) for name, one in list(value.items())[:200]})
    return value


def _clean(text: str, limit: int) -> str:
    """PostgreSQL keeps no NUL in text."""
    return text.replace("\x00", "\ufffd")[:limit]
