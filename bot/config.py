"""Settings from the environment. What the organisation looks like is in the database, or in the configuration file that
`--config` names; secrets are only ever in the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    host: str
    port: int
    data_dir: Path
    database_url: str
    public_url: str
    smtp_url: str = ""
    templates_dir: Path | None = None
    config_file: Path | None = None
    log_level: str = "warning"
    body_limit: int = 1024 * 1024

    @property
    def secure(self) -> bool:
        """Whether people reach this installation by https."""
        return self.public_url.startswith("https://")


class SettingsWrong(Exception):
    """One or more settings can't be used; `faults` has a sentence for each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def read_settings(
    environment: Mapping[str, str] = os.environ,
    host: str | None = None,
    port: int | None = None,
    data_dir: str | None = None,
    config_file: str | None = None,
) -> Settings:
    """Read settings; what the command line says goes before the environment. Raises SettingsWrong with every fault."""
    faults: list[str] = []
    folder = Path(data_dir or environment.get("TOCSIN_DATA_DIR") or "data").expanduser().absolute()
    address = host or environment.get("TOCSIN_HOST") or "127.0.0.1"
    number = port if port is not None else _read_port(environment.get("TOCSIN_PORT", "8080"), faults)
    public_url = (environment.get("TOCSIN_PUBLIC_URL") or f"http://{address}:{number}").rstrip("/")
    if not public_url.startswith(("http://", "https://")):
        faults.append(f"TOCSIN_PUBLIC_URL must begin with http:// or https://, and is {public_url!r}")
    database_url = environment.get("TOCSIN_DATABASE_URL") or f"sqlite:///{folder / 'tocsin.db'}"
    if not database_url.startswith(("sqlite", "postgresql", "postgres:")):
        faults.append("TOCSIN_DATABASE_URL must begin with sqlite:/// or postgresql://")
    smtp_url = environment.get("TOCSIN_SMTP_URL", "")
    if smtp_url and not smtp_url.startswith(("smtp://", "smtps://")):
        faults.append("TOCSIN_SMTP_URL must begin with smtp:// or smtps://")
    named = config_file or environment.get("TOCSIN_CONFIG")
    templates = environment.get("TOCSIN_TEMPLATES_DIR")
    if faults:
        raise SettingsWrong(faults)
    return Settings(
        host=address,
        port=number,
        data_dir=folder,
        database_url=database_url.replace("postgres://", "postgresql://", 1),
        public_url=public_url,
        smtp_url=smtp_url,
        templates_dir=Path(templates) if templates else None,
        config_file=Path(named) if named else None,
        log_level=environment.get("TOCSIN_LOG_LEVEL", "warning"),
    )


def _read_port(text: str, faults: list[str]) -> int:
    if text.isdigit() and int(text) < 65536:
        return int(text)
    faults.append(f"TOCSIN_PORT must be a number from 0 to 65535, and is {text!r}")
    return 0


def find_own_name() -> str:
    """What this machine calls whoever starts Tocsin: the name of the first person."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "owner"


def find_own_zone() -> str:
    """The machine's IANA time zone, or UTC."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        name = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2] or "UTC"
        ZoneInfo(name)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return "UTC"
    return name
