"""The commits of a push, as GitHub and GitLab both write them."""

from typing import Any

from handlers.webhooks.source import text_of

ZEROS = "0" * 40
"""The commit of a branch or a tag that is not there."""
COMMITS = 50
FILES = 100


def read_commits(value: Any) -> tuple[dict[str, Any], ...]:
    """The last commits, the newest last, each with the files that it touches."""
    found = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    return tuple(_read_commit(one) for one in found[-COMMITS:])


def _read_commit(commit: dict[str, Any]) -> dict[str, Any]:
    author = commit.get("author")
    lists = [commit.get(name) for name in ("added", "modified", "removed")]
    files = [text_of(file) for one in lists if isinstance(one, list) for file in one]
    return {
        "id": text_of(commit.get("id")),
        "message": text_of(commit.get("message"))[:2_000],
        "author": text_of(author.get("name")) if isinstance(author, dict) else "",
        "url": text_of(commit.get("url")),
        "files": files[:FILES],
    }
