"""Secrets that senders sign with. Settings hold only where a secret is, in the environment or in a file, never the secret
itself; a file is read again when it was changed, so that a secret is replaced without a restart."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class OutsideSecrets:
    """Reads secrets by where they are: `secret_env` (names of variables) and `secret_file` (paths) of an integration's
    settings. Several at once are all good: that is how one is replaced by another."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._files: dict[str, tuple[tuple[int, int, int], str]] = {}

    def read(self, settings: Mapping[str, Any]) -> dict[str, str]:
        """The secrets by where they are; empty text for one that is not there now."""
        found = {name: self._environment.get(name, "").strip() for name in settings.get("secret_env") or ()}
        return found | {path: self._read_file(path) for path in settings.get("secret_file") or ()}

    def _read_file(self, path: str) -> str:
        try:
            stat = Path(path).stat()
            mark = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if self._files.get(path, (None, ""))[0] != mark:
                self._files[path] = (mark, Path(path).read_text(encoding="utf-8").strip())
        except (OSError, ValueError):
            self._files.pop(path, None)
            return ""
        return self._files[path][1]


def wants_signature(settings: Mapping[str, Any]) -> bool:
    """Whether requests of an integration must be signed."""
    return bool(settings.get("secret_env") or settings.get("secret_file"))
