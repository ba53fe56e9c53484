"""A secret from the environment, or from a file that it names: `NAME`, or `NAME_FILE`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Secret:
    """A secret that may be replaced while we run: whoever finds it refused calls `reread` before the next try. Empty (and
    false) when it is not set; without a file it stays what it is."""

    value: str = field(default="", repr=False)
    path: Path | None = None

    def __bool__(self) -> bool:
        return bool(self.value)

    def reread(self) -> bool:
        """Read its file again; True when there is another value now. A file that is empty or gone changes nothing."""
        try:
            found = self.path.read_text().strip() if self.path is not None else ""
        except (OSError, ValueError):
            return False
        if not found or found == self.value:
            return False
        self.value = found
        return True


def read_secret(environment: Mapping[str, str], name: str, faults: list[str]) -> Secret:
    """The secret in `NAME`, or in the file that `NAME_FILE` names; to have both is a fault, and so is an unreadable file."""
    value, file = environment.get(name, "").strip(), environment.get(f"{name}_FILE", "").strip()
    if value and file:
        faults.append(f"{name} and {name}_FILE are both set; keep one of them")
    if value or not file:
        return Secret(value)
    secret = Secret("", Path(file).expanduser().absolute())
    try:
        content = Path(file).expanduser().read_text().strip()
    except (OSError, ValueError) as error:
        faults.append(f"{name}_FILE names {file}, which can't be read: {error}")
        return secret
    if not content:
        faults.append(f"{name}_FILE names {file}, which is empty")
    secret.value = content
    return secret
