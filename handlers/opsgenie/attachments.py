"""Files of alerts. A file comes as a form with the part `file`; it is read up to the installation's limit and no further.

Opsgenie gives a link that is good for everybody for a while; here the link takes the same key as everything else.
"""

from dataclasses import dataclass
from typing import Any

from aiohttp import BodyPartReader, web

from bot.alerts.files import add_file, remove_file
from bot.errors import Invalid, Malformed, TooLarge, Unknown
from bot.flow.unit import Unit
from handlers.opsgenie import limits
from handlers.opsgenie.acting import find_actor
from handlers.opsgenie.door import ALERT, Answer, Call, Operation
from handlers.opsgenie.find import find_alert, get_alert, read_kind
from handlers.pages.files import POLICY, spell_disposition
from storage.models import Alert, AlertFile
from storage.questions import alert_files as ask
from storage.words import Scope


@dataclass
class Form:
    name: str = ""
    mime: str = ""
    user: str = ""
    content: bytes | None = None


async def add(call: Call) -> Answer:
    kind = read_kind(call)
    form = await read_form(call.request, call.parts.work.installation.file_limit)

    async def do(unit: Unit) -> dict[str, str]:
        unit.actor = await find_actor(unit, call.caller.actor, form.user)
        alert = await _get_to_change(unit, call, kind)
        file = await add_file(unit, alert, form.name, form.mime, form.content or b"")
        return _name(file)

    data = await call.parts.work.run(do, call.caller.actor)
    return Answer({"result": "Attachment is added", "data": data}, 201)


async def read_form(request: web.Request, limit: int) -> Form:
    """The parts of the form; raises Invalid, Malformed, TooLarge."""
    if not request.content_type.startswith("multipart/"):
        raise Malformed("opsgenie.no_form")
    form = Form()
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                raise Malformed("opsgenie.no_form")
            content = await _read_part(part, limit)
            if part.name == "file":
                form.name, form.content = part.filename or "file", content
                form.mime = part.headers.get("Content-Type", "")
            elif part.name == "user":
                form.user = limits.read_text({"user": content.decode(errors="replace")}, "user", limits.USER)
    except (ValueError, AssertionError, RuntimeError) as error:
        raise Malformed("opsgenie.no_form") from error
    if form.content is None:
        raise Invalid("field.missing", "file", name="file", known=[])
    return form


async def _read_part(part: BodyPartReader, limit: int) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk():
        content += chunk
        if len(content) > limit:
            raise TooLarge("body.too_large", limit=limit)
    return bytes(part.decode(content)) if part.headers.get("Content-Transfer-Encoding") else bytes(content)


async def list_files(call: Call) -> Answer:
    async def look(unit: Unit) -> list[dict[str, str]]:
        alert = await get_alert(unit, call)
        return [_name(file) for file in await ask.list_files(unit.session, alert.id)]

    return Answer({"data": await call.look(look)})


async def show(call: Call) -> Answer:
    async def look(unit: Unit) -> dict[str, str]:
        alert = await get_alert(unit, call)
        file = await _get_file(unit, call, alert)
        path = call.request.path.partition("/alerts/")[0]
        url = f"{call.parts.settings.public_url}{path}/alerts/{alert.uid}/attachments/{file.id}/content"
        return {"name": file.name, "url": url}

    return Answer({"data": await call.look(look)})


async def download(call: Call) -> web.Response:
    async def look(unit: Unit) -> AlertFile:
        return await _get_file(unit, call, await get_alert(unit, call), with_content=True)

    file = await call.look(look)
    headers = {
        "Content-Disposition": spell_disposition("attachment", file.name),
        "Content-Security-Policy": POLICY,
    }
    return web.Response(body=file.content, content_type="application/octet-stream", headers=headers)


async def remove(call: Call) -> Answer:
    kind = read_kind(call)

    async def do(unit: Unit) -> None:
        unit.actor = await find_actor(unit, call.caller.actor, call.query("user")[: limits.USER])
        alert = await _get_to_change(unit, call, kind)
        await remove_file(unit, alert, await _get_file(unit, call, alert))

    await call.parts.work.run(do, call.caller.actor)
    return Answer({"result": "Deleted"})


async def _get_to_change(unit: Unit, call: Call, kind: str) -> Alert:
    alert = await find_alert(unit, call.caller, call.part("identifier"), kind, for_writing=True)
    if alert is None:
        raise Unknown("opsgenie.alert_unknown")
    return alert


async def _get_file(unit: Unit, call: Call, alert: Alert, with_content: bool = False) -> AlertFile:
    text = call.part("file")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
    found = await ask.find_file(unit.session, alert.id, number, with_content)
    if found is None:
        raise Unknown("opsgenie.file_unknown")
    return found


def _name(file: AlertFile) -> dict[str, Any]:
    return {"id": str(file.id), "name": file.name}


PATH = ALERT + "/attachments"
OPERATIONS = (
    Operation("POST", PATH, add, Scope.WRITE),
    Operation("GET", PATH, list_files),
    Operation("GET", PATH + "/{file}", show),
    Operation("GET", PATH + "/{file}/content", download),
    Operation("DELETE", PATH + "/{file}", remove, Scope.WRITE),
)
