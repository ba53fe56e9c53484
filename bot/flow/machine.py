"""What the process asks of the machine that it runs on."""

import errno
from types import ModuleType

from bot.logs import get_logger

log = get_logger(__name__)
resource: ModuleType | None
try:
    import resource
except ImportError:  # there is none on Windows
    resource = None
ENOUGH = 65_536
"""Where nothing limits it; more than one process serves."""
SHORTAGES = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}


def open_many_files() -> None:
    """Raise the limit of open files (connections are such) to what the machine allows. The usual one of 1,024 is reached by
    a crowd of idle connections, and then no page goes out, because that needs one more."""
    if resource is None:
        return
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if most == resource.RLIM_INFINITY else min(most, ENOUGH)
    if now == resource.RLIM_INFINITY or now >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    except (OSError, ValueError) as refused:
        log.warning("machine.file_limit", limit=now, reason=str(refused))


def is_short(error: Exception) -> bool:
    """Whether the machine lacked something just then, for which nobody is to blame: open files, say, or memory."""
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in SHORTAGES)
