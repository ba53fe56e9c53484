"""Reads the configuration file: YAML in, a `Config` out, or every fault at once with its line.

Nothing is changed here; `bot.catalog.apply` does that. The libraries for it are loaded only when a file is read.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bot.catalog.faults import ConfigWrong, Fault

if TYPE_CHECKING:
    from bot.catalog.shapes import Config

EXAMPLE = Path(__file__).with_name("example.yaml")


def read_config(path: Path, environment: Mapping[str, str] = os.environ) -> "Config":
    """Read and check a file. Keys of integrations come from `environment` or from files that it names.

    Raises ConfigWrong with all faults, in order of their lines.
    """
    from bot.catalog.entries import read_entries
    from bot.catalog.lines import read_lines

    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigWrong(
            str(path), [Fault(1, "file", f"can't be read: {error.strerror or error}")]
        ) from error
    written, faults = read_lines(content)
    if written.lines:
        config, more = read_entries(written, path.absolute().parent, environment)
        if not faults and not more:
            return config
        faults += more
    raise ConfigWrong(str(path), faults)


def read_example() -> str:
    """A complete file with comments, which has no faults itself."""
    return EXAMPLE.read_text(encoding="utf-8")
