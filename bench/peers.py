"""What others have made for the same purpose, started beside Tocsin, and fetched from its registry when it is asked for."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url

from bench import programs
from bench.programs import Served
from deploy.python_programs import fetch_programs

WORKERS = ("--workers", "2", "--worker-class", "gthread", "--threads", "4", "--keep-alive", "75")
"""Four threads each were faster here than one or 32."""
MAKE_TABLES = "from alerta import create_app; create_app()"
"""Done once before, because two workers that start on an empty database stand in each other's way."""


@contextmanager
def alerta(server: str) -> Iterator[Served]:
    """Alerta as it comes, with two workers, in a database of its own on this PostgreSQL server.

    Raises `deploy.python_programs.Unavailable` when it can't be fetched.
    """
    folder_of_programs, port = fetch_programs("alerta"), programs.free_port()
    with ExitStack() as stack:
        url = make_url(stack.enter_context(programs.fresh_database(server)))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-bench-")))
        settings = folder / "alertad.conf"
        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        settings.write_text(f"DATABASE_URL = {address!r}\nSECRET_KEY = 'only for this measurement'\n")
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ALERTA_")},
            "ALERTA_SVR_CONF_FILE": str(settings),
        }
        made: list[str | Path] = [folder_of_programs / "python", "-c", MAKE_TABLES]
        subprocess.run(made, env=environment, check=True, capture_output=True, timeout=60)
        command: list[str | Path] = [
            folder_of_programs / "gunicorn",
            "--bind",
            f"127.0.0.1:{port}",
            "--no-control-socket",
            *WORKERS,
            "alerta:create_app()",
        ]
        pid = stack.enter_context(programs.started(command, port, "/_", environment, folder))
        yield Served(port, pid, folder, address)
