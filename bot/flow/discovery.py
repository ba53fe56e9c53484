"""Finds the files that add a thing: every module of a package, by name, so that adding a thing is adding a file."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from types import ModuleType


def discover(package: str, attribute: str) -> Iterator[object]:
    """Import every module below `package`, in order of name, and yield what each calls `attribute`."""
    for module in list_modules(package):
        found = getattr(module, attribute, None)
        if found is not None:
            yield found


@cache
def list_modules(package: str) -> tuple[ModuleType, ...]:
    """They are looked for once: no file comes while the process lives."""
    root = importlib.import_module(package)
    names = sorted(info.name for info in pkgutil.walk_packages(root.__path__, prefix=f"{package}."))
    return tuple(importlib.import_module(name) for name in names)
