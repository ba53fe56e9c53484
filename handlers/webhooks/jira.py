"""Jira and Jira Service Management: issues as alerts.

    {"webhookEvent": "jira:issue_created", "user": {"displayName": "Kate"}, "issue": {"id": "10400", "key": "OPS-15",
     "self": "https://example.atlassian.net/rest/api/2/issue/10400", "fields": {"summary": "...", "description": "...",
     "priority": {"name": "Major"}, "status": {"name": "Open", "statusCategory": {"key": "new"}}, "labels": [],
     "components": [{"name": "web"}]}}, "changelog": {"items": [{"field": "status", "toString": "Done"}]}}

A new issue opens; one whose status is of the category "done" (or that was deleted) closes; one that is moved to "in
progress" is acknowledged; one that is moved back opens again. A new comment is written down. Other updates do nothing.
The automation "Send web request" with the issue as its body is read, too.
Source: developer.atlassian.com/cloud/jira/platform/webhooks
"""

from typing import Any

from bot.alerts.signal import Action, Signal
from handlers.webhooks.signing import hex_scheme
from handlers.webhooks.source import Hook, Source, link_to, need, part_of, read_object, text_of
from storage.words import Priority

PRIORITIES = {
    "highest": Priority.P1, "blocker": Priority.P1, "critical": Priority.P1,
    "high": Priority.P2, "major": Priority.P2,
    "medium": Priority.P3,
    "low": Priority.P4, "minor": Priority.P4,
    "lowest": Priority.P5, "trivial": Priority.P5,
}  # fmt: skip
DONE = {"done", "closed", "resolved", "completed", "canceled", "cancelled", "declined"}
"""Status names that are over where Jira tells no category."""


def parse(hook: Hook) -> list[Signal]:
    body = read_object(hook)
    event = text_of(body.get("webhookEvent"))
    issue = part_of(body, "issue") if event else body
    if event == "comment_created":
        return _read_comment(body, issue)
    if event and not event.startswith("jira:issue_"):
        return []
    fields = part_of(issue, "fields")
    action = _read_action(event, body, fields)
    if action is None:
        return []
    key = need(issue, "key")
    site = text_of(issue.get("self")).partition("/rest/")[0]
    named = {
        name: _name_of(fields.get(name))
        for name in ("status", "priority", "issuetype", "project", "reporter")
    }
    tags, parts = fields.get("labels"), fields.get("components")
    signal = Signal(
        action=action,
        alias=f"issue-{text_of(issue.get('id')) or key}",
        title=f"{key}: {text_of(fields.get('summary'))}".rstrip(": "),
        description=text_of(fields.get("description")),
        priority=PRIORITIES.get(named["priority"].lower(), Priority.P3),
        source=named["project"],
        service=_name_of(parts[0]) if isinstance(parts, list) and parts else "",
        labels={name: value for name, value in (("key", key), *named.items()) if value},
        links=link_to(("Jira", f"{site}/browse/{key}")),
        tags=tuple(text_of(tag) for tag in tags) if isinstance(tags, list) else (),
        user=_name_of(body.get("user")) if event else "",
        raw=issue,
    )
    return [signal]


def _read_comment(body: dict[str, Any], issue: dict[str, Any]) -> list[Signal]:
    comment = part_of(body, "comment")
    text = text_of(comment.get("body")).strip()
    if not text:
        return []
    signal = Signal(
        action=Action.NOTE,
        alias=f"issue-{text_of(issue.get('id')) or need(issue, 'key')}",
        title=text_of(issue.get("key")) or "Jira issue",
        user=_name_of(comment.get("author")),
        note=text,
        raw=issue,
    )
    return [signal]


def _read_action(event: str, body: dict[str, Any], fields: dict[str, Any]) -> Action | None:
    status = part_of(fields, "status")
    category = text_of(part_of(status, "statusCategory").get("key")).lower()
    over = category == "done" or (
        not category and (text_of(status.get("name")).lower() in DONE or fields.get("resolution") is not None)
    )
    if event == "jira:issue_deleted" or over:
        return Action.RESOLVE
    if event in ("", "jira:issue_created"):
        return Action.TRIGGER
    items = part_of(body, "changelog").get("items")
    moved = [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []
    if not any(one.get("field") == "status" for one in moved):
        return None
    return Action.ACKNOWLEDGE if category == "indeterminate" else Action.TRIGGER


def _name_of(value: Any) -> str:
    return text_of(value.get("displayName") or value.get("name")) if isinstance(value, dict) else ""


SOURCE = Source(
    name="jira",
    title="Jira Service Management",
    parse=parse,
    scheme=hex_scheme("X-Hub-Signature", "sha256="),
    paste="""Settings, System, WebHooks, Create a WebHook:
  URL: {url}
  Secret: what signs the requests
  Issue related events, with a JQL filter (project = OPS AND issuetype = Incident): Issue created, updated, deleted;
  Comment created""",
)
