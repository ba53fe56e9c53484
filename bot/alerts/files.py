"""Files beside an alert: a log, a picture, what a sender or somebody wants to have there."""

from bot.alerts.events import AlertChanged
from bot.alerts.lives import log_alert
from bot.errors import Invalid, Refused, TooLarge
from bot.flow.unit import Unit
from storage.models import Alert, AlertFile
from storage.questions import alert_files as ask

MOST = 50
NAME_LIMIT = 255


async def add_file(unit: Unit, alert: Alert, name: str, mime: str, content: bytes) -> AlertFile:
    """Raises TooLarge over the installation's limit, Refused when the alert has as many as it may have."""
    clean = name.replace("\x00", "").replace("\\", "/").rpartition("/")[2].strip()
    if not clean:
        raise Invalid("field.missing", "file", name="file", known=[])
    if len(content) > unit.installation.file_limit:
        raise TooLarge("body.too_large", limit=unit.installation.file_limit)
    if len(await ask.list_files(unit.session, alert.id)) >= MOST:
        raise Refused("alert.too_many_files", limit=MOST)
    file = AlertFile(
        alert_id=alert.id,
        name=clean[-NAME_LIMIT:],
        mime=mime[:120] or "application/octet-stream",
        size=len(content),
        content=content,
        at=unit.now,
        by_name=unit.actor.name[:120],
    )
    unit.session.add(file)
    await unit.session.flush()
    log_alert(unit, alert.id, "file_added", name=file.name)
    unit.emit(AlertChanged(alert.id, alert.incident_id))
    return file


async def remove_file(unit: Unit, alert: Alert, file: AlertFile) -> None:
    log_alert(unit, alert.id, "file_removed", name=file.name)
    unit.emit(AlertChanged(alert.id, alert.incident_id))
    await unit.session.delete(file)
