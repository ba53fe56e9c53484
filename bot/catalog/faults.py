"""What is wrong with a configuration file: all faults at once, each with its line."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """`where` is the path inside the file (`teams.payments.policy`), `line` counts from 1."""

    line: int
    where: str
    reason: str


class ConfigWrong(Exception):
    def __init__(self, path: str, faults: list[Fault]) -> None:
        super().__init__(path)
        self.path = path
        self.faults = sorted(faults, key=lambda fault: fault.line)

    def __str__(self) -> str:
        return "\n".join(f"{self.path}:{fault.line}: {fault.where}: {fault.reason}" for fault in self.faults)
