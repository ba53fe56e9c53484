"""The secret of one contact method, in the environment variable that the configuration file names."""

import os
from collections.abc import Mapping
from typing import Any


def find_secret(options: Mapping[str, Any]) -> str:
    """Empty when none is named, or none is there now."""
    names = options.get("secret_env") or ()
    return next((value for name in names if (value := os.environ.get(name, "").strip())), "")
